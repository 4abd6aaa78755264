"""What looks first and acts then, while somebody else acts too: they take turns (PostgreSQL lets
transactions see what others committed meanwhile; SQLite has one writer at a time)."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pyotp
import pytest

from comptoir.accounts import contact, hand_over, identities, leave, vendors
from comptoir.accounts import verify as verification
from comptoir.accounts.errors import ModuleOfAnotherVendor
from comptoir.accounts.people import (
    invite,
    members,
    organise,
    recover,
    second_factor,
    sessions,
    transfers,
    users,
)
from comptoir.accounts.people.errors import LastOwner, OrganisationNotFound, UserExists
from comptoir.accounts.people.rules import Role, User, email_key
from comptoir.accounts.rules import Place, Shop
from comptoir.infra.work import Work
from tests.accounts.people.conftest import Town

OWNER, ADMIN, MEMBER = Role
PLACE = Place("Demo", "https://demo.example", "https://demo.example/admin", "1")
MOVED = Place("Demo", "https://moved.example", "https://moved.example/admin", "1")
Run = Callable[[Work], Any]


def beside(town: Town, first: Run, second: Run) -> Future[Any]:
    """`second` begins when all of `first` is done but not committed. Its outcome."""
    with ThreadPoolExecutor(1) as thread:
        with town.db.begin("first") as work:
            first(work)
            outcome = thread.submit(town.do, second)
            wait([outcome], timeout=0.3)
        wait([outcome])
    return outcome


def identity(town: Town) -> Shop:
    return town.do(lambda work: identities.create_identity(work, PLACE, town.vault)[0])


@pytest.mark.parametrize("proven_first", [False, True])
def test_a_store_proves_itself_while_it_gets_another_owner(town: Town, proven_first: bool) -> None:
    owner, guest = town.user("owner"), town.user("guest")
    shop = town.shop(owner)

    def give(work: Work) -> None:
        hand_over.transfer_now(work, shop.shop_id, guest.email)

    def prove(work: Work) -> None:
        verification.record(work, shop.shop_id, MOVED, None, "")

    outcome = beside(town, prove, give) if proven_first else beside(town, give, prove)
    outcome.result()
    after = town.find(shop)
    assert (after.verified, after.frontend_url) == (True, MOVED.frontend_url)
    assert after.organisation_id == town.home(guest)
    assert after.point_of_contact_uuid == guest.user_id


def test_two_identities_prove_one_address(town: Town) -> None:
    one, other = identity(town), identity(town)
    beside(
        town,
        lambda work: verification.record(work, one.shop_id, PLACE, None),
        lambda work: verification.record(work, other.shop_id, PLACE, None),
    ).result()
    assert (town.find(one).verified, town.find(other).verified) == (False, True)
    assert town.find(one).error_code == "store-identity/superseded"


def test_a_point_of_contact_leaves_whose_store_goes_elsewhere(town: Town) -> None:
    owner, admin, guest = town.user("owner"), town.user("admin"), town.user("guest")
    shop = town.shop(owner)
    town.joins(admin, shop.organisation_id, OWNER)
    beside(
        town,
        lambda work: hand_over.transfer_now(work, shop.shop_id, guest.email),
        lambda work: leave.remove_member(work, shop.organisation_id, admin.user_id, owner.user_id),
    ).result()
    assert town.find(shop).organisation_id == town.home(guest)
    assert town.find(shop).point_of_contact_uuid == guest.user_id


def test_an_address_changes_while_its_store_changes(town: Town) -> None:
    owner = town.user("owner")
    shop = town.shop(owner)
    beside(
        town,
        lambda work: identities.set_back_office_url(work, shop.shop_id, "https://b.example", ""),
        lambda work: users.set_email(work, owner.user_id, "new@town.example"),
    ).result()
    beside(
        town,
        lambda work: users.set_email(work, owner.user_id, "newer@town.example"),
        lambda work: identities.set_back_office_url(work, shop.shop_id, "https://c.example", ""),
    ).result()
    after = town.find(shop)
    assert after.point_of_contact_email == "newer@town.example"
    assert after.back_office_url == "https://c.example"


def removed(town: Town) -> tuple[Shop, User, Run]:
    """A store, an admin of its organisation, and what removes them."""
    owner, admin = town.user("owner"), town.user("admin")
    shop = town.shop(owner)
    where = shop.organisation_id
    town.joins(admin, where, ADMIN)
    return shop, admin, lambda work: organise.remove(work, where, owner.user_id, admin.user_id)


def test_who_is_being_removed_invites_nobody(town: Town) -> None:
    shop, admin, remove = removed(town)
    outcome = beside(
        town,
        remove,
        lambda work: invite.invite(
            work, town.vault, shop.organisation_id, admin, "friend@town.example", ADMIN
        ),
    )
    assert isinstance(outcome.exception(), OrganisationNotFound)


def test_who_is_being_removed_offers_nothing(town: Town) -> None:
    shop, admin, remove = removed(town)
    outcome = beside(
        town,
        remove,
        lambda work: hand_over.offer(work, town.vault, shop.shop_id, admin, "friend@town.example"),
    )
    assert outcome.exception() is not None
    friend = email_key("friend@town.example")
    assert town.look(lambda db: transfers.waiting_for(db, friend, 0)) == []


def test_two_owners_leave(town: Town) -> None:
    one, other = town.user("one"), town.user("other")
    home = town.home(one)
    town.joins(other, home, OWNER)
    outcome = beside(
        town,
        lambda work: leave.remove_member(work, home, one.user_id, one.user_id),
        lambda work: leave.remove_member(work, home, other.user_id, other.user_id),
    )
    assert isinstance(outcome.exception(), LastOwner)
    assert town.role(other, home) is OWNER


def test_two_vendors_register_one_module(town: Town) -> None:
    for name in ("one", "other"):
        town.do(lambda work, name=name: vendors.create_vendor(work, name, town.vault))
    outcome = beside(
        town,
        lambda work: vendors.register_module(work, "one", "ps_thing"),
        lambda work: vendors.register_module(work, "other", "ps_thing"),
    )
    assert isinstance(outcome.exception(), ModuleOfAnotherVendor)


@pytest.mark.parametrize("made_first", [False, True])
def test_an_address_that_is_being_confirmed_elsewhere(town: Town, made_first: bool) -> None:
    user, wanted = town.user("user"), "wanted@town.example"

    def make(work: Work) -> None:
        users.create_user(work, wanted, "")

    def change(work: Work) -> None:
        users.set_email(work, user.user_id, wanted)

    outcome = beside(town, make, change) if made_first else beside(town, change, make)
    assert isinstance(outcome.exception(), UserExists)


def test_the_second_factor_is_turned_on_in_two_windows(town: Town) -> None:
    user = town.user("user")
    secrets = [second_factor.secret_from(bytes([number] * 20)) for number in (1, 2)]

    def turn_on(secret: str) -> Run:
        return lambda work: second_factor.turn_on(
            work, town.vault, user.user_id, secret, pyotp.TOTP(secret).at(work.now)
        )

    assert beside(town, *map(turn_on, secrets)).result() is None
    assert town.look(lambda db: second_factor.codes_left(db, user.user_id)) == second_factor.CODES
    town.do(lambda work: recover.drop_second_factor(work, user.email))
    assert town.do(turn_on(secrets[1]))


def test_recovery_codes_are_made_in_two_windows(town: Town) -> None:
    user = town.user("user")

    def renew(work: Work) -> list[str]:
        return second_factor.renew_recovery_codes(work, town.vault, user.user_id)

    beside(town, renew, renew).result()
    assert town.look(lambda db: second_factor.codes_left(db, user.user_id)) == second_factor.CODES


def test_sessions_end_twice_at_once(town: Town) -> None:
    user = town.user("user")
    for _ in range(2):
        town.do(lambda work: sessions.open_session(work, town.vault, user.user_id, ("pwd",)))

    def end(work: Work) -> None:
        sessions.end_sessions(work, user.user_id)

    beside(town, end, end).result()
    assert len(town.announced("accounts.user.sessions_ended.v1")) == 1
    assert town.audited("session.ended") == 2


def test_an_offer_ends_when_the_store_goes_elsewhere_by_itself(town: Town) -> None:
    """Also when it comes back: what was offered then is not offered now."""
    owner, guest, other = town.user("owner"), town.user("guest"), town.user("other")
    shop = town.shop(owner)
    town.do(lambda work: hand_over.offer(work, town.vault, shop.shop_id, owner, guest.email))
    for user in (other, owner):
        town.do(lambda work, user=user: contact.set_contact(work, shop.shop_id, user.user_id))
    assert town.find(shop).organisation_id == town.home(owner)
    key = email_key(guest.email)
    assert town.look(lambda db: transfers.waiting_for(db, key, 0)) == []


def test_a_store_does_not_stay_with_others_because_its_owner_is_in_no_organisation(
    town: Town,
) -> None:
    owner, alone = town.user("owner"), town.user("alone")
    shop = town.shop(owner)
    home = town.home(alone)
    town.joins(owner, home, OWNER)
    town.do(lambda work: leave.remove_member(work, home, alone.user_id, alone.user_id))
    town.do(lambda work: contact.set_contact(work, shop.shop_id, alone.user_id))
    after = town.find(shop)
    assert after.organisation_id not in (home, town.home(owner))
    mine = town.look(lambda db: members.organisations_of(db, alone.user_id))
    assert [(one.organisation_id, one.role) for one in mine] == [(after.organisation_id, OWNER)]


def test_two_addresses_that_only_look_alike_are_two_people(town: Town) -> None:
    """Whoever has the domain of one could take the invitations of the other."""
    town.do(lambda work: users.create_user(work, "anna@strasse.example", ""))
    for email in ("anna@straße.example", "ﬁ@town.example", "fi@town.example"):
        town.do(lambda work, email=email: users.create_user(work, email, ""))
    for email in ("ANNA@Strasse.Example", "Anna@STRAßE.example"):
        town.refuses(UserExists, lambda work, email=email: users.create_user(work, email, ""))
