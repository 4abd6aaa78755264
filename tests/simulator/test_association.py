"""Stores with modules 5 to 7, linked and unlinked (spec/accounts.md §1.6, §2.4, §4.8)."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from comptoir.simulator import StoreError
from comptoir.simulator.accounts.store_keys import PUBLIC_KEY
from tests.simulator.browser import browser
from tests.simulator.stage import Stage, played

OLD = ("5.6.2", "6.3.2")
ALL = (*OLD, "7.2.2")


def handed_over(there: Stage) -> list[dict[str, Any]]:
    """What the accounts UI reads in the link."""
    base, _, packed = there.store.module.onboarding_link().partition("?shops=")
    assert base == f"{there.cloud.url}/account"
    return list(json.loads(base64.b64decode(packed)))


def signed(secret: str, claims: dict[str, Any], alg: str = "HS256") -> str:
    """By the text of the public key, as anybody's JWT library would."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": alg, "typ": "JWT"}, claims)
    ]
    mac = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, base64.urlsafe_b64encode(mac).decode().rstrip("=")])


async def knock(
    there: Stage, controller: str, verb: str = "GET", key: str | None = None, **claims: Any
) -> tuple[int, Any]:
    secret = handed_over(there)[0]["publicKey"] if key is None else key
    headers = {"X-PrestaShop-Signature": signed(secret, claims)}
    query = {"fc": "module", "module": "ps_accounts", "controller": controller}
    url = f"{there.store.frontend_url}/index.php"
    async with there.http.request(verb, url, params=query, headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text.startswith("{") else None


def key_of(there: Stage) -> str:
    return there.store.accounts.shop.get(PUBLIC_KEY)


async def link_7(there: Stage) -> None:
    key = key_of(there)
    claims = {"uid": "uid-1", "owner_uid": "user-1", "owner_email": "ada@shop.example"}
    status, told = await knock(
        there, "apiV1ShopLinkAccount", "POST", key, shop_id="1", employee_id="1", **claims
    )
    assert (status, told["message"]) == (200, "Link Account stored successfully")


async def give_client(there: Stage) -> None:
    key = key_of(there)
    claims = {"client_id": "client-7", "client_secret": "s" * 40, "uid": "uid-1"}
    assert (await knock(there, "apiV1ShopOauth2Client", "POST", key, shop_id="1", **claims))[
        0
    ] == 200


async def link_5(there: Stage) -> None:
    claims = {
        "shop_token": there.cloud.firebase("uid-1"),
        "shop_refresh_token": "refresh-shop",
        "user_token": there.cloud.firebase("user-1", email="ada@shop.example"),
        "user_refresh_token": "refresh-user",
        "employee_id": "1",
    }
    key = key_of(there)
    status, _ = await knock(there, "apiV1ShopLinkAccount", "POST", key, shop_id="1", **claims)
    assert status == 200


@pytest.mark.parametrize("version", ALL)
def test_the_link_hands_over_key_domain_and_employee(version: str) -> None:
    async def scenario(there: Stage) -> None:
        store = there.store
        (shop,) = handed_over(there)
        domain = there.sim.url.partition("://")[2]
        key = shop.pop("publicKey")
        assert key == key_of(there)
        assert key.startswith("-----BEGIN RSA PUBLIC KEY-----\r\n")
        assert key.endswith("\r\n-----END RSA PUBLIC KEY-----")
        assert shop == {
            "id": "1",
            "name": store.name,
            "domain": domain,
            "domainSsl": "",
            "physicalUri": "/shop1/",
            "virtualUri": "",
            "frontUrl": f"{store.frontend_url}/",
            "uuid": None,
            "employeeId": "1",
            "user": {"uuid": None, "email": None, "emailIsValidated": False},
            "url": (
                f"{store.back_office_url}/index.php?controller=AdminModules&configure=ps_accounts"
            ),
            "isLinkedV4": False,
            "unlinkedAuto": False,
            "multishop": False,
            "moduleName": "ps_accounts",
            "psVersion": store.version,
            "moduleVersion": version,
        }
        assert there.cloud.asked == [], "an install tells nobody"

    played(scenario, accounts_version=version)


@pytest.mark.parametrize("version", ALL)
def test_the_url_is_told_to_who_has_the_key(version: str) -> None:
    async def scenario(there: Stage) -> None:
        status, told = await knock(there, "apiV1ShopUrl", shop_id="1")
        assert status == 200
        assert told == {
            "domain": there.sim.url.partition("://")[2],
            "domain_ssl": "",
            "physical_uri": "/shop1/",
            "virtual_uri": "",
            "ssl_activated": False,
        }
        unauthorized = (401, {"error": True, "message": "Unauthorized"})
        assert await knock(there, "apiV1ShopUrl", key="other", shop_id="1") == unauthorized
        key = key_of(there)
        assert await knock(there, "apiV1ShopUrl", key=key.replace("\r", ""), shop_id="1") == (
            unauthorized
        ), "the text counts, line ends and all"
        assert await knock(there, "apiV1ShopUrl", shop_id="2") == unauthorized
        assert await knock(there, "apiV1ShopUrl") == unauthorized
        assert (await knock(there, "apiV1ShopUrl", shop_id="1"))[0] == 200
        assert (await knock(there, "apiV1ShopUrl", "DELETE", shop_id="1"))[0] == 405
        status = (await knock(there, "apiV1ShopHmac", shop_id="1", hmac="h"))[0]
        assert status == (404 if version.startswith("7") else 200)
        assert await knock(there, "apiV2ShopProof", shop_id="1") == (404, None)

    played(scenario, accounts_version=version)


def test_module_7_is_linked_by_names_and_asks_for_a_token_at_once() -> None:
    async def scenario(there: Stage) -> None:
        await link_7(there)
        assert there.store.shop_id == "uid-1" and there.cloud.asked == []
        assert handed_over(there) == []
        await give_client(there)
        assert [path for _, path, _, _ in there.cloud.asked] == [
            "/.well-known/openid-configuration",
            "/oauth2/token",
        ]
        assert there.cloud.bodies[-1] == (
            f"grant_type=client_credentials&client_id=client-7&client_secret={'s' * 40}"
            "&scope=&audience=shop_uid-1"
        )
        status, told = await knock(there, "apiV1ShopToken", key=key_of(there), shop_id="1")
        assert status == 200 and told["refresh_token"] == "refresh-shop"
        assert there.cloud.asked[-1][1] == "/accounts/v2/shop/firebase/tokens"
        assert there.cloud.asked[-1][2]["Authorization"].startswith("Bearer ey")
        token = await there.store.access_token()
        many = len(there.cloud.asked)
        assert await there.store.access_token() == token and len(there.cloud.asked) == many

    played(scenario, accounts_version="7.2.2")


def test_without_a_client_within_a_minute_module_7_unlinks_itself() -> None:
    async def scenario(there: Stage) -> None:
        await link_7(there)
        there.cloud.advance(60)
        with pytest.raises(StoreError, match="OAuth2 client not configured"):
            await there.store.access_token()
        assert there.store.shop_id == "uid-1"
        there.cloud.advance(1)
        with pytest.raises(StoreError, match="Invalid OAuth2 client"):
            await there.store.access_token()
        assert there.store.shop_id is None
        (shop,) = handed_over(there)
        assert shop["unlinkedAuto"] is True and shop["uuid"] is None
        await link_7(there)
        await give_client(there)
        there.cloud.advance(61)
        assert await there.store.access_token()
        assert not there.store.association.unlinked_by_itself

    played(scenario, accounts_version="7.2.2")


@pytest.mark.parametrize("version", OLD)
def test_modules_5_and_6_are_linked_by_tokens_that_they_have_checked(version: str) -> None:
    async def scenario(there: Stage) -> None:
        await link_5(there)
        assert [path for _, path, _, _ in there.cloud.asked] == [
            "/accounts/v1/shop/token/verify",
            "/accounts/auth/token/verify",
        ]
        assert list(there.cloud.asked[0][3]) == ["token"]
        association = there.store.association
        assert (there.store.shop_id, association.owner) == ("uid-1", "user-1")
        there.cloud.legacy.verify_status = 401
        await link_5(there)
        assert [path for _, path, _, _ in there.cloud.asked[2:]] == [
            "/accounts/v1/shop/token/verify",
            "/accounts/v1/shop/token/refresh",
            "/accounts/auth/token/verify",
            "/accounts/auth/token/refresh",
        ]
        assert there.cloud.asked[3][2]["X-Shop-Id"] == "uid-1"
        assert there.cloud.asked[3][3] == {"token": "refresh-shop"}
        await give_client(there)
        assert len(there.cloud.asked) == 6, "no token by OAuth before 7"

    played(scenario, accounts_version=version)


def test_three_refused_refreshes_unlink_modules_5_and_6() -> None:
    async def scenario(there: Stage) -> None:
        await link_5(there)
        key = key_of(there)
        there.cloud.advance(there.cloud.token_seconds)
        token = await there.store.access_token()
        assert token and there.cloud.asked[-1][1] == "/accounts/v1/shop/token/refresh"
        there.cloud.advance(there.cloud.token_seconds)
        there.cloud.legacy.refresh_status = 401
        for left in (True, True, False):
            with pytest.raises(StoreError):
                await there.store.access_token()
            assert (there.store.shop_id is not None) is left
        assert handed_over(there)[0]["unlinkedAuto"] is True
        assert key_of(there) != key, "and a new key pair is made"

    played(scenario, accounts_version="5.6.2")


@pytest.mark.parametrize("version", ALL)
def test_the_cloud_unlinks(version: str) -> None:
    async def scenario(there: Stage) -> None:
        await (link_7 if version.startswith("7") else link_5)(there)
        await give_client(there)
        key = key_of(there)
        client = await knock(there, "apiV1ShopOauth2Client", "DELETE", key, shop_id="1")
        assert client == (204, None) and there.store.client_id is None
        link = await knock(there, "apiV1ShopLinkAccount", "POST", key, shop_id="1", method="DELETE")
        assert link == (204, None), "the claims may name another verb"
        assert there.store.shop_id is None
        assert handed_over(there)[0]["unlinkedAuto"] is False
        assert (key_of(there) == key) is version.startswith("7")

    played(scenario, accounts_version=version)


@pytest.mark.parametrize("version", ALL)
def test_the_employee_unlinks_and_the_answer_is_handed_on(version: str) -> None:
    async def scenario(there: Stage) -> None:
        await (link_7 if version.startswith("7") else link_5)(there)
        await give_client(there)
        there.cloud.legacy.unlink_status = 403
        heard = await there.store.association.ask_unlink()
        assert (heard.status, heard.json) == (403, {"gone": True})
        method, path, headers, _ = there.cloud.asked[-1]
        assert (method, path) == ("DELETE", "/accounts/v1/user/user-1/shop/uid-1")
        assert headers["X-Shop-Id"] == "uid-1" and headers["Authorization"].startswith("Bearer ey")
        assert there.store.shop_id == "uid-1", "the cloud does the rest"

    played(scenario, accounts_version=version)


def test_a_new_address_and_an_old_association_are_told() -> None:
    async def scenario(there: Stage) -> None:
        await link_5(there)
        association = there.store.association
        await association.tell_address()
        method, path, _, body = there.cloud.asked[-1]
        assert (method, path) == ("PATCH", "/accounts/v1/user/user-1/shop/uid-1")
        assert body == {
            "shopId": "1",
            "name": there.store.name,
            "virtualUri": "",
            "physicalUri": "/shop1/",
            "domain": there.sim.url.partition("://")[2],
            "sslDomain": "",
            "boBaseUrl": there.store.back_office_url,
        }
        await association.reonboard()
        assert there.cloud.asked[-1][:2] == ("POST", "/accounts/v1/shop/uid-1/reonboard")

    played(scenario, accounts_version="6.3.2")


def test_the_module_page_has_the_link() -> None:
    async def scenario(there: Stage) -> None:
        admin = f"{there.store.back_office_url}/index.php?controller="
        async with browser() as person:
            who = {"email": "staff0.1@shop.example", "passwd": "prestashop"}
            await person.post(f"{admin}AdminLogin", **who)
            page = await person.get(f"{admin}AdminModules&configure=ps_accounts")
        assert page.link("Link") == there.store.module.onboarding_link()
        shown = page.text.partition("window.contextPsAccounts = ")[2].partition(";</script>")[0]
        context = json.loads(shown)
        assert context["psAccountsVersion"] == "5.6.2"
        assert "component_params_init" not in context
        assert context["shops"][0]["shops"][0]["publicKey"] == key_of(there)

    played(scenario, accounts_version="5.6.2")


def test_a_bad_request_and_a_failure() -> None:
    async def scenario(there: Stage) -> None:
        key = handed_over(there)[0]["publicKey"]
        status, told = await knock(there, "apiV1ShopLinkAccount", "POST", key, shop_id="1")
        assert status == 400 and told["error"] is True
        await link_7(there)
        there.cloud.client_status = 401
        claims = {"shop_id": "1", "client_id": "c", "client_secret": "s"}
        assert await knock(there, "apiV1ShopOauth2Client", "POST", key, **claims) == (
            500,
            {"error": True, "message": "Failed processing your request"},
        )

    played(scenario, accounts_version="7.2.2")
