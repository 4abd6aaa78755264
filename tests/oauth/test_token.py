"""POST /oauth2/token, for stores and for vendors (spec/accounts.md §1.4.3, spec/rawapi.md §2)."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from comptoir.base.clock import SystemClock
from tests.accounts.calls import verified
from tests.accounts.fake_store import fake_store
from tests.oauth.calls import URL, ask, ask_as_vendor, claims_of, header_of, keys, refused
from tests.server import CLOUDSYNC, Identity, Server, basic


@pytest.fixture(scope="module")
def store(comptoir: Server) -> Identity:
    return comptoir.create_identity(URL)


@pytest.fixture(scope="module")
def proved(comptoir: Server) -> Iterator[Identity]:
    with fake_store() as shop:
        yield verified(comptoir, shop)


@pytest.fixture(scope="module")
def vendor(comptoir: Server) -> dict[str, str]:
    made: dict[str, str] = comptoir.quick_cli("vendor", "create", "acme")
    return made


def test_a_stores_token(comptoir: Server, store: Identity) -> None:
    answer = ask(comptoir, store)
    found = answer.json
    assert answer.status == 200
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Pragma") == "no-cache"
    assert set(found) == {"access_token", "expires_in", "scope", "token_type"}
    assert type(found["expires_in"]) is int and found["expires_in"] == 3600
    assert found["scope"] == ""
    assert found["token_type"].lower() == "bearer"


def test_the_claims_of_a_stores_token(comptoir: Server, store: Identity) -> None:
    token = ask(comptoir, store).json["access_token"]
    header, claims = header_of(token), claims_of(comptoir, token)
    now = SystemClock().now().timestamp()
    assert header["alg"] == "RS256"
    assert header["kid"] in {key["kid"] for key in keys(comptoir)["keys"]}
    assert set(claims) == {
        *("iss", "sub", "client_id", "aud", "scp", "iat", "nbf", "exp", "jti", "ext")
    }
    assert claims["iss"] == comptoir.base
    assert claims["sub"] == claims["client_id"] == store.client_id
    assert claims["aud"] == [f"store/{store.shop_id}", f"{comptoir.base}/accounts"]
    assert claims["scp"] == []
    assert claims["ext"] == {}
    assert all(type(claims[name]) is int for name in ("iat", "nbf", "exp"))
    assert now - 60 < claims["iat"] == claims["nbf"] <= now
    assert claims["exp"] == claims["iat"] + 3600
    other = claims_of(comptoir, ask(comptoir, store).json["access_token"])
    assert other["jti"] != claims["jti"]


@pytest.mark.parametrize(
    "audience",
    [
        "{own} {base}/accounts",
        "{own} {base}/accounts/",
        "{base}/accounts {own}",
        "{own}",
        "{own} {base}",
        "{own} {base}/",
        "{own} https://distribution.prestashop.net",
        "{own} distribution.prestashop.net",
        "  {own}   {base}/accounts ",
        "{own} {own}",
    ],
)
def test_audiences_that_a_store_may_name(comptoir: Server, store: Identity, audience: str) -> None:
    wanted = audience.format(own=f"store/{store.shop_id}", base=comptoir.base)
    answer = ask(comptoir, store, audience=wanted)
    assert answer.status == 200, answer.text
    claims = claims_of(comptoir, answer.json["access_token"])
    assert claims["aud"] == list(dict.fromkeys(wanted.split())), "as asked: stores compare texts"


def test_without_an_audience_a_token_still_names_its_store(
    comptoir: Server, store: Identity
) -> None:
    answer = ask(comptoir, store, audience="")
    assert f"store/{store.shop_id}" in claims_of(comptoir, answer.json["access_token"])["aud"]


@pytest.mark.parametrize(
    "audience",
    [
        "store/other",
        "store/",
        "store/*",
        "https://elsewhere.example",
        "{base}.evil.example",
        "{base}evil",
        "tech-vendor/acme",
        "{own} tech-vendor/acme",
        "{own}x",
        "STORE/{id}",
        "ps_accounts/{id}",
        "https://api.cloudsync.prestashop.com.evil.example",
    ],
)
def test_audiences_that_a_store_may_not_name(
    comptoir: Server, store: Identity, audience: str
) -> None:
    own = f"store/{store.shop_id}"
    wrong = audience.format(own=own, base=comptoir.base, id=store.shop_id)
    answer = ask(comptoir, store, audience=f"{own} {wrong}")
    refused(answer, 400, "invalid_target", wrong.split()[-1])
    assert answer.header("WWW-Authenticate") is None


def test_another_stores_audience_is_refused(comptoir: Server, store: Identity) -> None:
    other = comptoir.create_identity(URL)
    wanted = f"store/{other.shop_id} {comptoir.base}/accounts"
    refused(ask(comptoir, store, audience=wanted), 400, "invalid_target")


def test_a_token_must_name_the_store_and_the_api(comptoir: Server, store: Identity) -> None:
    """A valid signature is not enough (spec/accounts.md §6.1)."""
    path = f"/accounts/v1/shop-identities/{store.shop_id}/status"
    own, ours = f"store/{store.shop_id}", f"{comptoir.base}/accounts"
    for audience, status in (
        (ours, 401),
        (own, 401),
        (f"{own} {ours}", 200),
        (f"{ours}/ {own}", 200),
    ):
        token = ask(comptoir, store, audience=audience).json["access_token"]
        assert comptoir.get(path, token=token).status == status, audience


def test_shop_verified_before_and_after_the_proof(
    comptoir: Server, store: Identity, proved: Identity
) -> None:
    refused(ask(comptoir, store, scope="shop.verified"), 400, "invalid_scope", "shop.verified")
    answer = ask(comptoir, proved, scope="shop.verified")
    assert (answer.status, answer.json["scope"]) == (200, "shop.verified")
    assert claims_of(comptoir, answer.json["access_token"])["scp"] == ["shop.verified"]
    assert ask(comptoir, proved).json["scope"] == ""


def test_other_scopes_are_refused(comptoir: Server, proved: Identity) -> None:
    for scope in ("admin", "shop.verified admin", "openid", "SHOP.VERIFIED"):
        refused(ask(comptoir, proved, scope=scope), 400, "invalid_scope", scope.split()[-1])


def test_a_vendors_token(comptoir: Server, vendor: dict[str, str]) -> None:
    answer = ask_as_vendor(comptoir, vendor)
    assert answer.status == 200
    assert type(answer.json["expires_in"]) is int and answer.json["expires_in"] > 300
    assert answer.json["scope"] == ""
    claims = claims_of(comptoir, answer.json["access_token"])
    assert claims["aud"] == [CLOUDSYNC, "tech-vendor/acme"]
    assert claims["sub"] == claims["client_id"] == vendor["client_id"]


@pytest.mark.parametrize(
    "api",
    [CLOUDSYNC, CLOUDSYNC + "/", "https://distribution.prestashop.net", "{base}", "{base}/raw"],
)
def test_audiences_that_a_vendor_may_name(
    comptoir: Server, vendor: dict[str, str], api: str
) -> None:
    wanted = f"{api.format(base=comptoir.base)} tech-vendor/acme"
    assert ask_as_vendor(comptoir, vendor, audience=wanted).status == 200


@pytest.mark.parametrize(
    "audience",
    ["tech-vendor/other", "tech-vendor/", "tech-vendor/ACME", "store/x", "https://else.example"],
)
def test_audiences_that_a_vendor_may_not_name(
    comptoir: Server, vendor: dict[str, str], audience: str
) -> None:
    wanted = f"{CLOUDSYNC} {audience}"
    refused(ask_as_vendor(comptoir, vendor, audience=wanted), 400, "invalid_target", audience)


def test_a_vendor_gets_no_stores_scope(comptoir: Server, vendor: dict[str, str]) -> None:
    refused(ask_as_vendor(comptoir, vendor, scope="shop.verified"), 400, "invalid_scope")


def test_basic_and_form_may_name_the_same_client_only(
    comptoir: Server, vendor: dict[str, str], store: Identity
) -> None:
    answer = ask_as_vendor(comptoir, vendor, client_id=store.client_id)
    refused(answer, 401, "invalid_client", "client_id", "differs")
    assert (answer.header("WWW-Authenticate") or "").startswith("Basic")
    without = {"grant_type": "client_credentials", "audience": "tech-vendor/acme"}
    headers = {"Authorization": basic(vendor["client_id"], vendor["client_secret"])}
    assert comptoir.post("/oauth2/token", form=without, headers=headers).status == 200


def test_one_way_to_authenticate_at_a_time(comptoir: Server, vendor: dict[str, str]) -> None:
    """RFC 6749 §2.3."""
    answer = ask_as_vendor(comptoir, vendor, client_secret=vendor["client_secret"])
    refused(answer, 400, "invalid_request", "client_secret")


def test_a_vendor_may_send_its_secret_in_the_form(comptoir: Server, vendor: dict[str, str]) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": vendor["client_id"],
        "client_secret": vendor["client_secret"],
        "audience": f"{CLOUDSYNC} tech-vendor/acme",
    }
    assert comptoir.post("/oauth2/token", form=form).status == 200


def test_a_store_may_use_basic(comptoir: Server, store: Identity) -> None:
    headers = {"Authorization": basic(store.client_id, store.client_secret)}
    form = {"grant_type": "client_credentials", "audience": f"store/{store.shop_id}"}
    assert comptoir.post("/oauth2/token", form=form, headers=headers).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_id": "unknown"},
        {"client_id": ""},
        {"client_id": "é", "client_secret": "é"},
    ],
)
def test_a_client_that_is_not_known(
    comptoir: Server, store: Identity, change: dict[str, str]
) -> None:
    answer = ask(comptoir, store, **change)
    refused(answer, 401, "invalid_client")
    assert answer.header("WWW-Authenticate")
    assert store.client_secret not in answer.text


def test_unknown_client_and_wrong_secret_cannot_be_told_apart(
    comptoir: Server, store: Identity
) -> None:
    wrong = ask(comptoir, store, client_secret="wrong")
    unknown = ask(comptoir, store, client_id="unknown")
    assert wrong.body == unknown.body


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + base64.b64encode(b"a\0b:c").decode(),
        "Bearer x",
        "Digest x",
    ],
)
def test_headers_that_are_no_basic_credentials(comptoir: Server, header: str) -> None:
    form = {"grant_type": "client_credentials"}
    answer = comptoir.post("/oauth2/token", form=form, headers={"Authorization": header})
    refused(answer, 401, "invalid_client")


@pytest.mark.parametrize(
    ("grant", "code"),
    [
        ("authorization_code", "invalid_request"),
        ("refresh_token", "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type"),
        ("", "invalid_request"),
    ],
)
def test_other_grants(comptoir: Server, store: Identity, grant: str, code: str) -> None:
    refused(ask(comptoir, store, grant_type=grant), 400, code)


def test_a_missing_grant_type(comptoir: Server, store: Identity) -> None:
    form = {"client_id": store.client_id, "client_secret": store.client_secret}
    refused(comptoir.post("/oauth2/token", form=form), 400, "invalid_request", "grant_type")


@pytest.mark.parametrize("name", ["audience", "scope", "client_id", "grant_type", "made_up"])
def test_a_parameter_that_comes_twice(comptoir: Server, name: str) -> None:
    body = f"{name}=a&client_secret=x&{name}=b".encode()
    answer = comptoir.request("POST", "/oauth2/token", body=body)
    refused(answer, 400, "invalid_request", name)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"{}", b"a=%ff", b"&".join([b"a=1"] * 200), b"client_id=%00"]
)
def test_bodies_that_are_no_form(comptoir: Server, body: bytes) -> None:
    answer = comptoir.request("POST", "/oauth2/token", body=body)
    assert answer.status in (400, 401)
    assert answer.json["error"] in ("invalid_request", "invalid_client")


def test_unknown_parameters_do_not_matter(comptoir: Server, store: Identity) -> None:
    assert ask(comptoir, store, resource="x", made_up="").status == 200


def test_refusals_are_not_cached(comptoir: Server, store: Identity) -> None:
    """RFC 6749 §5.1 says so of tokens; what refuses one must not outlive its cause either."""
    answer: Any = ask(comptoir, store, client_secret="wrong")
    assert answer.header("Cache-Control") in (None, "no-store")
