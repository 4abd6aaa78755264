"""Tokens that were taken back before their end. Kept until they would have ended anyway."""

import sqlalchemy as sa

from comptoir.infra.db.dialect import insert_new
from comptoir.infra.work import Work
from comptoir.oauth.tables import revoked_token

KEEP_MS = 2 * 86_400_000
"""Milliseconds for which an entry outlives its token: a clock that was set back may make it good
again (`tokens.SET_BACK`)."""
_FIND = sa.select(revoked_token.c.jti).where(revoked_token.c.jti == sa.bindparam("jti"))


def is_revoked(db: sa.Connection, jti: str) -> bool:
    return db.execute(_FIND, {"jti": jti}).first() is not None


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
