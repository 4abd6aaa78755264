"""Tokens that were taken back before their end. Kept until they would have ended anyway."""

import sqlalchemy as sa

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
        revoked_token.c.jti == sa.bindparam("jti"),
        revoked_token.c.jti == sa.bindparam("authorization"),
    )
)


def is_revoked(db: sa.Connection, jti: str, authorization_id: str = "") -> bool:
    """Whether the token was taken back, or all of its authorization."""
    names = {"jti": jti, "authorization": _all_of(authorization_id)}
    return db.execute(_FIND, names).first() is not None


def _all_of(authorization_id: str) -> str:
    """What stands in the table for every token of an authorization."""
    return f"authorization/{authorization_id}"


def revoke_authorization(work: Work, authorization_id: str) -> None:
    """Every access token that hangs on it. Safe to repeat."""
    values = {
        "jti": _all_of(authorization_id),
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
