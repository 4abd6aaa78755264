"""An invitation is for one address, once, for seven days."""

from datetime import timedelta

import pytest

from comptoir.accounts import leave
from comptoir.accounts.people import invitations, invite, organise, throttle, waiting
from comptoir.accounts.people.errors import (
    EmailInvalid,
    InvitationNotFound,
    MemberAlready,
    OrganisationNotFound,
    RoleTooLow,
    TooManyAttempts,
)
from comptoir.accounts.people.rules import Invitation, Role, User, email_key
from tests.accounts.people.conftest import Town

OWNER, ADMIN, MEMBER = Role
DAY = timedelta(days=1)


def ask(town: Town, by: User, where: str, email: str, role: Role = MEMBER) -> Invitation:
    return town.do(lambda work: invite.invite(work, town.vault, where, by, email, role))


def waits(town: Town, user: User) -> list[Invitation]:
    now = int(town.clock.now().timestamp() * 1000)
    return town.look(lambda db: invitations.waiting_for(db, email_key(user.email), now))


def test_who_has_the_address_accepts_once(town: Town) -> None:
    owner, guest, other = town.user("owner"), town.user("guest"), town.user("other")
    here = town.home(owner)
    made = ask(town, owner, here, " Guest@Town.example", ADMIN)
    assert [(i.organisation, i.role) for i in waits(town, guest)] == [("owner", ADMIN)]

    town.refuses(InvitationNotFound, lambda work: invite.accept(work, other, made.invitation_id))
    town.refuses(InvitationNotFound, lambda work: invite.decline(work, other, made.invitation_id))
    assert town.do(lambda work: invite.accept(work, guest, made.invitation_id)) == here
    assert town.role(guest, here) is ADMIN
    town.refuses(InvitationNotFound, lambda work: invite.accept(work, guest, made.invitation_id))
    assert waits(town, guest) == []


def test_declining_and_withdrawing_end_it(town: Town) -> None:
    owner, member, guest = town.user("owner"), town.user("member"), town.user("guest")
    here = town.home(owner)
    town.joins(member, here, MEMBER)

    made = ask(town, owner, here, guest.email)
    town.do(lambda work: invite.decline(work, guest, made.invitation_id))
    town.refuses(InvitationNotFound, lambda work: invite.accept(work, guest, made.invitation_id))

    again = ask(town, owner, here, guest.email)

    def withdraw(by: User, where: str) -> None:
        town.do(lambda work: invite.withdraw(work, where, again.invitation_id, by.user_id))

    with pytest.raises(RoleTooLow):
        withdraw(member, here)
    with pytest.raises(OrganisationNotFound):
        withdraw(guest, here)
    with pytest.raises(InvitationNotFound):
        withdraw(guest, town.home(guest))
    withdraw(owner, here)
    town.refuses(InvitationNotFound, lambda work: invite.accept(work, guest, again.invitation_id))


def test_inviting_again_is_one_invitation_with_a_new_date(town: Town) -> None:
    owner, guest = town.user("owner"), town.user("guest")
    here = town.home(owner)
    first = ask(town, owner, here, guest.email, ADMIN)
    town.clock.advance(6 * DAY)
    second = ask(town, owner, here, guest.email.upper())
    town.clock.advance(6 * DAY)

    assert [i.invitation_id for i in waits(town, guest)] == [second.invitation_id]
    town.refuses(InvitationNotFound, lambda work: invite.accept(work, guest, first.invitation_id))
    town.do(lambda work: invite.accept(work, guest, second.invitation_id))
    assert town.role(guest, here) is MEMBER


def test_it_expires_after_seven_days_and_is_forgotten_later(town: Town) -> None:
    owner, guest = town.user("owner"), town.user("guest")
    made = ask(town, owner, town.home(owner), guest.email)
    town.clock.advance(7 * DAY)

    assert waits(town, guest) == []
    town.refuses(InvitationNotFound, lambda work: invite.accept(work, guest, made.invitation_id))
    now = int(town.clock.now().timestamp() * 1000)
    assert not town.look(lambda db: waiting.waiting_for(db, email_key(guest.email), now))

    town.clock.advance(31 * DAY)
    town.do(waiting.forget)
    assert waits(town, guest) == []


def test_who_may_invite_and_as_what(town: Town) -> None:
    owner, admin, member = town.user("owner"), town.user("admin"), town.user("member")
    here = town.home(owner)
    town.joins(admin, here, ADMIN)
    town.joins(member, here, MEMBER)

    with pytest.raises(RoleTooLow):
        ask(town, member, here, "new@town.example")
    with pytest.raises(RoleTooLow):
        ask(town, admin, here, "new@town.example", OWNER)
    with pytest.raises(OrganisationNotFound):
        ask(town, admin, town.home(owner)[::-1], "new@town.example")
    with pytest.raises(MemberAlready):
        ask(town, admin, here, "MEMBER@town.example")
    with pytest.raises(EmailInvalid):
        ask(town, admin, here, "no address")
    ask(town, admin, here, "new@town.example", ADMIN)
    ask(town, owner, here, "new@town.example", OWNER)


def test_an_address_with_and_one_without_an_account_are_invited_alike(town: Town) -> None:
    owner, guest = town.user("owner"), town.user("guest")
    here = town.home(owner)
    with_account = ask(town, owner, here, guest.email)
    without = ask(town, owner, here, "nobody@town.example")

    assert (with_account.role, with_account.expires_at) == (without.role, without.expires_at)
    late = town.user("nobody")
    assert [i.invitation_id for i in waits(town, late)] == [without.invitation_id]


def test_who_may_no_longer_invite_has_not_invited(town: Town) -> None:
    owner, admin, guest = town.user("owner"), town.user("admin"), town.user("guest")
    here = town.home(owner)
    town.joins(admin, here, ADMIN)

    ask(town, admin, here, guest.email, ADMIN)
    town.do(lambda work: organise.set_role(work, here, owner.user_id, admin.user_id, MEMBER))
    assert waits(town, guest) == []

    town.do(lambda work: organise.set_role(work, here, owner.user_id, admin.user_id, ADMIN))
    ask(town, admin, here, guest.email)
    town.do(lambda work: leave.remove_member(work, here, owner.user_id, admin.user_id))
    assert waits(town, guest) == []


def test_a_mailbox_is_not_filled(town: Town) -> None:
    owner, other = town.user("owner"), town.user("other")
    for _ in range(invite.MOST_TO):
        ask(town, owner, town.home(owner), "guest@town.example")
    with pytest.raises(TooManyAttempts):
        ask(town, other, town.home(other), "Guest@town.example")
    ask(town, other, town.home(other), "else@town.example")
    town.clock.advance(timedelta(milliseconds=throttle.WINDOW_MS))
    ask(town, owner, town.home(owner), "guest@town.example")
