"""SQL of invitations to organisations."""

import sqlalchemy as sa

from comptoir.accounts import tables as accounts
from comptoir.accounts.people import tables
from comptoir.accounts.people.rules import Invitation, Role, email_key

i, o = tables.invitation.c, accounts.organisation.c
_FOUND = (
    sa.select(
        i.invitation_id,
        i.organisation_id,
        o.name.label("organisation"),
        i.email,
        i.role,
        i.invited_by,
        i.created_at,
        i.expires_at,
    )
    .join(accounts.organisation, o.organisation_id == i.organisation_id)
    .order_by(i.created_at, i.invitation_id)
)


def _waits(now: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (i.outcome == "", i.expires_at > now)


def _invitation(row: sa.RowMapping) -> Invitation:
    return Invitation(**{**row, "role": Role(row["role"])})


def waiting_in(db: sa.Connection, organisation_id: str, now: int) -> list[Invitation]:
    """Those of an organisation that wait for an answer."""
    query = _FOUND.where(i.organisation_id == organisation_id, *_waits(now))
    return [_invitation(row) for row in db.execute(query).mappings()]


def waiting_for(db: sa.Connection, key: str, now: int) -> list[Invitation]:
    """Those for an address. `key`: its `email_key`."""
    query = _FOUND.where(i.email_key == key, *_waits(now))
    return [_invitation(row) for row in db.execute(query).mappings()]


def save(db: sa.Connection, invitation: Invitation) -> None:
    db.execute(
        tables.invitation.insert().values(
            organisation_id=invitation.organisation_id,
            invitation_id=invitation.invitation_id,
            email=invitation.email,
            email_key=email_key(invitation.email),
            role=invitation.role.value,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )
    )


def end(db: sa.Connection, invitation: Invitation, outcome: str, now: int) -> bool:
    """`outcome`: accepted, declined or withdrawn. False when it has ended already."""
    mine = (
        i.organisation_id == invitation.organisation_id,
        i.invitation_id == invitation.invitation_id,
        i.outcome == "",
    )
    ended = tables.invitation.update().where(*mine).values(outcome=outcome, ended_at=now)
    return db.execute(ended).rowcount == 1


def end_all_by(
    db: sa.Connection, organisation_id: str, user_id: str, now: int
) -> list[tuple[str, str]]:
    """What this member has offered in the organisation's name is withdrawn. Returns the id and the
    role of each that could still have been accepted."""
    return _withdraw(db, i.organisation_id == organisation_id, i.invited_by == user_id, now=now)


def end_all_for(
    db: sa.Connection, organisation_id: str, key: str, now: int
) -> list[tuple[str, str]]:
    """What the organisation has offered to this address is withdrawn. Returns as `end_all_by`."""
    return _withdraw(db, i.organisation_id == organisation_id, i.email_key == key, now=now)


def end_all_in(db: sa.Connection, organisation_id: str, now: int) -> list[tuple[str, str]]:
    """Whatever the organisation has offered is withdrawn. Returns as `end_all_by`."""
    return _withdraw(db, i.organisation_id == organisation_id, now=now)


def _withdraw(db: sa.Connection, *which: sa.ColumnElement[bool], now: int) -> list[tuple[str, str]]:
    mine = tables.invitation.update().where(*which, i.outcome == "")
    ended = mine.values(outcome="withdrawn", ended_at=now)
    rows = db.execute(ended.returning(i.invitation_id, i.role, i.expires_at))
    return [(row.invitation_id, row.role) for row in rows if row.expires_at > now]


def forget(db: sa.Connection, before: int) -> None:
    """Drop those that nobody can accept since then."""
    db.execute(tables.invitation.delete().where(i.expires_at < before))
