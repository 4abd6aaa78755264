"""SQL of vendors. Their clients and modules: `store.py`."""

import sqlalchemy as sa

from comptoir.accounts import tables
from comptoir.accounts.rules import ClientKind
from comptoir.base.mode import Mode
from comptoir.infra.db.dialect import lock_store


def take_vendor(db: sa.Connection, vendor: str) -> None:
    """Who gives a vendor a client, or ends all that it has, takes turns with others: until the end
    of the transaction, and before `store.take_client`."""
    lock_store(db, f"vendor/{vendor.lower()}")


def has_vendor_client(db: sa.Connection, vendor: str, mode: Mode) -> bool:
    """Whether the vendor has a client of the mode that is not revoked. Who asks, to make one
    where there is none, takes turns with others."""
    take_vendor(db, vendor)
    c = tables.client.c
    theirs = (c.kind == ClientKind.VENDOR.value, c.vendor == vendor, c.mode == mode.value)
    query = sa.select(sa.literal(1)).where(*theirs, c.revoked_at.is_(None)).limit(1)
    return db.execute(query).first() is not None


def vendor_organisation(db: sa.Connection, name: str) -> str | None:
    """The organisation of a vendor; None when there is no such vendor."""
    if "\0" in name:
        return None
    c = tables.vendor.c
    return db.execute(sa.select(c.organisation_id).where(c.vendor == name)).scalar()


def vendor_alike(db: sa.Connection, name: str) -> str | None:
    """A vendor of that name, in whatever case. For who has taken turns (`take_vendor`)."""
    c = tables.vendor.c
    return db.execute(sa.select(c.vendor).where(sa.func.lower(c.vendor) == name.lower())).scalar()


def add_vendor(db: sa.Connection, name: str, organisation_id: str, now: int) -> None:
    db.execute(
        tables.vendor.insert().values(vendor=name, organisation_id=organisation_id, created_at=now)
    )


def vendors_of_organisation(db: sa.Connection, organisation_id: str) -> list[str]:
    """Their names, the oldest first."""
    c = tables.vendor.c
    mine = sa.select(c.vendor).where(c.organisation_id == organisation_id)
    return [row.vendor for row in db.execute(mine.order_by(c.created_at, c.vendor))]


def vendors_since(db: sa.Connection, organisation_id: str, since: int) -> int:
    """How many vendors the organisation has got since then. Who asks, to make one more, takes
    turns with others."""
    lock_store(db, f"vendors of {organisation_id}")
    c = tables.vendor.c
    young = (c.organisation_id == organisation_id, c.created_at > since)
    return db.execute(sa.select(sa.func.count()).where(*young)).scalar_one()
