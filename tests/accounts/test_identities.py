"""Create, status, back-office-url, token/verify, healthcheck (spec/accounts.md §1.3)."""

import re
from datetime import datetime
from typing import Any

import pytest

from tests.accounts.calls import IDENTITIES, described, refused, status
from tests.accounts.fake_store import FakeStore
from tests.server import Server, running

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
URL = "https://shop.example"
FIELDS = {
    "cloudShopId",
    "isVerified",
    "frontendUrl",
    "backOfficeUrl",
    "shopVerificationErrorCode",
    "pointOfContactUuid",
    "pointOfContactEmail",
    "createdAt",
    "updatedAt",
    "verifiedAt",
    "unverifiedAt",
}


@pytest.mark.parametrize("number", [1, "1", 12, "12", None])
def test_create_with_any_kind_of_shop_number(comptoir: Server, number: Any) -> None:
    answer = comptoir.post(IDENTITIES, described(URL, multiShopId=number))

    assert answer.status == 201
    assert answer.header("Content-Type") == "application/json"
    assert set(answer.json) == {"cloudShopId", "clientId", "clientSecret"}
    assert UUID.fullmatch(answer.json["cloudShopId"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,64}", answer.json["clientId"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{16,72}", answer.json["clientSecret"])


def test_each_identity_is_another_one(comptoir: Server) -> None:
    made = [comptoir.create_identity(URL) for _ in range(5)]

    assert len({store.shop_id for store in made}) == 5
    assert len({store.client_id for store in made}) == 5
    assert len({store.client_secret for store in made}) == 5


@pytest.mark.parametrize(
    "body",
    [
        {"frontendUrl": URL},
        described(URL, proof=None, extra={"a": [1]}, cloudShopId="mine"),
        described(URL, name=None),
        described(URL, name="Ça & <b>là</b> 😀" + "x" * 1000),
        described(URL + "/"),
        described(URL + "/fr/boutique"),
        described("http://127.0.0.1:8080/shop"),
        described("http://[::1]:8080"),
        described("https://bücher.example"),
        described(URL, backOfficeUrl=""),
    ],
)
def test_what_create_accepts(comptoir: Server, body: dict[str, Any]) -> None:
    assert comptoir.post(IDENTITIES, body).status == 201


def test_slashes_may_be_escaped(comptoir: Server) -> None:
    body = b'{"frontendUrl":"https:\\/\\/shop.example","multiShopId":"1","name":"x"}'

    assert comptoir.request("POST", IDENTITIES, body=body).status == 201


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("frontendUrl", ""),
        ("frontendUrl", "shop.example"),
        ("frontendUrl", "ftp://shop.example"),
        ("frontendUrl", "javascript:alert(1)"),
        ("frontendUrl", "https://"),
        ("frontendUrl", "https://user:pw@shop.example"),
        ("frontendUrl", "https://shop.example/#top"),
        ("frontendUrl", "https://shop .example"),
        ("frontendUrl", "https://shop.example:0"),
        ("frontendUrl", "https://shop.example:99999"),
        ("frontendUrl", "https://shop.example/a\nb"),
        ("frontendUrl", "https://[::1"),
        ("frontendUrl", "https://shop.example/" + "x" * 2000),
        ("backOfficeUrl", "admin-dev"),
        ("backOfficeUrl", "file:///etc"),
    ],
)
def test_an_address_that_cannot_be_used(comptoir: Server, member: str, value: str) -> None:
    answer = comptoir.post(IDENTITIES, described(URL) | {member: value})

    assert member in refused(answer, 400, "accounts.identity_invalid")["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"backOfficeUrl": URL, "multiShopId": 1, "name": "x"},
        {"frontendUrl": None},
        {"frontendUrl": [URL]},
        described(URL, multiShopId=[1]),
        described(URL, multiShopId={}),
    ],
)
def test_a_description_of_the_wrong_shape(comptoir: Server, body: dict[str, Any]) -> None:
    refused(comptoir.post(IDENTITIES, body), 400, "infra.body_unreadable")


@pytest.mark.parametrize("text", ["a\0b", "\0", "x\ud800y"])
@pytest.mark.parametrize("member", ["name", "multiShopId"])
def test_text_that_no_database_takes_is_refused(comptoir: Server, member: str, text: str) -> None:
    answer = comptoir.post(IDENTITIES, described(URL) | {member: text})

    refused(answer, 400, "infra.body_unreadable")


def test_create_is_limited_per_address() -> None:
    with running(identity_rate="3") as server:
        answers = [server.post(IDENTITIES, described(URL)) for _ in range(5)]

        assert [answer.status for answer in answers] == [201, 201, 201, 429, 429]
        refused(answers[3], 429, "infra.rate_limited")
        assert 1 <= int(answers[3].header("Retry-After") or 0) <= 20
        assert server.get("/accounts/healthcheck").status == 200


def test_the_status_of_a_new_identity(comptoir: Server) -> None:
    store = comptoir.create_identity(URL + "/")
    found = status(comptoir, store)

    assert set(found) == FIELDS, "an absent field would keep its cached value in the store"
    assert found | {"createdAt": "", "updatedAt": ""} == {
        "cloudShopId": store.shop_id,
        "isVerified": False,
        "frontendUrl": URL,
        "backOfficeUrl": f"{URL}//admin-dev",
        "shopVerificationErrorCode": "",
        "pointOfContactUuid": None,
        "pointOfContactEmail": None,
        "createdAt": "",
        "updatedAt": "",
        "verifiedAt": None,
        "unverifiedAt": None,
    }
    for name in ("createdAt", "updatedAt"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", found[name])
        assert datetime.fromisoformat(found[name]).utcoffset() is not None


def test_the_back_office_url_can_be_told_again_and_again(comptoir: Server) -> None:
    store = comptoir.create_identity(URL)
    path = f"{IDENTITIES}/{store.shop_id}/back-office-url"
    token = comptoir.store_token(store)
    seen = []
    for _ in range(3):
        body = {"backOfficeUrl": f"{URL}/admin123/", "multiShopId": "2"}
        answer = comptoir.put(path, body, token=token)
        assert (answer.status, answer.body) == (204, b"")
        seen.append(status(comptoir, store))

    assert seen[0]["backOfficeUrl"] == f"{URL}/admin123"
    assert seen[0] == seen[1] == seen[2], "what changes nothing is not noted as a change"
    assert comptoir.put(path, {"backOfficeUrl": URL}, token=token).status == 204
    assert status(comptoir, store)["backOfficeUrl"] == URL


@pytest.mark.parametrize(
    "url", ["https://shop.example/upload/proof.json?x=", "https://thief.example\\shop.example"]
)
def test_an_address_that_would_not_be_what_it_says(comptoir: Server, url: str) -> None:
    """A query would swallow the path behind it: any file of the host would be the answer. A
    backslash ends the host for browsers alone."""
    store = comptoir.create_identity(URL)
    token = comptoir.store_token(store)
    body = {"frontendUrl": url, "proof": "0" * 64}
    answer = comptoir.post(f"{IDENTITIES}/{store.shop_id}/verify", body, token=token)
    refused(answer, 400, "accounts.identity_invalid")
    refused(comptoir.post(IDENTITIES, body), 400, "accounts.identity_invalid")


@pytest.mark.parametrize(
    "url",
    ["", "admin", "ftp://shop.example", "https://a b/", "https://a.example/?x", "https://a\\.b"],
)
def test_a_back_office_url_that_cannot_be_used(comptoir: Server, url: str) -> None:
    store = comptoir.create_identity(URL)
    path = f"{IDENTITIES}/{store.shop_id}/back-office-url"
    answer = comptoir.put(path, {"backOfficeUrl": url}, token=comptoir.store_token(store))

    refused(answer, 400, "accounts.identity_invalid")
    refused(
        comptoir.put(path, {"multiShopId": 1}, token=comptoir.store_token(store)),
        400,
        "infra.body_unreadable",
    )


def test_a_stores_token_can_be_checked_by_anyone(comptoir: Server) -> None:
    token = comptoir.store_token(comptoir.create_identity(URL))
    path = "/accounts/v1/shop/token/verify"

    assert comptoir.post(path, {"token": token}).status == 200
    vendor = comptoir.quick_cli("vendor", "create", "checker")
    theirs = comptoir.post(path, {"token": comptoir.vendor_token(vendor)})
    refused(theirs, 401, "token/invalid-token")
    for wrong in ("", "x", "a.b.c", token[:-4], token + "x", "é", "\ud800", "." * 9000):
        answer = comptoir.post(path, {"token": wrong})
        assert answer.status in (400, 401), wrong
        assert token not in answer.text
    refused(comptoir.post(path, {"token": token[:-4]}), 401, "token/invalid-token")
    refused(comptoir.post(path, {}), 400, "infra.body_unreadable")


def test_the_healthcheck_is_for_anyone(comptoir: Server) -> None:
    answer = comptoir.get("/accounts/healthcheck")

    assert (answer.status, answer.json) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "status"),
        ("POST", "verify"),
        ("PUT", "back-office-url"),
    ],
)
def test_another_stores_token_opens_nothing(comptoir: Server, method: str, path: str) -> None:
    mine, other = (comptoir.create_identity(URL) for _ in range(2))
    target = f"{IDENTITIES}/{other.shop_id}/{path}"
    body = described(URL, proof="0" * 64) if method != "GET" else None

    foreign = comptoir.request(method, target, json_body=body, token=comptoir.store_token(mine))
    refused(foreign, 403, "infra.foreign_store")
    missing = comptoir.request(method, target, json_body=body)
    refused(missing, 401, "infra.token_missing")
    assert missing.header("WWW-Authenticate") == "Bearer"
    vendor = comptoir.quick_cli("vendor", "create", f"nosy-{path}")
    wrong = comptoir.request(method, target, json_body=body, token=comptoir.vendor_token(vendor))
    refused(wrong, 403, "infra.wrong_kind_of_token")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp4", "Token x", "bearer x"])
def test_headers_that_are_no_token(comptoir: Server, header: str) -> None:
    store = comptoir.create_identity(URL)
    path = f"{IDENTITIES}/{store.shop_id}/status"
    answer = comptoir.get(path, headers={"Authorization": header})

    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == "Bearer"


def test_the_scheme_is_read_in_any_case(comptoir: Server) -> None:
    store = comptoir.create_identity(URL)
    header = {"Authorization": f"bearer {comptoir.store_token(store)}"}

    assert comptoir.get(f"{IDENTITIES}/{store.shop_id}/status", headers=header).status == 200


def test_what_a_store_is_told_stays_over_a_restart(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    token = comptoir.store_token(store)
    before = status(comptoir, store)
    comptoir.kill()
    comptoir.start()
    path = f"{IDENTITIES}/{store.shop_id}/status"
    assert comptoir.get(path, token=token).json == before
