"""The health check of ps_accounts 8 (spec/accounts.md §2.1)."""

from typing import Any

from tests.simulator.stage import Stage, played


async def health(there: Stage, **query: str) -> dict[str, Any]:
    params = {"fc": "module", "module": "ps_accounts", "controller": "apiV2ShopHealthCheck"}
    url = f"{there.store.frontend_url}/index.php"
    async with there.http.get(url, params=params | query) as answer:
        assert answer.status == 200
        return dict(await answer.json(content_type=None))


def test_it_tells_the_truth_about_the_cloud() -> None:
    async def scenario(there: Stage) -> None:
        told = await health(there)
        assert told["accountsApiConnectivity"] is True and told["oauthApiConnectivity"] is True
        assert told["isSsoEnabled"] is False
        assert told["oauthToken"]["issuer"] == there.cloud.url
        assert told["env"]["accountsApiUrl"] == f"{there.cloud.url}/accounts/"
        there.store.module.enable_login()
        there.cloud.health_status = 503
        told = await health(there)
        assert told["accountsApiConnectivity"] is False and told["isSsoEnabled"] is True

    played(scenario)


def test_autoheal_fetches_the_legacy_tokens() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.legacy.contact = {"email": "a@b.c"}
        told = await health(there)
        assert told["firebaseShopToken"] == [] and told["firebaseOwnerToken"] == []
        told = await health(there, autoheal="1")
        assert told["firebaseShopToken"]["isExpired"] is False
        assert told["firebaseOwnerToken"]["isExpired"] is False

    played(scenario)


def test_stores_of_one_simulation_may_have_different_modules() -> None:
    async def scenario(there: Stage) -> None:
        versions = [store.module.of.version for store in there.sim.stores]
        assert versions == ["8.0.13", "6.3.2", "8.0.13"]
        assert [store.shop_id for store in there.sim.stores] == ["shop-1", None, "shop-2"]
        params = {"fc": "module", "module": "ps_accounts", "controller": "apiV2ShopHealthCheck"}
        url = f"{there.sim.stores[1].frontend_url}/index.php"
        async with there.http.get(url, params=params) as answer:
            assert answer.status == 404

    played(scenario, stores=3, accounts_version=("8.0.13", "6.3.2"))
