"""SQL of what only stores with `ps_accounts` 5 to 7 have."""

from dataclasses import dataclass

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


def remove_identity(db: sa.Connection, shop_id: str, organisation_id: str) -> None:
    """Of a store that was made a moment ago and could not be linked."""
    db.execute(tables.client.delete().where(tables.client.c.shop_id == shop_id))
    db.execute(tables.shop.delete().where(tables.shop.c.shop_id == shop_id))
    mine = tables.organisation.c.organisation_id == organisation_id
    db.execute(tables.organisation.delete().where(mine))
