"""A link that somebody else is at, and one whose process is gone (spec/accounts.md §4.8)."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from comptoir.accounts import LinkWanted, all_shops, find_client, forget, link, load_shop
from comptoir.accounts.legacy.errors import LinkRefused, LinkUnderWay
from comptoir.accounts.legacy.link import OVER_MS, Begun, _begin, _finish
from comptoir.accounts.tables import client as clients
from comptoir.accounts.tables import pending_link
from comptoir.base.errors import Problem
from comptoir.infra.http.context import Context
from tests.accounts.legacy_world import EMAIL, OWNER, Cloud, cloud, place
from tests.accounts.old_store import CLIENT, LINK, OldStore, old_store
from tests.conftest import SLICE

OVER = timedelta(milliseconds=OVER_MS)


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    with cloud(request.param, tmp_path_factory.mktemp("pending")) as made:
        yield made


@pytest.fixture
def shop(there: Cloud) -> Iterator[OldStore]:
    with old_store() as made:
        made.cloud = there.base
        yield made


def wanted(shop: OldStore, shop_id: str = "") -> LinkWanted:
    return LinkWanted(place(shop), shop.key, OWNER, EMAIL, 3, shop_id)


def begin(there: Cloud, what: LinkWanted) -> Begun:
    """As much as a process that is killed before the store answers."""
    there.has_account(what)
    with there.context.db.begin(f"user:{what.owner_id}") as work:
        return _begin(work, what, there.context.vault)


def tidy(there: Cloud) -> None:
    with there.context.db.begin("system") as work:
        forget(work)


def rows(there: Cloud, table: Any) -> list[Any]:
    with there.context.db.reading() as db:
        return list(db.execute(table.select()))


def test_while_somebody_is_at_it_nobody_else_links_that_store(there: Cloud, shop: OldStore) -> None:
    first = there.link(shop)
    begin(there, wanted(shop, first.shop_id))
    for shop_id in (first.shop_id, ""):
        with pytest.raises(LinkUnderWay) as refused:
            there.link(shop, shop_id=shop_id)
        assert "in a minute" in refused.value.detail()

    there.world.clock.advance(OVER)
    again = there.link(shop, shop_id=first.shop_id)

    assert again.verified and shop.state[CLIENT]["client_id"] == again.client_id
    assert there.asked(shop.state[CLIENT], f"shop_{again.shop_id}") == 200
    assert "store.link_failed" in there.audited(first.shop_id)
    assert not rows(there, pending_link)


def test_what_was_made_for_a_link_that_never_ended_goes(there: Cloud, shop: OldStore) -> None:
    with there.context.db.reading() as db:
        before = {one.shop_id for one in all_shops(db)}
    begun = begin(there, wanted(shop))
    tidy(there)
    assert rows(there, pending_link), "not before its time"

    there.world.clock.advance(OVER)
    tidy(there)

    with there.context.db.reading() as db:
        assert {one.shop_id for one in all_shops(db)} == before
    assert begun.credentials.client_id not in {row.client_id for row in rows(there, clients)}
    assert not rows(there, pending_link)


def test_a_known_store_whose_link_never_ended_is_nobodys(there: Cloud, shop: OldStore) -> None:
    """As when the store refuses: its new client may have reached it, or not."""
    first = there.link(shop)
    other = replace(wanted(shop, first.shop_id), owner_id="Aa" * 14, owner_email="new@shop.example")
    begun = begin(there, other)

    there.world.clock.advance(OVER)
    tidy(there)

    with there.context.db.reading() as db:
        after = load_shop(db, first.shop_id)
        stored = find_client(db, begun.credentials.client_id)
    assert after.point_of_contact_uuid is None and not after.verified
    assert after.organisation_id != first.organisation_id
    assert stored is not None and stored.revoked_at is not None
    assert there.topics(first.shop_id)[-1] == "accounts.shop.unlinked.v1"
    linked = there.link(shop, shop_id=first.shop_id)
    assert (linked.shop_id, linked.verified) == (first.shop_id, True)


def test_what_is_unlinked_meanwhile_is_not_linked_after_it(there: Cloud, shop: OldStore) -> None:
    first = there.link(shop)

    def unlinks() -> web.Response:
        """Before the store takes its client, its owner thinks better of it."""
        with ThreadPoolExecutor(1) as beside:
            beside.submit(there.unlink, first.shop_id).result()
        return web.json_response({"success": True})

    shop.broken["POST", LINK] = unlinks
    shop.broken["DELETE", CLIENT] = shop.broken["DELETE", LINK] = lambda: web.Response(status=500)
    with pytest.raises(LinkRefused):
        there.link(shop, shop_id=first.shop_id)

    with there.context.db.reading() as db:
        after = load_shop(db, first.shop_id)
    assert (after.verified, after.point_of_contact_uuid) == (False, None)


def test_who_comes_too_late_changes_nothing(there: Cloud, shop: OldStore) -> None:
    late = begin(there, wanted(shop))
    there.world.clock.advance(OVER)
    made = there.link(shop)

    with pytest.raises(LinkRefused), there.context.db.begin("test") as work:
        _finish(work, late, wanted(shop), lambda *_: None)

    with there.context.db.reading() as db:
        assert load_shop(db, made.shop_id) == made


def test_of_two_at_once_one_is_told_to_wait_and_the_store_has_what_holds(
    there: Cloud, shop: OldStore
) -> None:
    first = there.link(shop)

    async def three(context: Context) -> list[Any]:
        asked = (
            link(context, wanted(shop, shop_id)) for shop_id in (first.shop_id, "", first.shop_id)
        )
        return await asyncio.gather(*asked, return_exceptions=True)

    found = there.play(three)
    (won,) = [one for one in found if not isinstance(one, Problem)]
    assert [type(one) for one in found if isinstance(one, Problem)] == [LinkUnderWay] * 2
    assert shop.state[CLIENT]["client_id"] == won.client_id
    assert there.asked(shop.state[CLIENT], f"shop_{won.shop_id}") == 200
