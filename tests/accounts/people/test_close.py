"""An account is closed: what is the person's goes, what is an organisation's stays."""

import pytest
import sqlalchemy as sa

from comptoir.accounts import close, hand_over, leave, registration, vendors
from comptoir.accounts.applications import revoke_client
from comptoir.accounts.close import Why
from comptoir.accounts.errors import AccountInUse
from comptoir.accounts.people import invitations, invite, members, organise, sessions, tables
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import InvitationNotFound, LastOwner, UserNotFound
from comptoir.accounts.people.rules import Role, User, email_key
from comptoir.accounts.store import find_organisation
from comptoir.accounts.tables import organisation
from comptoir.accounts.vendor_store import vendor_organisation
from tests.accounts.people.conftest import Town
from tests.accounts.people.test_at_once import beside

OWNER, ADMIN, MEMBER = Role


def shut(town: Town, user: User) -> None:
    town.do(lambda work: close.close_account(work, user.user_id))


def is_refused(town: Town, user: User) -> set[Why]:
    """For which reasons; and nothing has changed."""
    before = counts(town)
    town.refuses(AccountInUse, lambda work: close.close_account(work, user.user_id))
    assert counts(town) == before
    return {one.why for one in town.look(lambda db: close.in_the_way(db, user.user_id))}


def counts(town: Town) -> list[int]:
    kept = (tables.user_account, tables.member, tables.session, tables.passkey, organisation)
    return [
        town.look(
            lambda db, t=table: db.execute(sa.select(sa.func.count()).select_from(t)).scalar()
        )
        for table in kept
    ]


def test_nothing_of_somebody_who_had_nothing_else_is_left(town: Town) -> None:
    user, other = town.user("user"), town.user("other")
    empty = counts(town)
    gone = town.user("gone")
    town.do(lambda work: sessions.open_session(work, town.vault, gone.user_id, ("pwd",)))
    home = town.home(gone)
    town.do(lambda work: invite.invite(work, town.vault, home, gone, user.email, MEMBER))
    town.do(
        lambda work: work.db.execute(
            tables.passkey.insert().values(
                credential_id="c", user_id=gone.user_id, public_key=b"x", created_at=work.now_ms
            )
        )
    )
    shut(town, gone)
    assert counts(town) == empty
    assert town.look(lambda db: find_organisation(db, home)) is None
    assert town.look(lambda db: invitations.waiting_for(db, email_key(user.email), 0)) == []
    assert town.announced("accounts.user.signed_out_everywhere.v1")
    assert town.audited("user.closed") == 1
    town.refuses(UserNotFound, lambda work: close.close_account(work, gone.user_id))
    assert town.user("gone").user_id != gone.user_id, "the address is free"
    assert town.home(other)


def test_stores_stay_with_an_organisation_of_others(town: Town) -> None:
    owner, boss = town.user("owner"), town.user("boss")
    shop = town.shop(owner)
    town.joins(boss, shop.organisation_id, OWNER)
    shut(town, owner)
    after = town.find(shop)
    assert (after.organisation_id, after.point_of_contact_uuid, after.point_of_contact_email) == (
        shop.organisation_id,
        boss.user_id,
        boss.email,
    )


def test_what_nobody_else_could_manage_is_in_the_way(town: Town) -> None:
    alone, last, member = town.user("alone"), town.user("last"), town.user("member")
    shop = town.shop(alone)
    assert is_refused(town, alone) == {Why.STORES}
    town.do(
        lambda work: registration.register_vendor(
            work,
            town.vault,
            "acme",
            organisation_id=town.home(alone),
            user_id=alone.user_id,
            registration=registration.OPEN,
        )
    )
    assert is_refused(town, alone) == {Why.STORES, Why.VENDORS}

    town.joins(member, town.home(last), ADMIN)
    assert is_refused(town, last) == {Why.MEMBERS}
    with pytest.raises(AccountInUse) as refused:
        town.do(lambda work: close.close_now(work, "LAST@town.example"))
    assert "last: members member@town.example" in refused.value.detail()

    town.joins(member, shop.organisation_id, OWNER)
    shut(town, alone)
    town.do(
        lambda work: organise.set_role(work, town.home(last), last.user_id, member.user_id, OWNER)
    )
    shut(town, last)
    assert len(town.look(lambda db: members.organisations_of(db, member.user_id))) == 3


def test_an_ended_vendor_is_not_in_the_way_and_keeps_its_name(town: Town) -> None:
    user = town.user("user")
    home = town.home(user)
    made = town.do(
        lambda work: registration.register_vendor(
            work,
            town.vault,
            "acme",
            organisation_id=home,
            user_id=user.user_id,
            registration=registration.OPEN,
        )
    )
    town.do(lambda work: revoke_client(work, made.client_id, vendor="acme"))
    shut(town, user)
    assert town.look(lambda db: find_organisation(db, home)) is not None
    other = town.user("other")
    town.do(lambda work: vendors.give_vendor(work, "acme", other.email))
    assert town.role(other, home) is OWNER


def test_who_joins_meanwhile_or_is_too_late(town: Town) -> None:
    owner, guest = town.user("owner"), town.user("guest")
    home = town.home(owner)

    def asked() -> str:
        run = lambda work: invite.invite(work, town.vault, home, owner, guest.email, MEMBER)  # noqa: E731
        return town.do(run).invitation_id

    first = asked()
    late = beside(
        town,
        lambda work: invite.accept(work, guest, first),
        lambda work: close.close_account(work, owner.user_id),
    )
    assert isinstance(late.exception(), AccountInUse)

    town.do(lambda work: leave.remove_member(work, home, guest.user_id, guest.user_id))
    again = asked()
    late = beside(
        town,
        lambda work: close.close_account(work, owner.user_id),
        lambda work: invite.accept(work, guest, again),
    )
    assert isinstance(late.exception(), InvitationNotFound)
    assert town.role(guest, home) is None


def test_the_two_owners_of_an_organisation_go_at_once(town: Town) -> None:
    one, other = town.user("one"), town.user("other")
    home = town.home(one)
    town.joins(other, home, OWNER)
    shop = town.shop(one)
    late = beside(
        town,
        lambda work: close.close_account(work, one.user_id),
        lambda work: close.close_account(work, other.user_id),
    )
    assert isinstance(late.exception(), AccountInUse)
    assert town.find(shop).point_of_contact_uuid == other.user_id
    assert town.look(lambda db: people.find_user(db, other.user_id)) is not None


def test_a_store_or_a_vendor_comes_meanwhile(town: Town) -> None:
    giver, gone = town.user("giver"), town.user("gone")
    shop = town.shop(giver)
    late = beside(
        town,
        lambda work: close.close_account(work, gone.user_id),
        lambda work: hand_over.transfer_now(work, shop.shop_id, gone.email),
    )
    assert isinstance(late.exception(), UserNotFound)
    assert town.find(shop).point_of_contact_uuid == giver.user_id

    taker = town.user("taker")
    late = beside(
        town,
        lambda work: hand_over.transfer_now(work, shop.shop_id, taker.email),
        lambda work: close.close_account(work, taker.user_id),
    )
    assert isinstance(late.exception(), AccountInUse)

    vendor = town.do(lambda work: vendors.create_vendor(work, "acme", town.vault))
    assert vendor
    ending = town.user("ending")
    late = beside(
        town,
        lambda work: close.close_account(work, ending.user_id),
        lambda work: vendors.give_vendor(work, "acme", ending.email),
    )
    assert isinstance(late.exception(), UserNotFound)


def test_nobody_signs_in_to_an_account_that_is_being_closed(town: Town) -> None:
    """What was right before it was closed opens nothing after it: see `pages/entry.py`."""
    user = town.user("user")
    secret, _ = town.do(
        lambda work: sessions.open_session(work, town.vault, user.user_id, ("pwd",))
    )
    shut(town, user)
    now = int(town.clock.now().timestamp() * 1000)
    assert town.look(lambda db: sessions.find_visitor(db, town.vault, secret, now)) is None


def test_the_operator_helps_an_organisation_whose_owner_cannot(town: Town) -> None:
    owner, member = town.user("owner"), town.user("member")
    home = town.home(owner)
    town.do(lambda work: organise.put_member(work, home, member.email.upper(), MEMBER))
    town.do(lambda work: organise.put_member(work, home, member.email, OWNER))
    assert town.role(member, home) is OWNER
    assert town.audited("organisation.member_added") == 1
    assert town.audited("organisation.role_changed") == 1
    town.do(lambda work: organise.put_member(work, home, owner.email, ADMIN))
    town.refuses(LastOwner, lambda work: organise.put_member(work, home, member.email, ADMIN))
    town.refuses(
        UserNotFound, lambda work: organise.put_member(work, home, "no@town.example", ADMIN)
    )


def test_an_organisation_with_members_has_an_owner(town: Town) -> None:
    """Who leaves one without, or closes the account, would leave the stores to nobody."""
    town.do(lambda work: vendors.create_vendor(work, "acme", town.vault))
    nobodys = town.look(lambda db: vendor_organisation(db, "acme")) or ""
    one, other = town.user("one"), town.user("other")
    for role in (ADMIN, MEMBER):
        town.refuses(
            LastOwner, lambda work, r=role: organise.put_member(work, nobodys, one.email, r)
        )
    assert town.role(one, nobodys) is None
    town.do(lambda work: organise.put_member(work, nobodys, one.email, OWNER))
    town.do(lambda work: organise.put_member(work, nobodys, other.email, MEMBER))
    shut(town, other)
