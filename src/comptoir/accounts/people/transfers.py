"""SQL of stores that are offered to somebody."""

from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.accounts import tables as accounts
from comptoir.accounts.people import tables
from comptoir.accounts.people.rules import Transfer, email_key

t, o, s = tables.store_transfer.c, accounts.organisation.c, accounts.shop.c
_FOUND = (
    sa.select(
        t.transfer_id,
        t.shop_id,
        t.from_organisation_id,
        o.name.label("from_organisation"),
        t.email,
        t.offered_by,
        t.created_at,
        t.expires_at,
    )
    .join(accounts.shop, s.shop_id == t.shop_id)
    .join(accounts.organisation, o.organisation_id == t.from_organisation_id)
    # A store that has gone elsewhere meanwhile is no longer theirs to give.
    .where(s.organisation_id == t.from_organisation_id, t.outcome == "")
    .order_by(t.created_at, t.transfer_id)
)


@dataclass(frozen=True, slots=True)
class Ended:
    """An offer that was withdrawn."""

    shop_id: str
    transfer_id: str
    from_organisation_id: str


def _transfer(row: sa.RowMapping) -> Transfer:
    return Transfer(**row)


def waiting_of(db: sa.Connection, shop_id: str, now: int) -> Transfer | None:
    """The offer of a store that waits for an answer."""
    row = db.execute(_FOUND.where(t.shop_id == shop_id, t.expires_at > now)).mappings().first()
    return _transfer(row) if row else None


def waiting_for(db: sa.Connection, key: str, now: int) -> list[Transfer]:
    """Those for an address. `key`: its `email_key`."""
    query = _FOUND.where(t.email_key == key, t.expires_at > now)
    return [_transfer(row) for row in db.execute(query).mappings()]


def save(db: sa.Connection, transfer: Transfer) -> None:
    db.execute(
        tables.store_transfer.insert().values(
            shop_id=transfer.shop_id,
            transfer_id=transfer.transfer_id,
            from_organisation_id=transfer.from_organisation_id,
            email=transfer.email,
            email_key=email_key(transfer.email),
            offered_by=transfer.offered_by,
            created_at=transfer.created_at,
            expires_at=transfer.expires_at,
        )
    )


def end(db: sa.Connection, transfer: Transfer, outcome: str, now: int) -> bool:
    """`outcome`: accepted, declined or withdrawn. False when it has ended already."""
    mine = (t.shop_id == transfer.shop_id, t.transfer_id == transfer.transfer_id, t.outcome == "")
    ended = tables.store_transfer.update().where(*mine).values(outcome=outcome, ended_at=now)
    return db.execute(ended).rowcount == 1


def end_all_of(db: sa.Connection, shop_id: str, now: int) -> list[Ended]:
    """Whatever waits for the store is withdrawn."""
    return _end_all(db, now, t.shop_id == shop_id)


def end_all_by(db: sa.Connection, organisation_id: str, user_id: str, now: int) -> list[Ended]:
    """What this member has offered in the organisation's name is withdrawn."""
    return _end_all(db, now, t.from_organisation_id == organisation_id, t.offered_by == user_id)


def _end_all(db: sa.Connection, now: int, *which: sa.ColumnElement[bool]) -> list[Ended]:
    """Those that could still have been accepted."""
    ended = tables.store_transfer.update().where(*which, t.outcome == "")
    rows = db.execute(
        ended.values(outcome="withdrawn", ended_at=now).returning(
            t.shop_id, t.transfer_id, t.from_organisation_id, t.expires_at
        )
    )
    return [
        Ended(row.shop_id, row.transfer_id, row.from_organisation_id)
        for row in rows
        if row.expires_at > now
    ]


def forget(db: sa.Connection, before: int) -> None:
    """Drop those that nobody can accept since then."""
    db.execute(tables.store_transfer.delete().where(t.expires_at < before))
