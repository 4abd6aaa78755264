"""What the front-end component calls in the back office (spec/accounts.md §2.2, §5.3)."""

import json
from dataclasses import replace
from typing import Any

import pytest

from comptoir.simulator.accounts import admin_token
from tests.simulator.browser import browser
from tests.simulator.stage import Stage, played


async def call(
    there: Stage, action: str, method: str = "GET", token: str | None = None, **params: str
) -> tuple[int, Any, dict[str, str]]:
    admin = there.store.back_office_url
    given = admin_token.issue(there.store.module.of) if token is None else token
    query = {"controller": "AdminAjaxV2PsAccounts", "ajax": "1", "action": action} | params
    headers = {"X-PrestaShop-Authorization": f"Bearer {given}", "Origin": there.cloud.url}
    url = f"{admin}/index.php"
    async with there.http.request(method, url, params=query, headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text else None, dict(answer.headers)


def test_the_context_has_every_shop_with_its_status_and_links() -> None:
    async def scenario(there: Stage) -> None:
        status, told, headers = await call(there, "getContext", context_type="1", context_id="1")
        assert status == 200
        assert headers["Access-Control-Allow-Origin"] == there.cloud.url
        assert told["ps_accounts"] == {
            "last_succeeded_upgrade_version": "8.0.13",
            "module_version_from_files": "8.0.13",
        }
        (group,) = told["groups"]
        assert (group["id"], group["name"]) == (1, "Default")
        first, second = group["shops"]
        front, admin = there.store.frontend_url, there.store.back_office_url
        ajax = f"{admin}/index.php?controller=AdminAjaxV2PsAccounts&ajax=1&action"
        assert first == {
            "id": 1,
            "name": there.store.name,
            "backOfficeUrl": admin,
            "frontendUrl": front,
            "shopStatus": {
                "cloudShopId": "shop-1",
                "isVerified": True,
                "frontendUrl": front,
                "backOfficeUrl": admin,
                "shopVerificationErrorCode": "",
                "pointOfContactUuid": None,
                "pointOfContactEmail": None,
                "createdAt": "2026-01-01T00:00:00+00:00",
                "updatedAt": "2026-01-01T00:00:00+00:00",
                "verifiedAt": "2026-01-01T00:00:01+00:00",
                "unverifiedAt": None,
            },
            "identifyPointOfContactUrl": (
                f"{admin}/index.php?controller=AdminOAuth2PsAccounts"
                "&action=identifyPointOfContact&source=ps_accounts&shop_id=1"
            ),
            "fallbackCreateIdentityUrl": (
                f"{ajax}=fallbackCreateIdentity&shop_id=1&source=ps_accounts"
            ),
            "renewIdentityUrl": f"{ajax}=renewIdentity&shop_id=1&source=ps_accounts",
            "updateIdentityUrl": f"{ajax}=updateIdentity&shop_id=1&source=ps_accounts",
        }
        assert second["id"] == 2 and second["shopStatus"]["cloudShopId"] == "shop-2"

    played(scenario, shops=2)


def test_only_refresh_asks_the_cloud_again_at_once() -> None:
    async def scenario(there: Stage) -> None:
        await call(there, "getContext")
        there.cloud.asked.clear()
        await call(there, "getContext")
        assert there.cloud.asked == []
        await call(there, "getContext", refresh="1", source="ps_checkout")
        assert there.cloud.asked[0][2]["X-Module-Source"] == "ps_checkout"

    played(scenario)


def test_a_shop_without_identity_is_told_of_too_and_made_by_verify() -> None:
    async def scenario(there: Stage) -> None:
        _, told, _ = await call(there, "getContext")
        shop = told["groups"][0]["shops"][0]
        assert shop["shopStatus"]["cloudShopId"] is None
        assert shop["shopStatus"]["frontendUrl"] == there.store.frontend_url
        answer = await call(there, "fallbackCreateIdentity", "POST", shop_id="1", source="ps_mbo")
        assert answer[:2] == (200, {"success": True})
        create, verify = there.cloud.asked[0], there.cloud.asked[-1]
        for _, _, headers, body in (create, verify):
            assert headers["X-Action-Origin"] == "fallback"
            assert headers["X-Module-Source"] == "ps_mbo"
            assert body["multiShopId"] == "1", "text, in AJAX calls"

    played(scenario, installed=False)


def test_update_and_renew() -> None:
    async def scenario(there: Stage) -> None:
        there.store.move("moved")
        assert (await call(there, "updateIdentity", shop_id="1"))[1] == {"success": True}
        assert there.store.shop_id == "shop-1"
        assert there.cloud.asked[-1][2]["X-Action-Origin"] == "mismatch_update"
        assert (await call(there, "renewIdentity", shop_id="1"))[1] == {"success": True}
        assert there.store.shop_id == "shop-2"
        assert there.cloud.asked[-1][2]["X-Action-Origin"] == "mismatch_create"

    played(scenario)


def test_who_has_no_token_is_told_no() -> None:
    async def scenario(there: Stage) -> None:
        of = there.store.module.of
        good = admin_token.issue(of)
        assert admin_token.claims_of(good).keys() == {"iat", "exp"}
        foreign = admin_token.hs256({"exp": 99_999_999_999}, "another secret")
        for token in ("", "x", "a.b.c", good[:-3] + "AAA", foreign):
            status, told, _ = await call(there, "getContext", token=token)
            assert (status, told["code"]) == (401, "unauthorized")
        there.cloud.advance(3601)
        assert (await call(there, "getContext", token=good))[0] == 401

    played(scenario)


def test_preflights() -> None:
    async def scenario(there: Stage) -> None:
        status, told, headers = await call(there, "getContext", "OPTIONS", token="")
        assert (status, told) == (204, None)
        assert headers["Access-Control-Max-Age"] == "86400"
        assert "X-Prestashop-Authorization" in headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Methods" not in headers
        assert "Access-Control-Allow-Credentials" not in headers
        assert "Access-Control-Allow-Origin" in headers
        url = f"{there.store.back_office_url}/index.php?controller=AdminAjaxV2PsAccounts"
        async with there.http.options(url, headers={"Origin": "https://evil.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers

    played(scenario)


def test_errors_have_the_clouds_code_and_details() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.verify_status = 422
        status, told, _ = await call(there, "updateIdentity", shop_id="1")
        assert (status, told["code"]) == (400, "store-identity/proof-invalid")
        assert told["message"] == "Store cannot be requested"
        assert told["details"] == "403 <h1>no</h1>"
        assert (await call(there, "updateIdentity"))[1]["code"] == "unknown-error"
        there.cloud.advance(there.cloud.token_seconds)
        there.cloud.client_status = 401
        status, told, _ = await call(there, "updateIdentity", shop_id="1")
        assert (status, told["code"]) == (500, "unknown-error")

    played(scenario)


@pytest.mark.parametrize(
    ("port", "code"),
    [("accounts", "accounts-api/connect-error"), ("oauth", "oauth-server/connect-error")],
)
def test_a_cloud_that_is_not_there(port: str, code: str) -> None:
    async def scenario(there: Stage) -> None:
        world = there.sim._world
        name = "accounts_api_url" if port == "accounts" else "oauth2_url"
        if port == "oauth":
            there.cloud.advance(24 * 3600)
        world.cloud = replace(world.cloud, **{name: "http://127.0.0.1:9/"})
        status, told, _ = await call(there, "updateIdentity", shop_id="1")
        assert (status, told["code"]) == (400, code)

    played(scenario)


def test_the_private_calls_need_an_employee() -> None:
    async def scenario(there: Stage) -> None:
        admin = f"{there.store.back_office_url}/index.php?controller="
        ajax = f"{admin}AdminAjaxPsAccounts&action="
        async with browser() as person:
            assert "AdminLogin" in (await person.step(f"{ajax}getOrRefreshToken")).hops[0]
            who = {"email": "staff0.1@shop.example", "passwd": "prestashop"}
            await person.post(f"{admin}AdminLogin", **who)
            told = json.loads((await person.get(f"{ajax}getOrRefreshToken")).text)
            assert told["refreshToken"] == "refresh-shop" and told["token"].count(".") == 2
            told = json.loads((await person.get(f"{ajax}getOrRefreshAccessToken")).text)
            assert told == {"token": None}
            assert json.loads((await person.get(f"{ajax}getNotifications")).text) == []
            told = json.loads((await person.get(f"{ajax}resetModule")).text)
            assert told == {"status": True}
            there.store.move("moved")
            admin = admin.replace("shop1", "moved")
            await person.post(f"{admin}AdminLogin", **who)
            page = await person.get(f"{admin}AdminAjaxPsAccounts&action=getNotifications")
            (notice,) = json.loads(page.text)
            assert "alert-warning" in notice["html"]

    played(scenario)
