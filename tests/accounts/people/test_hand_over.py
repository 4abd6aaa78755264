"""A store is given by who may, to who accepts, or to nobody; each time it is announced."""

import json
from datetime import timedelta

import pytest

from comptoir.accounts import hand_over
from comptoir.accounts.errors import ShopNotFound
from comptoir.accounts.legacy.link import end_link
from comptoir.accounts.people import transfers, waiting
from comptoir.accounts.people.errors import (
    OrganisationNotFound,
    RoleTooLow,
    TransferNotFound,
    UserNotFound,
)
from comptoir.accounts.people.rules import Role, Transfer, User, email_key
from comptoir.accounts.rules import Shop
from comptoir.infra.work import Work
from tests.accounts.people.conftest import Town

OWNER, ADMIN, MEMBER = Role
CHANGED = "accounts.shop.owner_changed.v1"
DAY = timedelta(days=1)


def offer(town: Town, shop: Shop, by: User, email: str) -> Transfer:
    return town.do(lambda work: hand_over.offer(work, town.vault, shop.shop_id, by, email))[1]


def waits(town: Town, user: User) -> list[str]:
    now = int(town.clock.now().timestamp() * 1000)
    found = town.look(lambda db: transfers.waiting_for(db, email_key(user.email), now))
    return [one.transfer_id for one in found]


def test_who_is_offered_a_store_takes_it_over(town: Town) -> None:
    owner, guest, other = town.user("owner"), town.user("guest"), town.user("other")
    shop = town.shop(owner)
    made = offer(town, shop, owner, "Guest@town.example")
    assert town.find(shop) == shop
    assert waits(town, guest) == [made.transfer_id]

    def accept(user: User, where: str) -> hand_over.HandedOver:
        return town.do(lambda work: hand_over.accept(work, user, made.transfer_id, where))

    with pytest.raises(TransferNotFound):
        accept(other, town.home(other))
    with pytest.raises(OrganisationNotFound):
        accept(guest, town.home(other))
    town.joins(guest, town.home(other), MEMBER)
    with pytest.raises(RoleTooLow):
        accept(guest, town.home(other))

    handed = accept(guest, town.home(guest))
    assert [one.email for one in handed.told] == [owner.email]
    changed = town.find(shop)
    assert changed == handed.shop
    assert changed.organisation_id == town.home(guest)
    assert changed.point_of_contact_uuid == guest.user_id
    assert changed.point_of_contact_email == guest.email
    assert [json.loads(body) for body in town.announced(CHANGED)] == [
        {
            "shop_id": shop.shop_id,
            "owner_uuid": guest.user_id,
            "previous_owner_uuid": owner.user_id,
            "organisation_id": town.home(guest),
            "previous_organisation_id": town.home(owner),
        }
    ]
    with pytest.raises(TransferNotFound):
        accept(guest, town.home(guest))
    town.refuses(
        ShopNotFound,
        lambda work: hand_over.may_unlink(work, shop.shop_id, owner.user_id),
    )


def test_an_offer_ends_when_it_is_declined_withdrawn_or_late(town: Town) -> None:
    owner, guest = town.user("owner"), town.user("guest")
    shop = town.shop(owner)
    offer(town, shop, owner, guest.email)
    town.do(lambda work: hand_over.withdraw_offer(work, shop.shop_id, owner.user_id))
    assert waits(town, guest) == []

    def withdraw_none() -> None:
        town.refuses(
            TransferNotFound,
            lambda work: hand_over.withdraw_offer(work, shop.shop_id, owner.user_id),
        )

    withdraw_none()
    made = offer(town, shop, owner, guest.email)
    town.do(lambda work: hand_over.decline(work, guest, made.transfer_id))
    town.refuses(TransferNotFound, lambda work: hand_over.decline(work, guest, made.transfer_id))

    offer(town, shop, owner, guest.email)
    town.clock.advance(7 * DAY)
    assert waits(town, guest) == []
    withdraw_none()
    assert town.audited("store.offer_withdrawn") == 1
    town.do(waiting.forget)


def test_a_store_is_offered_to_one_at_a_time_while_it_is_there(town: Town) -> None:
    owner, guest, other = town.user("owner"), town.user("guest"), town.user("other")
    shop = town.shop(owner)
    offer(town, shop, owner, other.email)
    made = offer(town, shop, owner, guest.email)
    assert (len(waits(town, other)), waits(town, guest)) == (0, [made.transfer_id])

    town.do(lambda work: hand_over.transfer_now(work, shop.shop_id, other.email))
    assert waits(town, guest) == []
    assert town.audited("store.offer_withdrawn") == 2
    assert town.find(shop).organisation_id == town.home(other)
    town.refuses(
        UserNotFound,
        lambda work: hand_over.transfer_now(work, shop.shop_id, "nobody@town.example"),
    )


def test_who_may_give_a_store_away(town: Town) -> None:
    owner, admin, member, stranger = (town.user(n) for n in ("owner", "admin", "member", "other"))
    shop = town.shop(owner)
    town.joins(admin, shop.organisation_id, ADMIN)
    town.joins(member, shop.organisation_id, MEMBER)

    for user, refused in ((member, RoleTooLow), (stranger, ShopNotFound)):
        with pytest.raises(refused):
            offer(town, shop, user, "new@town.example")
        for run in (hand_over.may_unlink, hand_over.withdraw_offer):
            with pytest.raises(refused):
                town.do(lambda work, run=run, user=user: run(work, shop.shop_id, user.user_id))
        with pytest.raises(refused):
            town.do(
                lambda work, user=user: hand_over.move(work, shop.shop_id, user, town.home(user))
            )
    offer(town, shop, admin, "new@town.example")
    assert town.announced(CHANGED) == []


def test_unlinking_leaves_it_as_it_is_but_nobodys(town: Town) -> None:
    owner, guest = town.user("owner"), town.user("guest")
    shop = town.shop(owner)
    offer(town, shop, owner, guest.email)

    def unlink(work: Work) -> None:
        hand_over.may_unlink(work, shop.shop_id, owner.user_id)
        end_link(work, shop.shop_id)

    town.do(unlink)
    changed = town.find(shop)
    assert (changed.point_of_contact_uuid, changed.point_of_contact_email) == (None, None)
    assert (changed.verified, changed.client_id) == (shop.verified, shop.client_id)
    assert changed.organisation_id != shop.organisation_id
    assert len(town.announced(CHANGED)) == 1
    assert waits(town, guest) == []
    assert town.audited("store.offer_withdrawn") == 1
    town.refuses(ShopNotFound, unlink)


def test_moving_between_organisations_of_ones_own(town: Town) -> None:
    owner, other = town.user("owner"), town.user("other")
    shop = town.shop(owner)
    theirs = town.home(other)

    def move(user: User) -> Shop:
        return town.do(lambda work: hand_over.move(work, shop.shop_id, user, theirs))

    with pytest.raises(OrganisationNotFound):
        move(owner)
    town.joins(owner, theirs, MEMBER)
    with pytest.raises(RoleTooLow):
        move(owner)
    town.joins(other, shop.organisation_id, ADMIN)
    changed = move(other)
    assert changed.organisation_id == theirs
    assert changed.point_of_contact_uuid == owner.user_id, "a member there too"

    with pytest.raises(RoleTooLow):
        town.do(lambda work: hand_over.move(work, shop.shop_id, owner, town.home(owner)))
