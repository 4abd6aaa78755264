"""Tokens on a database, where the clock can be moved."""

from collections.abc import Awaitable, Callable

from joserfc import jwt

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.database import Database
from comptoir.infra.db.migrate import upgrade
from comptoir.infra.vault import Vault
from comptoir.oauth import KeyRing, Revoked, Tokens
from comptoir.oauth.rules import Grant
from tests import pg

BASE = "http://127.0.0.1:8000"
STORE = Grant(("store/s1", f"{BASE}/accounts"), ())
Scenario = Callable[["World"], Awaitable[None]]


class World:
    """Tokens on a database, with a clock to move."""

    def __init__(self, url: str, clock: FrozenClock) -> None:
        self.clock = clock
        self.vault = Vault("k" * 32)
        self.db = Database(pg.driven(url), clock, SeededIds(1))
        upgrade(self.db.engine)
        self.keys = self.ring()
        self.tokens = Tokens(
            self.keys,
            clock,
            SeededIds(2),
            BASE,
            3600,
            revoked=Revoked(self.db, self.seconds),
        )

    def ring(self) -> KeyRing:
        """The keys as another process has them."""
        return KeyRing(self.db, self.vault, self.clock, self.seconds)

    def seconds(self) -> float:
        """The clock again, for what ages."""
        return self.clock.now().timestamp()

    async def sign(self, **claims: object) -> str:
        """A token signed by us, with any claims."""
        key = await self.keys.signing()
        now = int(self.clock.now().timestamp())
        base = {"iss": BASE, "aud": ["store/s1"], "nbf": now, "exp": now + 60}
        header = {"alg": "RS256", "kid": key.kid or ""}
        return jwt.encode(header, base | claims, key, algorithms=["RS256"])
