"""Organisations: the list, and one with its members and invitations."""

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts import leave, store
from comptoir.accounts.pages.acting import act
from comptoir.accounts.pages.page import FormUnreadable, Page, Visit, Who, go
from comptoir.accounts.pages.profile import done
from comptoir.accounts.pages.sure import ask
from comptoir.accounts.people import invitations, invite, members, organise
from comptoir.accounts.people.errors import (
    EmailInvalid,
    LastOwner,
    MemberAlready,
    MemberNotFound,
    OrganisationNameInvalid,
)
from comptoir.accounts.people.members import Member, Organisation
from comptoir.accounts.people.rules import Invitation, Role
from comptoir.base.errors import Problem
from comptoir.infra.work import Work

PATH = "/account/organisations"
ONE = f"{PATH}/{{organisation_id}}"
INVITED = f"{ONE}/invitations"
MEMBER = f"{ONE}/members/{{user_id}}"


async def show_all(visit: Visit) -> Response:
    return await _all(visit)


async def _all(visit: Visit, problem: Problem | None = None) -> Response:
    user_id = visit.me.user.user_id
    mine = await visit.context.db.read(lambda db: members.organisations_of(db, user_id))
    return visit.page(
        "organisations.html",
        problem.status if problem else 200,
        here=PATH,
        mine=mine,
        name=visit.form.get("name", ""),
        fault=visit.tell(problem) if problem else "",
        done=done(visit),
    )


async def create(visit: Visit) -> Response:
    name = visit.form.get("name", "")
    try:
        made = await act(
            visit, lambda work: organise.create_organisation(work, visit.me.user, name)
        )
    except OrganisationNameInvalid as problem:
        return await _all(visit, problem)
    return go(f"{PATH}/{made}")


async def show(visit: Visit) -> Response:
    return await _one(visit)


def _id(visit: Visit, name: str = "organisation_id") -> str:
    return str(visit.request.path_params[name])


async def _one(visit: Visit, problem: Problem | None = None) -> Response:
    organisation_id, user_id, now = _id(visit), visit.me.user.user_id, visit.now

    def look(db: sa.Connection) -> tuple[Organisation, list[Member], list[Invitation]]:
        mine = _organisation(db, organisation_id, user_id)
        waiting = invitations.waiting_in(db, organisation_id, now)
        return mine, members.members_of(db, organisation_id), waiting

    mine, here, waiting = await visit.context.db.read(look)
    return visit.page(
        "organisation.html",
        problem.status if problem else 200,
        here=PATH,
        one=mine,
        path=f"{PATH}/{organisation_id}",
        members=here,
        waiting=waiting,
        manages=mine.role.may(Role.ADMIN),
        owns=mine.role is Role.OWNER,
        roles=_roles(mine.role),
        email=visit.form.get("email", ""),
        fault=visit.tell(problem) if problem else "",
        done=done(visit),
    )


def _organisation(db: sa.Connection, organisation_id: str, user_id: str) -> Organisation:
    """Raises: OrganisationNotFound, to who is no member."""
    role = members.require_role(db, organisation_id, user_id, Role.MEMBER)
    return Organisation(organisation_id, store.find_organisation(db, organisation_id) or "", role)


def _roles(mine: Role) -> list[str]:
    """Those that somebody of this role may give, the lowest first."""
    return [role.value for role in reversed(Role) if mine.may(role)]


def _role(visit: Visit) -> Role:
    """Raises: FormUnreadable."""
    try:
        return Role(visit.form.get("role", ""))
    except ValueError as wrong:
        raise FormUnreadable from wrong


async def rename(visit: Visit) -> Response:
    organisation_id, name = _id(visit), visit.form.get("name", "")
    try:
        await act(
            visit, lambda work: organise.rename(work, organisation_id, visit.me.user.user_id, name)
        )
    except OrganisationNameInvalid as problem:
        return await _one(visit, problem)
    return go(f"{PATH}/{organisation_id}?done=renamed")


async def send_invitation(visit: Visit) -> Response:
    """The mail holds no secret: only who signs in with the address can accept."""
    organisation_id, role, email = _id(visit), _role(visit), visit.form.get("email", "")
    context, inviter = visit.context, visit.me.user

    def unit(work: Work) -> Invitation:
        return invite.invite(work, context.vault, organisation_id, inviter, email, role)

    try:
        made = await act(visit, unit)
    except (EmailInvalid, MemberAlready) as problem:
        return await _one(visit, problem)
    facts = {
        "organisation": made.organisation,
        "inviter": inviter.email,
        "base": context.settings.base,
        "days": invite.KEEP_MS // 86_400_000,
    }
    subject = visit.say("mail.invitation.subject", **facts)
    await context.mail.send(made.email, subject, visit.say("mail.invitation.text", **facts))
    return go(f"{PATH}/{organisation_id}?done=invited")


async def withdraw(visit: Visit) -> Response:
    organisation_id, invitation_id = _id(visit), _id(visit, "invitation_id")
    await act(
        visit,
        lambda work: invite.withdraw(work, organisation_id, invitation_id, visit.me.user.user_id),
    )
    return go(f"{PATH}/{organisation_id}?done=withdrawn")


async def set_role(visit: Visit) -> Response:
    organisation_id, user_id, role = _id(visit), _id(visit, "user_id"), _role(visit)
    try:
        await act(
            visit,
            lambda work: organise.set_role(
                work, organisation_id, visit.me.user.user_id, user_id, role
            ),
        )
    except LastOwner as problem:
        return await _one(visit, problem)
    return go(f"{PATH}/{organisation_id}?done=role")


async def ask_removal(visit: Visit) -> Response:
    """Are you sure? Of oneself: leave."""
    organisation_id, user_id = _id(visit), _id(visit, "user_id")
    me = visit.me.user.user_id

    def look(db: sa.Connection) -> tuple[Organisation, Member]:
        mine = _organisation(db, organisation_id, me)
        needed = Role.MEMBER if user_id == me else Role.ADMIN
        members.require_role(db, organisation_id, me, needed)
        found = [m for m in members.members_of(db, organisation_id) if m.user_id == user_id]
        if not found:
            raise MemberNotFound
        return mine, found[0]

    one, member = await visit.context.db.read(look)
    path = f"{PATH}/{organisation_id}"
    return ask(
        visit,
        "leave" if user_id == me else "remove",
        here=PATH,
        action=f"{path}/members/{user_id}/remove",
        back=path,
        organisation=one.name,
        email=member.email,
    )


async def remove(visit: Visit) -> Response:
    organisation_id, user_id = _id(visit), _id(visit, "user_id")
    me = visit.me.user.user_id
    try:
        await act(visit, lambda work: leave.remove_member(work, organisation_id, me, user_id))
    except LastOwner as problem:
        return await _one(visit, problem)
    if user_id == me:
        return go(f"{PATH}?done=left")
    return go(f"{PATH}/{organisation_id}?done=removed")


PAGES = [
    Page("GET", PATH, show_all, Who.SIGNED_IN),
    Page("POST", PATH, create, Who.SIGNED_IN),
    Page("GET", ONE, show, Who.SIGNED_IN),
    Page("POST", f"{ONE}/name", rename, Who.SIGNED_IN),
    Page("POST", INVITED, send_invitation, Who.SIGNED_IN),
    Page("POST", f"{INVITED}/{{invitation_id}}/withdraw", withdraw, Who.SIGNED_IN),
    Page("POST", f"{MEMBER}/role", set_role, Who.SIGNED_IN),
    Page("GET", f"{MEMBER}/remove", ask_removal, Who.SIGNED_IN),
    Page("POST", f"{MEMBER}/remove", remove, Who.SIGNED_IN),
]
