"""From modules 5 to 7 to 8, in place (spec/accounts.md §1.3.6, §4.6)."""

import pytest

from comptoir.simulator import StoreError
from tests.simulator.stage import Stage, played
from tests.simulator.test_association import give_client, link_5, link_7

BASE = "/accounts/v1/shop-identities"


def paths(there: Stage) -> list[str]:
    return [path for _, path, _, _ in there.cloud.asked]


def test_module_7_migrates_by_its_own_token() -> None:
    async def scenario(there: Stage) -> None:
        await link_7(there)
        await give_client(there)
        await there.store.upgrade("7.2.3")
        there.cloud.asked.clear()
        there.cloud.bodies.clear()
        await there.store.upgrade("8.0.13")
        assert paths(there) == [
            "/.well-known/openid-configuration",
            "/oauth2/token",
            f"{BASE}/uid-1/migrate",
        ]
        assert there.cloud.bodies[1].endswith("&scope=&audience=shop_uid-1")
        method, _, headers, body = there.cloud.asked[-1]
        assert method == "PUT" and "X-Action-Origin" not in headers
        assert headers["X-Shop-Id"] == "uid-1" and headers["X-Module-Version"] == "8.0.13"
        assert headers["X-Module-Source"] == "ps_accounts"
        assert body == {
            "backOfficeUrl": there.store.back_office_url,
            "frontendUrl": there.store.frontend_url,
            "multiShopId": 1,
            "name": there.store.name,
            "fromVersion": "7.2.3",
            "proof": there.store.accounts.proof,
        }
        assert (there.store.shop_id, there.store.client_id) == ("uid-1", "client-new")
        assert there.store.accounts.registered_version == "8.0.13"
        assert await there.store.access_token()
        assert "shop.verified" in there.cloud.bodies[-1]

    played(scenario, accounts_version="7.2.2")


@pytest.mark.parametrize("version", ["5.6.2", "6.3.2"])
def test_modules_5_and_6_migrate_by_a_refreshed_token(version: str) -> None:
    async def scenario(there: Stage) -> None:
        await link_5(there)
        there.cloud.asked.clear()
        await there.store.upgrade("8.0.13")
        assert paths(there) == ["/accounts/v1/shop/token/refresh", f"{BASE}/uid-1/migrate"]
        assert there.cloud.asked[0][2]["X-Shop-Id"] == "uid-1"
        assert there.cloud.asked[0][3] == {"token": "refresh-shop"}
        assert there.cloud.asked[-1][3]["fromVersion"] == "0"
        assert there.store.client_secret == "n" * 40
        assert await there.store.access_token()

    played(scenario, accounts_version=version)


def test_what_the_cloud_never_heard_of_gets_a_new_identity() -> None:
    async def scenario(there: Stage) -> None:
        await link_7(there)
        await give_client(there)
        there.cloud.migrate_error = "store-identity/store-legacy-not-found"
        await there.store.upgrade("8.0.13")
        assert there.store.shop_id == "shop-1"
        assert there.cloud.asked[-1][1] == f"{BASE}/shop-1/verify"
        assert there.cloud.asked[-1][2]["X-Action-Origin"] == "upgrade"

    played(scenario, accounts_version="7.2.2")


def test_any_other_refusal_leaves_it_unmigrated() -> None:
    async def scenario(there: Stage) -> None:
        await link_7(there)
        await give_client(there)
        there.cloud.migrate_error = "store-identity/migration-failed"
        with pytest.raises(StoreError, match="migration-failed"):
            await there.store.upgrade("8.0.13")
        assert there.store.shop_id == "uid-1"
        assert there.store.accounts.registered_version == "0"
        there.cloud.migrate_error = ""
        await there.store.module.reset()
        assert there.store.accounts.registered_version == "8.0.13"

    played(scenario, accounts_version="7.2.2")


def test_a_store_that_was_never_linked_is_simply_made() -> None:
    async def scenario(there: Stage) -> None:
        await there.store.upgrade("8.0.13")
        assert there.cloud.asked[0][1] == BASE and there.store.shop_id == "shop-1"

    played(scenario, accounts_version="6.3.2")


def test_module_7_tells_its_version_and_unlinks_itself_when_refused() -> None:
    async def scenario(there: Stage) -> None:
        await link_5(there)
        there.cloud.advance(there.cloud.token_seconds)
        there.cloud.asked.clear()
        await there.store.upgrade("7.2.2")
        assert paths(there) == [
            "/accounts/v1/shop/token/refresh",
            "/accounts/v2/shop/module/update",
        ]
        _, _, headers, body = there.cloud.asked[-1]
        assert body == {"version": "7.2.2", "shopId": "1"}
        assert headers["X-Shop-Id"] == "uid-1" and headers["Authorization"].startswith("Bearer ey")
        many = len(there.cloud.asked)
        await there.store.upgrade("7.2.2")
        assert len(there.cloud.asked) == many
        there.cloud.legacy.update_status = 400
        await there.store.upgrade("7.2.3")
        assert there.store.shop_id is None

    played(scenario, accounts_version="6.3.2")
