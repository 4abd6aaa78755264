"""Tokens that were taken back before their end. Kept until they would have ended anyway."""

import asyncio
import math
from collections.abc import Callable

import sqlalchemy as sa

from comptoir.base.clock import monotonic
from comptoir.infra.database import Database
from comptoir.infra.db.dialect import insert_new
from comptoir.infra.work import Work
from comptoir.oauth.tables import revoked_token

KEEP_MS = 2 * 86_400_000
"""Milliseconds for which an entry outlives its token: a clock that was set back may make it good
again (`tokens.SET_BACK`)."""
LONGEST_MS = 86_400_000
"""Milliseconds: no access token lives longer (`token_lifetime` is checked)."""
_FIND = sa.select(revoked_token.c.jti).where(
    sa.or_(
        *(revoked_token.c.jti == sa.bindparam(name) for name in ("jti", "authorization", "client"))
    )
)
FRESH = 5.0
"""Seconds for which the list is not read again: so soon is a token refused that another process has
revoked."""
MOST = 20_000
"""Revoked tokens that a process keeps in memory, 2 MB; with more of them it asks for each token."""
_SOME = sa.select(revoked_token.c.jti).limit(MOST + 1)


class Revoked:
    """What a process knows of it: the list, read every few seconds, so that no request waits for
    the database."""

    def __init__(self, database: Database, now: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._now = now
        self._listed: set[str] = set()
        self._noted: set[str] = set()
        """Revoked here, perhaps while the list is being read."""
        self._good: set[str] = set()
        """Asked for since the list was read."""
        self._read_at = -math.inf
        self._reading = asyncio.Lock()

    async def has(self, jti: str, authorization_id: str = "", client_id: str = "") -> bool:
        """A person's token is asked for: what ended its authorization does not note it here."""
        if self._is_stale():
            async with self._reading:
                if self._is_stale():
                    await self._read()
        if jti in self._listed or jti in self._noted or _client(client_id) in self._listed:
            return True
        whole = len(self._listed) <= MOST and not authorization_id
        if whole or jti in self._good:
            return False
        if await self._database.read(lambda db: is_revoked(db, jti, authorization_id, client_id)):
            return True
        self._good.add(jti)
        return False

    def note(self, jti: str) -> None:
        """It has just been revoked, in this process."""
        self._noted.add(jti)

    def _is_stale(self) -> bool:
        return self._now() - self._read_at >= FRESH

    async def _read(self) -> None:
        started = self._now()
        self._noted.clear()  # what was revoked before is in the list
        self._listed = await self._database.read(lambda db: set(db.execute(_SOME).scalars()))
        self._good, self._read_at = set(), started


def is_revoked(
    db: sa.Connection, jti: str, authorization_id: str = "", client_id: str = ""
) -> bool:
    """Whether the token was taken back, or all of its authorization, or of its client."""
    names = {
        "jti": jti,
        "authorization": _all_of(authorization_id),
        "client": _client(client_id),
    }
    return db.execute(_FIND, names).first() is not None


def _all_of(authorization_id: str) -> str:
    """What stands in the table for every token of an authorization."""
    return f"authorization/{authorization_id}"


def _client(client_id: str) -> str:
    """What stands in the table for every token of a client."""
    return f"client/{client_id}"


def revoke_authorization(work: Work, authorization_id: str) -> None:
    """Every access token that hangs on it. Safe to repeat."""
    _revoke_all(work, _all_of(authorization_id))


def revoke_client(work: Work, client_id: str) -> None:
    """Every access token that the client got. It gets no new ones. Safe to repeat."""
    _revoke_all(work, _client(client_id))


def _revoke_all(work: Work, name: str) -> None:
    values = {
        "jti": name,
        "client_id": "",
        "revoked_at": work.now_ms,
        "expires_at": work.now_ms + LONGEST_MS,
    }
    insert_new(work.db, revoked_token, values)


def revoke(work: Work, jti: str, client_id: str, expires_at: int) -> None:
    """From now on the token is no good. `expires_at`: milliseconds. Safe to repeat."""
    values = {
        "jti": jti,
        "client_id": client_id,
        "revoked_at": work.now_ms,
        "expires_at": expires_at,
    }
    if insert_new(work.db, revoked_token, values):
        work.audit("token.revoked", client_id=client_id, jti=jti)


def forget(work: Work) -> None:
    """Drop what has ended by itself."""
    ended = revoked_token.c.expires_at < work.now_ms - KEEP_MS
    work.db.execute(revoked_token.delete().where(ended))
