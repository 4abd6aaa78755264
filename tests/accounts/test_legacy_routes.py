"""The other routes of `ps_accounts` 5 to 7 (spec/accounts.md §1.6)."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from comptoir.accounts import load_shop
from comptoir.accounts.legacy.link import end_link
from tests.accounts.legacy_world import OWNER, Cloud, cloud, refused
from tests.accounts.old_store import CLIENT, LINK, URL, OldStore, old_store
from tests.conftest import SLICE

OK = (200, {"status": "ok"})


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    with cloud(request.param, tmp_path_factory.mktemp("routes")) as made:
        yield made


@pytest.fixture
def shop(there: Cloud) -> Iterator[OldStore]:
    with old_store() as made:
        made.cloud = there.base
        there.link(made)
        made.calls.clear()
        yield made


def uid(shop: OldStore) -> str:
    found: str = shop.state[CLIENT]["uid"]
    return found


def at(shop: OldStore, owner: str = OWNER) -> str:
    return f"/accounts/v1/user/{owner}/shop/{uid(shop)}"


def described(shop: OldStore, **more: Any) -> dict[str, Any]:
    base = {
        "shopId": "1",
        "name": "Renamed",
        "virtualUri": "",
        "physicalUri": "/shop/",
        "domain": f"127.0.0.1:{shop.port}",
        "sslDomain": "",
        "boBaseUrl": f"http://127.0.0.1:{shop.port}/shop/admin-new/",
    }
    return base | more


def test_a_store_unlinks_itself(there: Cloud, shop: OldStore) -> None:
    shop_id, path = uid(shop), at(shop)
    token = there.v7_tokens(shop)["userToken"]
    answer = there.call("DELETE", path, token, X_Shop_Id=shop_id)
    assert (answer.status, answer.json) == OK
    assert sorted(shop.names) == sorted([("DELETE", CLIENT), ("DELETE", LINK)])
    with there.context.db.reading() as db:
        assert load_shop(db, shop_id).point_of_contact_uuid is None
    # Again, with the token of before: there is nothing to end.
    answer = there.call("DELETE", path, token, X_Shop_Id=shop_id)
    refused(answer, 404, "store-identity/not-linked")


def test_the_owner_before_unlinks_nothing(there: Cloud, shop: OldStore) -> None:
    token = there.v7_tokens(shop)["userToken"]
    there.link(shop, shop_id=uid(shop), owner_id="the-next", owner_email="n@x.example")
    for owner, status, code in (
        (OWNER, 404, "store-identity/not-linked"),
        ("the-next", 404, "store-identity/not-linked"),
    ):
        refused(there.call("DELETE", at(shop, owner), token), status, code)
    with there.context.db.reading() as db:
        assert load_shop(db, uid(shop)).point_of_contact_uuid == "the-next"


def test_only_the_owner_of_that_store(there: Cloud, shop: OldStore) -> None:
    found = there.v7_tokens(shop)
    with old_store() as other:
        other.cloud = there.base
        there.link(other)
        foreign = there.v7_tokens(other)["userToken"]
    base = there.world.context.settings.base
    v8 = there.token(shop.state[CLIENT], f"store/{uid(shop)} {base}/accounts")
    for method, body in (("DELETE", None), ("PATCH", described(shop))):
        # The same person's, but got by another store.
        refused(there.call(method, at(shop), foreign, body), 403, "infra.foreign_store")
        answer = there.call(method, at(shop, "other"), found["userToken"], body)
        refused(answer, 403, "infra.foreign_store")
        answer = there.call(method, at(shop), found["userToken"], body, X_Shop_Id="another")
        refused(answer, 403, "infra.foreign_store")
        for token in (found["shopToken"], shop.state["token"], v8):
            refused(there.call(method, at(shop), token, body), 403, "infra.wrong_kind_of_token")
        refused(there.call(method, at(shop), "a.b.c", body), 401, "infra.token_invalid")
        refused(there.call(method, at(shop), "", body), 401, "infra.token_missing")
    assert shop.calls == []


def test_a_store_tells_its_name_and_its_back_office(there: Cloud, shop: OldStore) -> None:
    token = there.v7_tokens(shop)["userToken"]
    answer = there.call("PATCH", at(shop), token, described(shop), X_Shop_Id=uid(shop))
    assert (answer.status, answer.json) == OK
    with there.context.db.reading() as db:
        found = load_shop(db, uid(shop))
    assert (found.name, found.frontend_url) == ("Renamed", shop.url)
    assert found.back_office_url == f"{shop.url}/admin-new"
    assert shop.calls == []


def test_https_as_soon_as_there_is_a_name_for_it_is_no_move(there: Cloud, shop: OldStore) -> None:
    token = there.v7_tokens(shop)["userToken"]
    body = described(shop, sslDomain=f"127.0.0.1:{shop.port}")
    assert there.call("PATCH", at(shop), token, body).status == 200
    with there.context.db.reading() as db:
        assert load_shop(db, uid(shop)).frontend_url == shop.url
    assert shop.calls == []


def test_a_store_that_moves_must_hold_its_key_there(there: Cloud, shop: OldStore) -> None:
    token = there.v7_tokens(shop)["userToken"]
    with old_store() as moved:
        domain = f"127.0.0.1:{moved.port}"
        answer = there.call("PATCH", at(shop), token, described(shop, domain=domain))
        assert answer.status == 200, answer.text
        assert moved.calls == [("GET", URL, {"shop_id": 1})]
        with there.context.db.reading() as db:
            assert load_shop(db, uid(shop)).frontend_url == moved.url
    with old_store(1) as stranger:
        domain = f"127.0.0.1:{stranger.port}"
        answer = there.call("PATCH", at(shop), token, described(shop, domain=domain))
        refused(answer, 422, "store-identity/store-cannot-be-requested")
    with old_store() as liar:
        liar.domain = "elsewhere.example"
        domain = f"127.0.0.1:{liar.port}"
        answer = there.call("PATCH", at(shop), token, described(shop, domain=domain))
        found = refused(answer, 422, "store-identity/domain-differs")
        assert "elsewhere.example" in found["message"]


def test_a_store_of_version_8_moves_by_its_proof_alone(there: Cloud, shop: OldStore) -> None:
    token = there.v7_tokens(shop)["userToken"]
    assert there.migrate(uid(shop), shop, shop.state["token"]).status == 200
    body = described(shop, domain="elsewhere.example")
    refused(there.call("PATCH", at(shop), token, body), 400, "accounts.identity_invalid")


@pytest.mark.parametrize("kind", ["shopToken", "v7"])
@pytest.mark.parametrize("body", [{"version": "7.2.2", "shopId": 1}, {"version": "7.0.0"}])
def test_a_module_that_was_updated(
    there: Cloud, shop: OldStore, kind: str, body: dict[str, Any]
) -> None:
    token = shop.state["token"] if kind == "v7" else there.v7_tokens(shop)[kind]
    path = "/accounts/v2/shop/module/update"
    answer = there.call("POST", path, token, body, X_Shop_Id=uid(shop))
    assert (answer.status, answer.json) == OK
    with there.context.db.reading() as db:
        assert load_shop(db, uid(shop)).module_version == body["version"]
    owner = there.v7_tokens(shop)["userToken"]
    refused(there.call("POST", path, owner, body), 403, "infra.wrong_kind_of_token")
    refused(there.call("POST", path, "", body), 401, "infra.token_missing")
    refused(there.call("POST", path, token, body, X_Shop_Id="another"), 403, "infra.foreign_store")
    refused(there.call("POST", path, token, {}), 400, "infra.body_unreadable")


def test_a_store_that_is_onboarded_again(there: Cloud, shop: OldStore) -> None:
    token, path = there.v7_tokens(shop)["shopToken"], f"/accounts/v1/shop/{uid(shop)}/reonboard"
    body = {
        "id": "1",
        "name": "Renamed",
        "domain": f"127.0.0.1:{shop.port}",
        "domainSsl": None,
        "physicalUri": "/shop/",
        "virtualUri": "",
        "publicKey": shop.key,
        "employeeId": 3,
    }
    answer = there.call("POST", path, token, body, X_Shop_Id=uid(shop))
    assert (answer.status, answer.json) == OK
    with there.context.db.reading() as db:
        assert load_shop(db, uid(shop)).name == "Renamed"
    other = "/accounts/v1/shop/another/reonboard"
    refused(there.call("POST", other, token, body), 403, "infra.foreign_store")


def test_there_are_no_invitations(there: Cloud) -> None:
    answer = there.call("GET", "/accounts/invitations")
    assert (answer.status, answer.json) == (200, {"invitations": []})


def test_a_base_url_that_ends_in_v1(there: Cloud, shop: OldStore) -> None:
    """Versions 5 and 6: `{base}/v1/` and the route."""
    found = there.v7_tokens(shop)
    token = {"token": found["shopToken"]}
    v1 = "/accounts/v1/"
    for path in ("shop/token/verify", "v1/shop/token/verify", "auth/token/verify"):
        assert there.call("POST", v1 + path, "", token).status == 200, path
    for path in ("shop/token/refresh", "v1/shop/token/refresh"):
        body = {"token": found["shopRefreshToken"]}
        assert there.call("POST", v1 + path, "", body).status == 200, path
    for path in ("invitations", "healthcheck", "v1/healthcheck"):
        assert there.call("GET", v1 + path).status == 200, path
    for path in ("v2/shop/firebase/tokens", "v1/v2/shop/firebase/tokens"):
        assert there.call("GET", v1 + path, shop.state["token"]).status == 200, path
    path = v1 + "v2/shop/module/update"
    assert there.call("POST", path, found["shopToken"], {"version": "6.3.2"}).status == 200
    path = f"{v1}v1/user/{OWNER}/shop/{uid(shop)}"
    assert there.call("PATCH", path, found["userToken"], described(shop)).status == 200
    path = f"{v1}user/{OWNER}/shop/{uid(shop)}"
    assert there.call("DELETE", path, found["userToken"]).status == 200
    refused(there.call("GET", v1 + "v3/x"), 404, "not_found")


def test_who_is_unlinked_while_it_tells_where_it_is_stays_unlinked(
    there: Cloud, shop: OldStore
) -> None:
    token, shop_id, path = there.v7_tokens(shop)["userToken"], uid(shop), at(shop)
    with old_store() as moved:

        def unlinks() -> web.Response:
            with there.context.db.begin("tests") as work:
                end_link(work, shop_id)
            domain = f"127.0.0.1:{moved.port}"
            return web.json_response({"domain": domain, "domain_ssl": domain})

        moved.broken["GET", URL] = unlinks
        body = described(shop, domain=f"127.0.0.1:{moved.port}")
        refused(there.call("PATCH", path, token, body), 401, "infra.token_invalid")
    with there.context.db.reading() as db:
        after = load_shop(db, shop_id)
    assert (after.verified, after.frontend_url) == (False, shop.url)
