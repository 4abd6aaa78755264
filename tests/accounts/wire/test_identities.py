"""The accounts API on the wire (spec/accounts.md §1.3)."""

import re
import socket

import pytest

from tests.accounts.fake_store import PROOF, FakeStore
from tests.accounts.oidc import person_token
from tests.accounts.pages.browser import person
from tests.accounts.wire.raw import (
    CAUSE,
    COMMON,
    JSON,
    REQUEST_ID,
    answer,
    at,
    create,
    described,
    head,
    own,
    php,
    send,
    store_token,
)
from tests.server import PATIENCE, Server

URL = "http://shop.example/fr"
CREATE = "/accounts/v1/shop-identities"
WHEN = r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"'
PHP_STORES = re.compile(r"[A-Za-z0-9._~-]+")
"""What `Configuration::updateValue` and the recovery form leave as it is."""


@pytest.mark.parametrize("number", [1, "1"])
def test_create(comptoir: Server, number: object) -> None:
    body = php(described(URL, number))
    assert b'"frontendUrl":"http:\\/\\/shop.example\\/fr"' in body
    made = send(comptoir, "POST", CREATE, COMMON | CAUSE | JSON, body)
    assert made.status == 201
    assert made.headers["content-type"] == "application/json"
    assert made.headers["x-request-id"] == REQUEST_ID
    assert made.headers["cache-control"] == "no-store"
    assert list(made.json) == ["cloudShopId", "clientId", "clientSecret"]
    shop_id, client_id, secret = made.json.values()
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", shop_id)
    assert PHP_STORES.fullmatch(client_id) and PHP_STORES.fullmatch(secret)
    assert 16 <= len(secret) <= 72


def test_create_with_a_name_that_php_escapes(comptoir: Server) -> None:
    body = b'{"backOfficeUrl":"","frontendUrl":"http:\\/\\/x.example","multiShopId":1,"name":"'
    body += b'Caf\\u00e9 \\/ \\ud83d\\ude00"}'
    made = send(comptoir, "POST", CREATE, COMMON | CAUSE | JSON, body)
    assert made.status == 201
    shown = comptoir.quick_cli("store", "show", made.json["cloudShopId"])
    assert shown["name"] == "Café / \U0001f600"


@pytest.mark.parametrize(
    "path", ["/accounts//v1/shop-identities", "//accounts/v1//shop-identities", CREATE + "/"]
)
def test_slashes_too_many(comptoir: Server, path: str) -> None:
    made = send(comptoir, "POST", path, COMMON | CAUSE | JSON, php(described(URL)))
    assert made.status == 201, made


def test_a_body_after_the_server_said_to_go_on(comptoir: Server) -> None:
    body = php(described(URL))
    expecting = {"Expect": "100-continue", "Content-Length": str(len(body))}
    with socket.create_connection(("127.0.0.1", comptoir.port), PATIENCE) as wire:
        wire.sendall(head(comptoir, "POST", CREATE, COMMON | CAUSE | JSON | expecting))
        assert wire.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(body)
        assert answer(wire).status == 201


def test_status_before_and_after(comptoir: Server, shop: FakeStore) -> None:
    store = create(comptoir, shop.url)
    headers = own(store, store_token(comptoir, store))
    before = send(comptoir, "GET", at(store, "status"), headers)
    assert (before.status, before.headers["content-type"]) == (200, "application/json")
    known = (
        f'"frontendUrl":"{shop.url}","backOfficeUrl":"{shop.url}/admin-dev",'
        '"shopVerificationErrorCode":"","pointOfContactUuid":null,"pointOfContactEmail":null,'
    )
    assert re.fullmatch(
        re.escape(f'{{"cloudShopId":"{store.shop_id}","isVerified":false,{known}')
        + f'"createdAt":{WHEN},"updatedAt":{WHEN},"verifiedAt":null,"unverifiedAt":null}}',
        before.body.decode(),
    )
    body = php(described(shop.url, "1", proof=PROOF))
    done = send(comptoir, "POST", at(store, "verify"), headers | CAUSE | JSON, body)
    assert (done.status, done.body) == (204, b"")
    after = send(comptoir, "GET", at(store, "status"), headers)
    assert re.fullmatch(
        re.escape(f'{{"cloudShopId":"{store.shop_id}","isVerified":true,{known}')
        + f'"createdAt":{WHEN},"updatedAt":{WHEN},"verifiedAt":{WHEN},"unverifiedAt":null}}',
        after.body.decode(),
    )


@pytest.mark.parametrize("number", [1, "1"])
def test_the_back_office_by_the_bearer_alone(comptoir: Server, number: object) -> None:
    store = create(comptoir, URL)
    headers = COMMON | {"Authorization": f"Bearer {store_token(comptoir, store)}"} | JSON
    body = php({"backOfficeUrl": "http://shop.example/admin77", "multiShopId": number})
    for _ in range(2):
        done = send(comptoir, "PUT", at(store, "back-office-url"), headers, body)
        assert (done.status, done.body) == (204, b"")
    token = store_token(comptoir, store)
    found = send(comptoir, "GET", at(store, "status"), own(store, token)).json
    assert found["backOfficeUrl"] == "http://shop.example/admin77"


def test_the_point_of_contact_and_its_legacy_tokens(comptoir: Server) -> None:
    who = person(comptoir, "poc@wire.example")
    store = create(comptoir, URL)
    token = store_token(comptoir, store)
    bearer = COMMON | {"Authorization": f"Bearer {token}"}
    alone = send(comptoir, "GET", at(store, "tokens"), bearer)
    assert alone.status == 200 and list(alone.json) == ["shop"]
    got = person_token(comptoir, store, f"{URL}/admin-dev", who)
    body = php({"pointOfContactJWT": got["access_token"]})
    done = send(comptoir, "POST", at(store, "point-of-contact"), own(store, token) | JSON, body)
    assert (done.status, done.body) == (204, b"")
    found = send(comptoir, "GET", at(store, "status"), own(store, token)).json
    assert (found["pointOfContactUuid"], found["pointOfContactEmail"]) == (who.user_id, who.email)
    both = send(comptoir, "GET", at(store, "tokens"), bearer)
    assert list(both.json) == ["shop", "pointOfContact"]
    for pair in both.json.values():
        assert list(pair) == ["token", "refreshToken"]
        assert pair["token"].count(".") == 2 and pair["refreshToken"]


def test_tokens_are_renewed_and_looked_at(comptoir: Server) -> None:
    store = create(comptoir, URL)
    token = store_token(comptoir, store)
    bearer = COMMON | {"Authorization": f"Bearer {token}"}
    legacy = send(comptoir, "GET", at(store, "tokens"), bearer).json["shop"]
    renewed = send(
        comptoir,
        "POST",
        "/accounts/v1/shop/token/refresh",
        COMMON | JSON | {"X-Shop-Id": store.shop_id},
        php({"token": legacy["refreshToken"]}),
    )
    assert renewed.status == 200
    assert list(renewed.json) == ["token", "refresh_token", "id_token"]
    for each in (token, legacy["token"], renewed.json["token"]):
        path = "/accounts/v1/shop/token/verify"
        assert send(comptoir, "POST", path, COMMON | JSON, php({"token": each})).status == 200
    bad = send(comptoir, "POST", path, COMMON | JSON, php({"token": token[:-4] + "AAAA"}))
    assert bad.status == 401


def test_migrate(comptoir: Server, shop: FakeStore) -> None:
    """By the legacy token; without X-Action-Origin, which the module forgets there."""
    store = create(comptoir, shop.url)
    token = store_token(comptoir, store)
    bearer = COMMON | {"Authorization": f"Bearer {token}"}
    legacy = send(comptoir, "GET", at(store, "tokens"), bearer).json["shop"]["token"]
    body = php(described(shop.url, fromVersion="0", proof=PROOF))
    done = send(comptoir, "PUT", at(store, "migrate"), own(store, legacy) | JSON, body)
    assert done.status == 200
    assert list(done.json) == ["cloudShopId", "clientId", "clientSecret"]
    assert done.json["cloudShopId"] == store.shop_id


def test_the_health_of_the_api(comptoir: Server) -> None:
    for path in ("/accounts/healthcheck", "/accounts//healthcheck"):
        assert send(comptoir, "GET", path, COMMON).status == 200
