"""Close somebody's account. What belongs to an organisation stays there: with other members in it,
they leave; what nobody else could manage, they give away or end first."""

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from comptoir.accounts import leave, store
from comptoir.accounts.errors import AccountInUse
from comptoir.accounts.people import codes, members, sessions, throttle, users, waiting
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import UserNotFound
from comptoir.accounts.people.invite import lock_organisation
from comptoir.accounts.people.members import Organisation
from comptoir.accounts.people.rules import Role, User
from comptoir.accounts.vendor_store import vendors_of_organisation
from comptoir.infra.work import Work


class Why(StrEnum):
    """What an organisation has that nobody else could manage."""

    MEMBERS = "members"
    STORES = "stores"
    VENDORS = "vendors"


@dataclass(frozen=True, slots=True)
class InTheWay:
    organisation: Organisation
    why: Why
    names: list[str]
    """Of the stores or vendors; the addresses of the members."""


def in_the_way(db: sa.Connection, user_id: str) -> list[InTheWay]:
    """What keeps the person's account from being closed."""
    found = []
    for one in members.organisations_of(db, user_id):
        here = members.members_of(db, one.organisation_id)
        others = [member for member in here if member.user_id != user_id]
        if not others:
            shops = store.shops_of(db, [one.organisation_id])
            found.append(InTheWay(one, Why.STORES, [s.name or s.frontend_url for s in shops]))
            found.append(InTheWay(one, Why.VENDORS, _live_vendors(db, one.organisation_id)))
        elif one.role is Role.OWNER and all(m.role is not Role.OWNER for m in others):
            found.append(InTheWay(one, Why.MEMBERS, [member.email for member in others]))
    return [one for one in found if one.names]


def _live_vendors(db: sa.Connection, organisation_id: str) -> list[str]:
    """Those with a client that is not revoked."""
    return [
        name
        for name in vendors_of_organisation(db, organisation_id)
        if any(client.revoked_at is None for client in store.clients_of_vendor(db, name))
    ]


def close_account(work: Work, user_id: str) -> User:
    """Sessions end, and what applications hold; the address is free for another account. Returns
    who it was.

    Raises: UserNotFound, AccountInUse.
    """
    people.lock_person(work.db, user_id)
    user = people.find_user(work.db, user_id)
    if user is None:
        raise UserNotFound(email=user_id)
    mine = sorted(one.organisation_id for one in members.organisations_of(work.db, user_id))
    for organisation_id in mine:
        lock_organisation(work, organisation_id)
        if _is_alone(work.db, organisation_id):
            waiting.withdraw_all_in(work, organisation_id)  # nobody joins from here on
    found = in_the_way(work.db, user_id)
    if found:
        raise AccountInUse(
            found=[(one.organisation.name, one.why.value, one.names) for one in found]
        )
    for organisation_id in mine:
        _leave(work, organisation_id, user_id)
    sessions.sign_out_everywhere(work, user_id)
    codes.end_all(work, codes.Purpose.RESET, user.email)
    throttle.clear(work, users.second_step_slot(user_id))
    people.remove_user(work.db, user_id)
    work.audit("user.closed", user_id=user_id)
    return user


def close_now(work: Work, email: str) -> User:
    """For the operator. Raises: UserNotFound, AccountInUse."""
    return close_account(work, users.take_user(work, email).user_id)


def _leave(work: Work, organisation_id: str, user_id: str) -> None:
    """An organisation that is nobody's and has nothing is gone."""
    if not _is_alone(work.db, organisation_id):
        leave.remove_member(work, organisation_id, user_id, user_id)
        return
    members.remove_member(work.db, organisation_id, user_id)
    if not vendors_of_organisation(work.db, organisation_id):
        store.remove_organisation(work.db, organisation_id)
    work.audit("organisation.closed", organisation_id=organisation_id, user_id=user_id)


def _is_alone(db: sa.Connection, organisation_id: str) -> bool:
    return len(members.members_of(db, organisation_id)) == 1
