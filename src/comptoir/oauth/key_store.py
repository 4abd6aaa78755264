"""The SQL of signing keys."""

import sqlalchemy as sa

from comptoir.infra.db.dialect import lock_store
from comptoir.oauth.key_schedule import SigningKey
from comptoir.oauth.tables import signing_key

ALGORITHM = "RS256"
_C = signing_key.c
_ALL = sa.select(
    _C.kid,
    _C.sealed,
    _C.created_at,
    sa.func.coalesce(_C.signs_from, _C.created_at).label("signs_from"),
    _C.retired_at,
    _C.ends_at,
).order_by(_C.created_at, _C.kid)
"""Keys from before there was a schedule have signed from the start."""


def all_keys(db: sa.Connection) -> list[SigningKey]:
    """Every key there ever was, the oldest first."""
    return [SigningKey(**row._asdict()) for row in db.execute(_ALL)]


def keys_to_change(db: sa.Connection) -> list[SigningKey]:
    """As `all_keys`; whoever makes or ends a key takes turns until commit."""
    lock_store(db, "oauth signing key")  # no store has this name
    return all_keys(db)


def sealed_keys(db: sa.Connection) -> list[bytes]:
    """The private keys. Asks for no column that a database of an older version lacks."""
    return [row.sealed for row in db.execute(sa.select(_C.sealed)) if row.sealed]


def add(db: sa.Connection, key: SigningKey) -> None:
    db.execute(
        signing_key.insert().values(
            kid=key.kid,
            algorithm=ALGORITHM,
            sealed=key.sealed,
            created_at=key.created_at,
            signs_from=key.signs_from,
        )
    )


def change(db: sa.Connection, kid: str, **values: int | bytes) -> None:
    db.execute(signing_key.update().where(_C.kid == kid).values(**values))
