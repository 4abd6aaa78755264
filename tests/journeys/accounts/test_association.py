"""Linking by the page, and the ends of it (spec/accounts.md §4.8)."""

import pytest

from comptoir.simulator.accounts.association import Association
from tests.accounts.pages.browser import person, words
from tests.accounts.records import audited
from tests.journeys.accounts.old import linked, links_its_stores, unlinks
from tests.journeys.accounts.stage import stage
from tests.server import Server

VERSIONS = ("7.2.2", "6.3.2", "5.6.2")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_page_links_a_store(each: Server, version: str) -> None:
    ada = person(each, f"ada.{version}@association.example")
    with stage(each, accounts_version=version) as there:
        store = linked(there, ada)
        shown = there.truth(store)
        assert (shown["isVerified"], shown["pointOfContactEmail"]) == (True, ada.email)
        assert shown["frontendUrl"] == store.frontend_url
        assert shown["backOfficeUrl"] == store.back_office_url
        assert store.client_id and store.client_secret
        assert there.run(store.access_token())
        assert there.run(store.association.owner_token())
        there.clock.pass_seconds(3700)
        assert there.run(store.association.firebase_token()), "renewed"
        assert there.run(store.association.owner_token()), "renewed"


def test_all_shops_of_a_multistore_at_once(comptoir: Server) -> None:
    bea = person(comptoir, "bea@association.example")
    with stage(comptoir, accounts_version="7.2.2", shops=2) as there:
        store = linked(there, bea)
        assert all(shop.shop_id for shop in store.shops)
        assert len({shop.shop_id for shop in store.shops}) == 2
        assert there.walker().get(store.module.onboarding_link()).status in (200, 302, 303)


def test_a_store_that_is_away_is_not_linked(comptoir: Server) -> None:
    cid = person(comptoir, "cid@association.example")
    with stage(comptoir, accounts_version="7.2.2") as there:
        store, walker = there.install(), there.walker()
        assert walker.sign_in(cid).status == 303
        with there.away(store):
            answer = links_its_stores(there, walker, store)
        assert answer.status == 422
        assert "could not be reached" in words(answer)
        assert not store.association.linked
        assert links_its_stores(there, walker, store).status == 200, "tried again"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_store_ends_it(each: Server, version: str) -> None:
    dan = person(each, f"dan.{version}@association.example")
    with stage(each, accounts_version=version) as there:
        store = linked(there, dan)
        shop_id = str(store.shop_id)
        token = there.run(store.access_token())
        heard = there.run(store.association.ask_unlink())
        assert heard.status == 200
        assert not store.association.linked and not store.association.unlinked_by_itself
        assert store.client_id is None
        shown = each.quick_cli("store", "show", shop_id)
        assert (shown["isVerified"], shown["pointOfContactUuid"]) == (False, None)
        assert each.get("/sync-api/job/x", token=token).status == 401, "its tokens ended too"
        linked(there, dan, store)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_ends_it(comptoir: Server, version: str) -> None:
    eli = person(comptoir, f"eli.{version}@association.example")
    with stage(comptoir, accounts_version=version) as there:
        store = linked(there, eli)
        shop_id = str(store.shop_id)
        unlinks(comptoir, shop_id, eli)
        assert not store.association.linked and not store.association.unlinked_by_itself
        assert "store.unlinked" in dict(audited(comptoir, shop_id))


def test_a_store_that_does_not_hear_of_it_finds_out(comptoir: Server) -> None:
    """Version 7 when it tells its new version, 5 and 6 at the third refused refresh."""
    fay = person(comptoir, "fay@association.example")
    with stage(comptoir, stores=2, accounts_version=("7.2.2", "6.3.2")) as there:
        seven, six = (linked(there, fay, store) for store in there.sim.stores)
        for store in (seven, six):
            with there.away(store):
                unlinks(comptoir, str(store.shop_id), fay)
            assert store.association.linked
        there.clock.pass_seconds(3700)
        for _ in range(3):
            there.fails(six.association.firebase_token())
        assert six.association.unlinked_by_itself and not six.association.linked
        there.fails(seven.association.firebase_token())


def test_without_a_client_in_60_seconds_the_store_unlinks_itself(comptoir: Server) -> None:
    with stage(comptoir, accounts_version="7.2.2") as there:
        store = there.install()
        told = {"uid": "some-uid", "owner_uid": "o", "owner_email": "o@x.example"}
        there.run(Association(store.accounts).link(told))
        there.clock.pass_seconds(30)
        there.fails(store.access_token())
        assert store.association.linked
        there.clock.pass_seconds(31)
        there.fails(store.access_token())
        assert store.association.unlinked_by_itself and not store.association.linked


def test_a_store_that_cannot_use_its_client_is_not_linked(comptoir: Server) -> None:
    """It asks for a token as soon as it has one; what it has taken is taken back."""
    gil = person(comptoir, "gil@association.example")
    with stage(comptoir, accounts_version="7.2.2") as there:
        store, walker = there.install(), there.walker()
        assert walker.sign_in(gil).status == 303
        oauth = store.accounts.oauth
        there.run(oauth.discovery())
        cached = store.module.of.db.files["openid-configuration.json"]
        cached.text = cached.text.replace("/oauth2/token", "/oauth2/nothing")
        answer = links_its_stores(there, walker, store)
        assert answer.status == 422
        assert "apiV1ShopOauth2Client" in words(answer)
        assert not store.association.linked and not store.client_id
        assert comptoir.quick_cli("store", "list") is not None
        oauth.forget_files()
        assert links_its_stores(there, walker, store).status == 200
