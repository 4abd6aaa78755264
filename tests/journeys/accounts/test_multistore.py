"""Each shop of a multistore for itself (spec/accounts.md §4.3)."""

from tests.accounts.pages.browser import person
from tests.journeys.accounts.stage import stage
from tests.server import Server


def test_each_shop_has_its_identity_client_status_and_contact(each: Server) -> None:
    one, two = (person(each, f"{name}@multistore.example") for name in ("one", "two"))
    with stage(each, shops=3) as there:
        store = there.install()
        shops = store.shops
        assert len({shop.shop_id for shop in shops}) == 3
        assert len({shop.client_id for shop in shops}) == 3
        asked = [c["params"]["shop_id"] for c in store.calls]
        assert asked == ["1", "2", "3"]
        there.contact(shops[1], one)
        there.contact(shops[2], two)
        found = [shop["shopStatus"] for shop in there.context(shops[0])]
        assert [status["isVerified"] for status in found] == [True] * 3
        assert [status["frontendUrl"] for status in found] == [shop.front for shop in shops]
        assert [status["pointOfContactEmail"] for status in found] == [None, one.email, two.email]
        for shop in shops:
            own = there.run(store.module.token(shop))
            path = f"/accounts/v1/shop-identities/{shop.shop_id}/status"
            assert each.get(path, token=own).status == 200
            other = next(o for o in shops if o is not shop)
            path = f"/accounts/v1/shop-identities/{other.shop_id}/status"
            assert each.get(path, token=own).status == 403


def test_a_shop_that_was_added_waits_for_the_button(comptoir: Server) -> None:
    with stage(comptoir, shops=2) as there:
        store = there.install()
        added = store.module.add_shop("A third")
        (_, _, told) = there.context(store.accounts)
        assert told["shopStatus"]["cloudShopId"] is None
        assert there.press(added, "fallbackCreateIdentity") == {"success": True}
        found = there.status(added)
        assert (found["isVerified"], found["frontendUrl"]) == (True, added.front)


def test_a_shop_that_is_deleted_is_not_told_of(comptoir: Server) -> None:
    with stage(comptoir, shops=2) as there:
        store = there.install()
        gone = store.shops[1]
        shop_id = str(gone.shop_id)
        store.module.remove_shop(gone)
        assert gone.shop_id is None
        assert comptoir.quick_cli("store", "show", shop_id)["isVerified"] is True
        assert len(there.context(store.accounts)) == 1
