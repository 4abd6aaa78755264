"""A link is finished while its person is removed from the organisation, or gets another address."""

import pytest

from comptoir.accounts import LinkWanted, leave
from comptoir.accounts.close import close_account
from comptoir.accounts.errors import AccountInUse
from comptoir.accounts.legacy.errors import LinkRefused
from comptoir.accounts.legacy.link import _begin, _finish
from comptoir.accounts.people import users
from comptoir.accounts.people.rules import Role
from comptoir.infra.work import Work
from tests.accounts.people.conftest import Town
from tests.accounts.people.test_at_once import PLACE, Run, beside

NEW = "new@town.example"


@pytest.mark.parametrize("linked_first", [False, True])
def test_a_link_is_finished_meanwhile(town: Town, linked_first: bool) -> None:
    boss, guest = town.user("boss"), town.user("guest")
    shop, there = town.shop(boss), town.home(boss)
    town.joins(guest, there, Role.MEMBER)
    wanted = LinkWanted(PLACE, "a key", guest.user_id, guest.email, shop_id=shop.shop_id)

    def run(other: Run) -> None:
        begun = town.do(lambda work: _begin(work, wanted, town.vault))

        def finish(work: Work) -> None:
            _finish(work, begun, wanted, lambda *_: None)

        first, second = (finish, other) if linked_first else (other, finish)
        beside(town, first, second).result()

    run(lambda work: users.set_email(work, guest.user_id, NEW))
    assert town.find(shop).point_of_contact_email == NEW

    run(lambda work: leave.remove_member(work, there, boss.user_id, guest.user_id))
    after = town.find(shop)
    mine, theirs = (there, boss.user_id), (town.home(guest), guest.user_id)
    found = (after.organisation_id, after.point_of_contact_uuid)
    assert found == (mine if linked_first else theirs)


@pytest.mark.parametrize("linked_first", [False, True])
def test_an_account_is_closed_meanwhile(town: Town, linked_first: bool) -> None:
    """Nobody becomes the owner of a store who has no account any more."""
    boss, guest = town.user("boss"), town.user("guest")
    shop = town.shop(boss)
    wanted = LinkWanted(PLACE, "a key", guest.user_id, guest.email, shop_id=shop.shop_id)
    begun = town.do(lambda work: _begin(work, wanted, town.vault))

    def finish(work: Work) -> None:
        _finish(work, begun, wanted, lambda *_: None)

    def shut(work: Work) -> None:
        close_account(work, guest.user_id)

    late = beside(town, *((finish, shut) if linked_first else (shut, finish)))
    assert isinstance(late.exception(), AccountInUse if linked_first else LinkRefused)
    if linked_first:
        assert town.find(shop).point_of_contact_uuid == guest.user_id


def test_an_account_that_is_closed_takes_no_store_from_its_owner(town: Town) -> None:
    boss, guest = town.user("boss"), town.user("guest")
    shop = town.shop(boss)
    wanted = LinkWanted(PLACE, "a key", guest.user_id, guest.email, shop_id=shop.shop_id)
    town.do(lambda work: close_account(work, guest.user_id))
    town.refuses(LinkRefused, lambda work: _begin(work, wanted, town.vault))
    assert town.find(shop) == shop
