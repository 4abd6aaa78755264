"""SQL of what only stores with `ps_accounts` 5 to 7 have."""

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from comptoir.accounts import tables

_FIND = sa.select(tables.shop.c.legacy_generation, tables.shop.c.legacy_key).where(
    tables.shop.c.shop_id == sa.bindparam("shop")
)


@dataclass(frozen=True, slots=True)
class Link:
    """Of a store to an owner."""

    generation: int
    """How often it has changed: what was made in an earlier one is good no longer."""
    sealed_key: bytes | None
    """The store's public key; None for a store that is not linked, or has `ps_accounts` 8."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A link that the store is being told of."""

    shop_id: str
    client_id: str
    organisation_id: str
    frontend_url: str
    owner_before: str
    """The person's id; empty: the store was nobody's."""
    made: bool
    """The identity was made for it."""
    over_at: int
    """By then it has come to an end, or who was at it is gone."""


def link_of(db: sa.Connection, shop_id: str) -> Link:
    """Of a store that is there."""
    row = db.execute(_FIND, {"shop": shop_id}).one()
    return Link(row.legacy_generation, row.legacy_key)


def change_link(db: sa.Connection, shop_id: str, sealed_key: bytes | None) -> None:
    """The next generation, with this key."""
    c = tables.shop.c
    changed = {"legacy_generation": c.legacy_generation + 1, "legacy_key": sealed_key}
    db.execute(tables.shop.update().where(c.shop_id == shop_id).values(changed))


def forget_key(db: sa.Connection, shop_id: str) -> None:
    c = tables.shop.c
    db.execute(tables.shop.update().where(c.shop_id == shop_id).values(legacy_key=None))


def remove_identity(db: sa.Connection, shop_id: str) -> None:
    """Of a store that was made a moment ago and could not be linked."""
    db.execute(tables.client.delete().where(tables.client.c.shop_id == shop_id))
    db.execute(tables.shop.delete().where(tables.shop.c.shop_id == shop_id))


def add_pending(db: sa.Connection, pending: Pending) -> None:
    """The store has none."""
    db.execute(tables.pending_link.insert().values(asdict(pending)))


def pending_at(db: sa.Connection, shop_id: str, frontend_url: str) -> list[Pending]:
    """Of that store, and of whichever is at that address."""
    c = tables.pending_link.c
    return _pending(db, sa.or_(c.shop_id == shop_id, c.frontend_url == frontend_url))


def pending_over(db: sa.Connection, now: int) -> list[Pending]:
    return _pending(db, tables.pending_link.c.over_at <= now)


def _pending(db: sa.Connection, which: sa.ColumnElement[bool]) -> list[Pending]:
    rows = db.execute(tables.pending_link.select().where(which))
    return [Pending(**row) for row in rows.mappings()]


def end_pending(db: sa.Connection, shop_id: str, client_id: str | None = None) -> bool:
    """`client_id`: only that one's. False when there is none."""
    c = tables.pending_link.c
    which = [c.shop_id == shop_id] + ([c.client_id == client_id] if client_id else [])
    return bool(db.execute(tables.pending_link.delete().where(*which)).rowcount)
