"""Each error code of spec/accounts.md §1.3, as bytes, and those that are never sent."""

import re

import pytest

from comptoir.app.wiring import all_endpoints
from comptoir.infra.http.failures import possible
from tests.accounts.fake_store import PROOF, FakeStore, says
from tests.accounts.wire.raw import (
    CAUSE,
    COMMON,
    FORM,
    JSON,
    Raw,
    at,
    create,
    described,
    form,
    own,
    php,
    send,
    store_token,
)
from tests.fixtures import REPO
from tests.server import Identity, Server

PROBLEMS = (REPO / "docs/reference/problems.md").read_text("utf-8")
SENT = {
    "store-identity/store-cannot-be-requested": {"verifyShopIdentity", "migrateShopIdentity"},
    "store-identity/proof-invalid": {"verifyShopIdentity"},
    "store-identity/migration-failed": {"migrateShopIdentity"},
    "store-identity/store-legacy-not-found": {"migrateShopIdentity"},
    "store-identity/unable-to-set-point-of-contact": {"setPointOfContact"},
}
"""Code → operations of version 8 that answer with it."""
LOCAL = [
    "store-identity/unable-to-create-shop-identity",
    "store-identity/unable-to-verify-shop-identity",
    "store-identity/unable-to-retrieve-shop-status",
    "store-identity/unable-to-migrate-shop-identity",
    "store-identity/unable-to-update-back-office-url",
    "store-identity/unable-to-get-deprecated-tokens",
    "store/unable-to-refresh-shop-token",
    "connect-error",
    "connect_error",
    "accounts-api/connect-error",
    "oauth-server/connect-error",
    "unknown-error",
]
"""What the module says by itself, of an answer that it did not get or could not read."""
IDENTITIES = "/accounts/v1/shop-identities"


def verify(server: Server, store: Identity, url: str, proof: str = PROOF) -> Raw:
    headers = own(store, store_token(server, store)) | CAUSE | JSON
    return send(server, "POST", at(store, "verify"), headers, php(described(url, proof=proof)))


def test_store_cannot_be_requested(comptoir: Server, shop: FakeStore) -> None:
    store = create(comptoir, shop.url)
    shop.reply = says("<h1>No</h1>", 403, "text/html", Server="wall")
    told = verify(comptoir, store, shop.url)
    assert (told.status, told.headers["content-type"]) == (422, "application/json")
    assert told.body == (
        b'{"error":"store-identity/store-cannot-be-requested",'
        b'"message":"Store cannot be requested",'
        b'"reason":"Request failed with status code 403",'
        b'"response":{"status":403,"data":"<h1>No</h1>",'
        b'"headers":{"server":"wall","content-type":"text/html; charset=utf-8"}}}'
    )
    nobody = verify(comptoir, store, "http://127.0.0.1:1")
    assert (nobody.status, set(nobody.json)) == (422, {"error", "message", "reason"})


def test_proof_invalid(comptoir: Server, shop: FakeStore) -> None:
    store = create(comptoir, shop.url)
    told = verify(comptoir, store, shop.url, "f" * 64)
    assert told.status == 400
    assert told.json["error"] == "store-identity/proof-invalid"
    assert set(told.json) == {"error", "message", "reason"}
    assert all(isinstance(value, str) for value in told.json.values())


def legacy_token(server: Server, store: Identity) -> str:
    bearer = COMMON | {"Authorization": f"Bearer {store_token(server, store)}"}
    token: str = send(server, "GET", at(store, "tokens"), bearer).json["shop"]["token"]
    return token


def test_migration_failed(comptoir: Server, shop: FakeStore) -> None:
    store = create(comptoir, shop.url)
    body = php(described(shop.url, fromVersion="7.2.2", proof="f" * 64))
    headers = own(store, legacy_token(comptoir, store)) | JSON
    told = send(comptoir, "PUT", at(store, "migrate"), headers, body)
    assert (told.status, told.json["error"]) == (400, "store-identity/migration-failed")
    assert set(told.json) == {"error", "message", "reason"}


def test_store_legacy_not_found(comptoir: Server) -> None:
    body, gone = php({"token": "s.gone.lr_nothing"}), {"X-Shop-Id": "gone"}
    told = send(comptoir, "POST", "/accounts/v1/shop/token/refresh", COMMON | JSON | gone, body)
    assert (told.status, told.json["error"]) == (404, "store-identity/store-legacy-not-found")
    assert isinstance(told.json["message"], str)


@pytest.mark.parametrize("jwt", ["", "x", "a.b.c", "own"])
def test_unable_to_set_point_of_contact(comptoir: Server, jwt: str) -> None:
    store = create(comptoir, "http://shop.example")
    token = store_token(comptoir, store)
    body = php({"pointOfContactJWT": token if jwt == "own" else jwt})
    told = send(comptoir, "POST", at(store, "point-of-contact"), own(store, token) | JSON, body)
    assert told.status == 400
    assert told.json["error"] == "store-identity/unable-to-set-point-of-contact"
    assert set(told.json) == {"error", "message", "reason"}


def test_a_body_that_is_none(comptoir: Server) -> None:
    """An answer that the module can show: error and message are text."""
    for body in (b"", b"{", b"[]", b'{"frontendUrl":7}', b'{"frontendUrl":"ftp:\\/\\/x"}'):
        told = send(comptoir, "POST", IDENTITIES, COMMON | CAUSE | JSON, body)
        assert told.status == 400, told
        assert isinstance(told.json["error"], str) and isinstance(told.json["message"], str)
    for path in (f"{IDENTITIES}/x/status", "/accounts/v1/nothing"):
        told = send(comptoir, "GET", path, COMMON)
        assert told.status in (401, 404)
        assert isinstance(told.json["error"], str) and isinstance(told.json["message"], str)


def test_the_token_endpoint_refuses(comptoir: Server) -> None:
    store = create(comptoir, "http://shop.example")
    asked = {
        "grant_type": "client_credentials",
        "client_id": store.client_id,
        "client_secret": store.client_secret,
        "scope": "shop.verified",
        "audience": f"store/{store.shop_id} {comptoir.base}/accounts",
    }
    told = send(comptoir, "POST", "/oauth2/token", COMMON | FORM, form(**asked))
    assert (told.status, told.json["error"]) == (400, "invalid_scope")
    assert "shop.verified" in told.json["error_description"]
    assert set(told.json) == {"error", "error_description"}
    wrong = asked | {"client_secret": "cs_wrong", "scope": ""}
    told = send(comptoir, "POST", "/oauth2/token", COMMON | FORM, form(**wrong))
    assert (told.status, told.json["error"]) == (401, "invalid_client")
    assert set(told.json) == {"error", "error_description"}


def test_which_operation_answers_with_which_code() -> None:
    found: dict[str, set[str]] = {code: set() for code in SENT}
    for endpoint in all_endpoints():
        if "/shop-identities" in endpoint.path:
            for problem in possible(endpoint):
                if problem.code in found:
                    found[problem.code].add(endpoint.name)
    assert found == SENT


@pytest.mark.parametrize("code", LOCAL)
def test_what_only_the_module_says(code: str) -> None:
    """Sent by a server it would be read as no answer (§1.1)."""
    codes = set(re.findall(r"[\w./-]+", PROBLEMS))
    assert code not in codes
    assert {problem.code for e in all_endpoints() for problem in possible(e)}.isdisjoint({code})


def test_the_codes_that_are_sent_are_in_the_reference() -> None:
    assert [code for code in SENT if code not in PROBLEMS] == []
