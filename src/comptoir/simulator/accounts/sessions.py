"""Sessions of the back office, as PHP keeps them: a cookie names a file (§3.3)."""

from dataclasses import dataclass, field
from typing import Any

from comptoir.simulator.accounts.installation import Installation
from comptoir.simulator.reply import Asked

COOKIE = "PHPSESSID"
ANONYMOUS = "ajs_anonymous_id"
KEPT = 1000
"""Sessions, before the oldest one is forgotten."""


@dataclass(slots=True)
class Session:
    id: str
    values: dict[str, Any] = field(default_factory=dict)
    """What PHP code put there: `oauth2state`, `oauth2pkceCode`, `loginError` and so on."""
    employee: int | None = None
    tokens: dict[str, Any] | None = None
    """Of the user who signed in at the cloud."""

    def pop(self, name: str) -> Any:
        return self.values.pop(name, None)


@dataclass(slots=True)
class Sessions:
    of: Installation
    live: dict[str, Session] = field(default_factory=dict)

    def of_request(self, asked: Asked) -> Session:
        """The one that the cookie names, or a new one."""
        known = self.live.get(asked.cookies.get(COOKIE, ""))
        if known is None:
            known = Session(self.of.ids.token(24))
            self.live[known.id] = known
            while len(self.live) > KEPT:
                del self.live[next(iter(self.live))]
        return known

    def anonymous(self, asked: Asked) -> str:
        """The id that analytics knows the browser by."""
        return asked.cookies.get(ANONYMOUS) or self.of.ids.uuid()

    def cookies(self, session: Session, anonymous: str) -> tuple[str, ...]:
        path = f"/{self.of.profile.home.folder}/{self.of.profile.home.admin}"
        return (
            f"{COOKIE}={session.id}; Path={path}; HttpOnly; SameSite=Lax",
            f"{ANONYMOUS}={anonymous}; Path={path}; Max-Age=3600; SameSite=Lax",
        )
