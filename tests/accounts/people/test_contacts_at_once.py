"""Points of contact are members of their store's organisation, with the address that they have,
whoever does what at the same time; who was removed does not come back."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from comptoir.accounts import contact, hand_over, leave, store
from comptoir.accounts.people import invitations, invite, organise, users
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import InvitationNotFound, OrganisationNotFound
from comptoir.accounts.people.rules import Role, User, email_key
from comptoir.accounts.rules import Shop
from comptoir.infra.work import Work
from tests.accounts.people.conftest import Town
from tests.accounts.people.test_at_once import beside

OWNER, ADMIN, MEMBER = Role


def stands(town: Town, shop: Shop, person: User) -> None:
    """The store has a point of contact who is a member, and is not this person, who is none."""
    after = town.find(shop)
    assert after.point_of_contact_uuid
    if after.point_of_contact_uuid == person.user_id:
        assert town.role(person, after.organisation_id) is not None


def test_who_accepts_a_store_while_being_removed(town: Town) -> None:
    owner, boss, guest = town.user("owner"), town.user("boss"), town.user("guest")
    shop, there = town.shop(owner), town.home(boss)
    town.joins(guest, there, ADMIN)
    _, made = town.do(
        lambda work: hand_over.offer(work, town.vault, shop.shop_id, owner, guest.email)
    )
    beside(
        town,
        lambda work: hand_over.accept(work, guest, made.transfer_id, there),
        lambda work: leave.remove_member(work, there, boss.user_id, guest.user_id),
    ).result()
    stands(town, shop, guest)
    assert town.find(shop).organisation_id == there


def test_who_becomes_point_of_contact_while_being_removed(town: Town) -> None:
    boss, guest = town.user("boss"), town.user("guest")
    shop, there = town.shop(boss), town.home(boss)
    town.joins(guest, there, MEMBER)

    def becomes(work: Work) -> None:
        contact.set_contact(work, shop.shop_id, guest.user_id)

    def removes(work: Work) -> None:
        leave.remove_member(work, there, boss.user_id, guest.user_id)

    beside(town, becomes, removes).result()
    stands(town, shop, guest)


def test_a_point_of_contact_who_is_no_member_takes_the_store_along(town: Town) -> None:
    """When the store says so once more, it mends itself."""
    boss, guest = town.user("boss"), town.user("guest")
    shop = town.shop(boss)
    town.do(lambda work: contact.give(work, shop, town.home(boss), guest.user_id, guest.email))
    town.do(lambda work: contact.set_contact(work, shop.shop_id, guest.user_id))
    stands(town, shop, guest)


@pytest.mark.parametrize("removed_first", [False, True])
def test_who_moves_a_store_while_being_removed_from_there(town: Town, removed_first: bool) -> None:
    owner, boss = town.user("owner"), town.user("boss")
    shop, there = town.shop(owner), town.home(boss)
    town.joins(owner, there, ADMIN)

    def moves(work: Work) -> None:
        hand_over.move(work, shop.shop_id, owner, there)

    def removes(work: Work) -> None:
        leave.remove_member(work, there, boss.user_id, owner.user_id)

    outcome = beside(town, removes, moves) if removed_first else beside(town, moves, removes)
    assert isinstance(outcome.exception(), OrganisationNotFound) is removed_first
    after, kept = town.find(shop), (shop.organisation_id, owner.user_id)
    found = (after.organisation_id, after.point_of_contact_uuid)
    assert found == (kept if removed_first else (there, boss.user_id))


@pytest.mark.parametrize("way", ["given", "moved"])
def test_who_gives_a_store_away_waits_for_its_owner_first(town: Town, way: str) -> None:
    """As where their address changes, which goes on to their stores: nobody waits for who waits
    for them."""
    owner = town.user("owner")
    shop = town.shop(owner)
    other = town.do(lambda work: organise.create_organisation(work, owner, "other"))
    admin = town.user("admin")
    for where in (shop.organisation_id, other):
        town.joins(admin, where, ADMIN)

    def gives(work: Work) -> None:
        if way == "given":
            hand_over.transfer_now(work, shop.shop_id, owner.email)
        else:
            hand_over.move(work, shop.shop_id, admin, other)

    with ThreadPoolExecutor(1) as thread:
        with town.db.begin("first") as work:
            people.lock_person(work.db, owner.user_id)
            outcome = thread.submit(town.do, gives)
            wait([outcome], timeout=0.3)
            store.take_shop(work.db, shop.shop_id)
        outcome.result()
    assert town.find(shop).organisation_id == (other if way == "moved" else town.home(owner))


def test_an_address_changes_while_they_become_point_of_contact(town: Town) -> None:
    boss, guest = town.user("boss"), town.user("guest")
    shop = town.shop(boss)

    def becomes(work: Work) -> None:
        contact.set_contact(work, shop.shop_id, guest.user_id)

    def changes(work: Work) -> None:
        users.set_email(work, guest.user_id, "new@town.example")

    beside(town, becomes, changes).result()
    assert town.find(shop).point_of_contact_email == "new@town.example"
    town.do(lambda work: contact.set_contact(work, shop.shop_id, boss.user_id))
    beside(town, lambda work: users.set_email(work, guest.user_id, "newer@town.example"), becomes)
    assert town.find(shop).point_of_contact_email == "newer@town.example"


def test_an_heirs_address_changes_while_they_inherit(town: Town) -> None:
    boss, guest = town.user("boss"), town.user("guest")
    there = town.home(boss)
    town.joins(guest, there, MEMBER)
    shop = town.shop(boss)
    town.do(lambda work: contact.set_contact(work, shop.shop_id, guest.user_id))
    beside(
        town,
        lambda work: users.set_email(work, boss.user_id, "new@town.example"),
        lambda work: leave.remove_member(work, there, boss.user_id, guest.user_id),
    ).result()
    after = town.find(shop)
    assert (after.point_of_contact_uuid, after.point_of_contact_email) == (
        boss.user_id,
        "new@town.example",
    )


def test_who_loses_a_role_finds_no_invitation_to_it(town: Town) -> None:
    owner, bob = town.user("owner"), town.user("bob")
    home, address = town.home(owner), "bob@newer.example"
    town.do(lambda work: invite.invite(work, town.vault, home, owner, address, ADMIN))
    town.joins(bob, home, ADMIN)
    town.do(lambda work: users.set_email(work, bob.user_id, address))
    town.do(lambda work: organise.set_role(work, home, owner.user_id, bob.user_id, MEMBER))
    assert not town.look(lambda db: invitations.waiting_for(db, email_key(address), 0))
    assert town.role(bob, home) is MEMBER


def test_who_is_removed_finds_no_invitation_to_come_back(town: Town) -> None:
    """Invited at two addresses, they have come by one and have the other now."""
    owner, bob = town.user("owner"), town.user("bob")
    home, address = town.home(owner), "bob@new.example"
    town.do(lambda work: invite.invite(work, town.vault, home, owner, address, ADMIN))
    town.joins(bob, home, MEMBER)
    town.do(lambda work: users.set_email(work, bob.user_id, address))
    (waiting,) = town.look(lambda db: invitations.waiting_for(db, email_key(address), 0))

    town.do(lambda work: leave.remove_member(work, home, owner.user_id, bob.user_id))

    assert not town.look(lambda db: invitations.waiting_for(db, email_key(address), 0))
    there = replace(bob, email=address)
    town.refuses(
        InvitationNotFound,
        lambda work: invite.accept(work, there, waiting.invitation_id),
    )
    assert town.audited("organisation.invitation_withdrawn") == 1
    assert town.role(bob, home) is None
