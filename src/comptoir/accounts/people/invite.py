"""Invite a colleague to an organisation, by address. Who signs in with that very address accepts
or declines. Whether the address has an account is told to nobody."""

from dataclasses import replace

import sqlalchemy as sa

from comptoir.accounts.people import invitations, members, throttle, waiting
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import InvitationNotFound, MemberAlready
from comptoir.accounts.people.rules import Invitation, Role, User, email_key
from comptoir.accounts.people.users import check_email
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

KEEP_MS = 7 * 86_400_000
"""How long an invitation can be accepted."""
MOST_TO = 5
"""Invitations and offers to one address within the throttle's window."""
MOST_BY = 50
"""Invitations and offers of one person within it."""


def count_mail(work: Work, vault: Vault, user_id: str, email: str) -> None:
    """Nobody's mailbox is filled, and nobody sends to a list. Raises: TooManyAttempts."""
    throttle.take(work, f"invite/{vault.hash(f'invite {email_key(email)}').hex()}", MOST_TO)
    throttle.take(work, f"invites-of/{user_id}", MOST_BY)


def invite(
    work: Work, vault: Vault, organisation_id: str, inviter: User, email: str, role: Role
) -> Invitation:
    """One invitation: inviting again renews it. The caller sends the mail.

    Raises:
        OrganisationNotFound, RoleTooLow, EmailInvalid, MemberAlready, TooManyAttempts.
    """
    needed = Role.OWNER if role is Role.OWNER else Role.ADMIN
    # First of all: a role that is lost meanwhile is seen to be lost.
    lock_organisation(work, organisation_id)
    members.require_role(work.db, organisation_id, inviter.user_id, needed)
    email = check_email(email)
    here = members.members_of(work.db, organisation_id)
    if email_key(email) in {email_key(member.email) for member in here}:
        raise MemberAlready
    count_mail(work, vault, inviter.user_id, email)
    made = Invitation(
        invitation_id=work.ids.uuid(),
        organisation_id=organisation_id,
        organisation="",
        email=email,
        role=role,
        invited_by=inviter.user_id,
        created_at=work.now_ms,
        expires_at=work.now_ms + KEEP_MS,
    )
    waiting.withdraw_all_for(work, organisation_id, email_key(email))
    invitations.save(work.db, made)
    _audit(work, "organisation.invited", made)
    here_now = invitations.waiting_in(work.db, organisation_id, work.now_ms)
    named = next(one for one in here_now if one.invitation_id == made.invitation_id)
    return replace(made, organisation=named.organisation)


def lock_organisation(work: Work, organisation_id: str) -> None:
    """Who changes the members of an organisation takes turns with others."""
    lock_store(work.db, f"organisation/{organisation_id}")


def withdraw(work: Work, organisation_id: str, invitation_id: str, user_id: str) -> None:
    """Raises: OrganisationNotFound, RoleTooLow, InvitationNotFound."""
    members.require_role(work.db, organisation_id, user_id, Role.ADMIN)
    found = _named(invitations.waiting_in(work.db, organisation_id, work.now_ms), invitation_id)
    _end(work, found, "withdrawn")


def accept(work: Work, user: User, invitation_id: str) -> str:
    """The id of the organisation that the person is a member of now.

    Raises: InvitationNotFound.
    """
    people.lock_person(work.db, user.user_id)
    found = _mine(work.db, user, invitation_id, work.now_ms)
    _end(work, found, "accepted")
    members.add_member(work.db, found.organisation_id, user.user_id, found.role, work.now_ms)
    return found.organisation_id


def decline(work: Work, user: User, invitation_id: str) -> None:
    """Raises: InvitationNotFound."""
    _end(work, _mine(work.db, user, invitation_id, work.now_ms), "declined")


def _mine(db: sa.Connection, user: User, invitation_id: str, now: int) -> Invitation:
    return _named(invitations.waiting_for(db, email_key(user.email), now), invitation_id)


def _named(those: list[Invitation], invitation_id: str) -> Invitation:
    for found in those:
        if found.invitation_id == invitation_id:
            return found
    raise InvitationNotFound


def _end(work: Work, invitation: Invitation, outcome: str) -> None:
    """Raises: InvitationNotFound, when somebody else was quicker."""
    if not invitations.end(work.db, invitation, outcome, work.now_ms):
        raise InvitationNotFound
    _audit(work, f"organisation.invitation_{outcome}", invitation)


def _audit(work: Work, action: str, invitation: Invitation) -> None:
    work.audit(
        action,
        organisation_id=invitation.organisation_id,
        invitation_id=invitation.invitation_id,
        role=invitation.role.value,
    )
