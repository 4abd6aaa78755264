"""SQL of organisations' members."""

from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.accounts import tables as accounts
from comptoir.accounts.people import tables
from comptoir.accounts.people.errors import OrganisationNotFound, RoleTooLow
from comptoir.accounts.people.rules import Role
from comptoir.infra.db.dialect import insert_new

m = tables.member.c


@dataclass(frozen=True, slots=True)
class Organisation:
    organisation_id: str
    name: str
    role: Role
    """Of the person who looks."""


@dataclass(frozen=True, slots=True)
class Member:
    user_id: str
    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class OrganisationSummary:
    """For the operator's list."""

    organisation_id: str
    name: str
    members: int
    stores: int
    vendors: int


def add_member(db: sa.Connection, organisation_id: str, user_id: str, role: Role, now: int) -> bool:
    """False when they are one already; then their role stays as it is."""
    values = {
        "organisation_id": organisation_id,
        "user_id": user_id,
        "role": role.value,
        "created_at": now,
    }
    return insert_new(db, tables.member, values)


def role_in(db: sa.Connection, organisation_id: str, user_id: str) -> Role | None:
    if "\0" in organisation_id + user_id:  # PostgreSQL would not even look for it
        return None
    found = db.execute(
        sa.select(m.role).where(m.organisation_id == organisation_id, m.user_id == user_id)
    ).scalar()
    return Role(found) if found else None


def is_member(db: sa.Connection, organisation_id: str, user_id: str) -> bool:
    return role_in(db, organisation_id, user_id) is not None


def require_role(db: sa.Connection, organisation_id: str, user_id: str, needed: Role) -> Role:
    """Raises: RoleTooLow; OrganisationNotFound to who is no member, as if there were none."""
    role = role_in(db, organisation_id, user_id)
    if role is None:
        raise OrganisationNotFound
    if not role.may(needed):
        raise RoleTooLow(needed=needed.value)
    return role


def organisations_of(db: sa.Connection, user_id: str) -> list[Organisation]:
    """Those that a person belongs to, the first joined first."""
    o = accounts.organisation.c
    rows = db.execute(
        sa.select(o.organisation_id, o.name, m.role)
        .join(tables.member, m.organisation_id == o.organisation_id)
        .where(m.user_id == user_id)
        .order_by(m.created_at, o.organisation_id)
    )
    return [Organisation(row.organisation_id, row.name, Role(row.role)) for row in rows]


def members_of(db: sa.Connection, organisation_id: str) -> list[Member]:
    u = tables.user_account.c
    rows = db.execute(
        sa.select(u.user_id, u.email, u.first_name, u.last_name, m.role)
        .join(tables.member, m.user_id == u.user_id)
        .where(m.organisation_id == organisation_id)
        .order_by(m.created_at, u.user_id)
    )
    return [
        Member(row.user_id, row.email, f"{row.first_name} {row.last_name}".strip(), Role(row.role))
        for row in rows
    ]


def set_role(db: sa.Connection, organisation_id: str, user_id: str, role: Role) -> None:
    mine = (m.organisation_id == organisation_id, m.user_id == user_id)
    db.execute(tables.member.update().where(*mine).values(role=role.value))


def remove_member(db: sa.Connection, organisation_id: str, user_id: str) -> None:
    mine = (m.organisation_id == organisation_id, m.user_id == user_id)
    db.execute(tables.member.delete().where(*mine))


def count_owners(db: sa.Connection, organisation_id: str) -> int:
    owners = (m.organisation_id == organisation_id, m.role == Role.OWNER.value)
    counted = sa.select(sa.func.count()).select_from(tables.member).where(*owners)
    return int(db.execute(counted).scalar_one())


def all_organisations(db: sa.Connection) -> list[OrganisationSummary]:
    """Every organisation of the installation, the oldest first."""
    o = accounts.organisation.c

    def count(table: sa.Table) -> sa.ScalarSelect[int]:
        mine = table.c.organisation_id == o.organisation_id
        counted = sa.select(sa.func.count()).select_from(table).where(mine)
        return counted.correlate(accounts.organisation).scalar_subquery()

    counts = [count(table) for table in (tables.member, accounts.shop, accounts.vendor)]
    rows = db.execute(
        sa.select(o.organisation_id, o.name, *counts).order_by(o.created_at, o.organisation_id)
    )
    return [OrganisationSummary(*row) for row in rows]
