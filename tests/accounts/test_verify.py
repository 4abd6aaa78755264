"""Verify: the proof callback and what follows from it (spec/accounts.md §1.3.2, §2.1, §6.1)."""

import asyncio
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from comptoir.base.clock import SystemClock, monotonic
from comptoir.simulator import Simulation
from tests.accounts.calls import refused, status, verified, verify
from tests.accounts.fake_store import (
    PROOF,
    FakeStore,
    LoopThread,
    after_reading,
    fake_store,
    hangs_up,
    never,
    proof,
    redirects,
    says,
)
from tests.server import Server, running

CANNOT = "store-identity/store-cannot-be-requested"
INVALID = "store-identity/proof-invalid"


def test_the_right_proof_verifies(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity("http://127.0.0.1:1/before-it-moved")
    answer = verify(comptoir, store, shop.url + "/", name="New", multiShopId="7")
    assert (answer.status, answer.body) == (204, b"")
    found = status(comptoir, store)
    assert found["isVerified"] is True
    assert found["frontendUrl"] == shop.url
    assert found["backOfficeUrl"] == f"{shop.url}//admin-dev"
    assert found["shopVerificationErrorCode"] == ""
    assert found["verifiedAt"] == found["updatedAt"] > found["createdAt"]
    assert found["unverifiedAt"] is None


def test_the_call_that_the_store_gets(comptoir: Server, shop: FakeStore) -> None:
    store = verified(comptoir, shop)
    (request,) = shop.seen
    assert request.method == "GET"
    assert request.path == "/shop/index.php"
    assert dict(request.query) == {
        "fc": "module",
        "module": "ps_accounts",
        "controller": "apiV2ShopProof",
        "shop_id": "1",
    }
    assert "Authorization" not in request.headers
    keys = comptoir.get("/.well-known/jwks.json").json
    header = extract_compact(shop.bearer.encode()).headers()
    assert header["alg"] == "RS256"
    assert header["kid"] in [key["kid"] for key in keys["keys"]]
    claims = jwt.decode(shop.bearer, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert claims["aud"] == [f"ps_accounts/{store.shop_id}"]
    assert claims["scp"] == ["shop.proof.read"]
    now = SystemClock().now().timestamp()
    assert all(isinstance(claims[name], int) for name in ("iat", "nbf", "exp"))
    assert now - 60 < claims["iat"] <= now < claims["exp"] <= now + 600
    assert claims["nbf"] <= now


def test_our_call_to_the_store_is_no_token_for_our_api(comptoir: Server, shop: FakeStore) -> None:
    store = verified(comptoir, shop)
    path = f"/accounts/v1/shop-identities/{store.shop_id}/status"
    refused(comptoir.get(path, token=shop.bearer), 401, "infra.token_invalid")


def test_without_a_shop_number_none_is_named(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url, multiShopId=None)
    assert verify(comptoir, store, shop.url, multiShopId=None).status == 204
    assert "shop_id" not in shop.seen[-1].query


def test_a_shop_number_cannot_add_parameters(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    verify(comptoir, store, shop.url, multiShopId="1&controller=evil#x")
    for request in shop.seen:
        assert request.query.getall("controller") == ["apiV2ShopProof"]


def test_the_store_reads_our_keys_while_we_wait(comptoir: Server, shop: FakeStore) -> None:
    found: list[Any] = []
    shop.reply = after_reading(comptoir.base, found)
    verified(comptoir, shop)
    assert found[0]["keys"]


@pytest.mark.parametrize(
    "held", ["f" * 64, PROOF.upper(), "", None, False, 7, [PROOF], {"proof": PROOF}]
)
def test_another_proof_is_refused(comptoir: Server, shop: FakeStore, held: object) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = proof(held)
    refused(verify(comptoir, store, shop.url), 400, INVALID)
    found = status(comptoir, store)
    assert found["isVerified"] is False
    assert found["shopVerificationErrorCode"] == INVALID
    assert (found["verifiedAt"], found["unverifiedAt"]) == (None, None)


@pytest.mark.parametrize("announced", ["", "0" * 63, "0" * 65, "G" * 64, PROOF.upper(), "\n" * 64])
def test_a_proof_that_is_none_is_not_even_asked_for(
    comptoir: Server, shop: FakeStore, announced: str
) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = proof(announced)
    refused(verify(comptoir, store, shop.url, announced), 400, INVALID)
    assert shop.seen == []


def test_a_wrong_proof_can_be_mended(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    refused(verify(comptoir, store, shop.url, "1" * 64), 400, INVALID)
    assert verify(comptoir, store, shop.url).status == 204
    assert status(comptoir, store)["shopVerificationErrorCode"] == ""


def test_a_store_that_answers_403(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = says("<h1>Blocked</h1>" + "x" * 100_000, 403, "text/html", Server="cloudwall")
    found = refused(verify(comptoir, store, shop.url), 422, CANNOT)
    assert found["message"] == "Store cannot be requested"
    assert found["reason"] == "Request failed with status code 403"
    response = found["response"]
    assert set(response) == {"status", "data", "headers"}
    assert response["status"] == 403
    assert response["data"].startswith("<h1>Blocked</h1>")
    assert len(response["data"]) < 2000
    assert response["headers"]["server"] == "cloudwall"
    assert status(comptoir, store)["shopVerificationErrorCode"] == CANNOT


@pytest.mark.parametrize("code", [401, 404, 405, 500, 503])
def test_other_refusals_of_the_store(comptoir: Server, shop: FakeStore, code: int) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = says('{"error":true,"message":"Invalid token"}', code)
    found = refused(verify(comptoir, store, shop.url), 422, CANNOT)
    assert found["reason"] == f"Request failed with status code {code}"
    assert found["response"]["status"] == code


@pytest.mark.parametrize("body", ["<html>Welcome</html>", "", "{", "\ufeff{}x", "[" * 50_000])
def test_a_page_instead_of_json(comptoir: Server, shop: FakeStore, body: str) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = says(body, 200, "text/html")
    found = refused(verify(comptoir, store, shop.url), 422, CANNOT)
    assert "JSON" in found["reason"]
    assert found["response"]["status"] == 200


def test_json_that_is_no_object_is_no_proof(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    for body in ("[]", "null", '"x"', "7"):
        shop.reply = says(body)
        refused(verify(comptoir, store, shop.url), 400, INVALID)


def test_a_store_that_does_not_answer_in_time(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = never
    began = monotonic()
    found = refused(verify(comptoir, store, shop.url), 422, CANNOT)
    assert monotonic() - began < 20
    assert "no answer within" in found["reason"]
    assert "response" not in found


def test_a_store_that_hangs_up_or_is_not_there(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = hangs_up
    refused(verify(comptoir, store, shop.url), 422, CANNOT)
    found = refused(verify(comptoir, store, "http://127.0.0.1:1/"), 422, CANNOT)
    assert "refused" in found["reason"]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed(
    comptoir: Server, shop: FakeStore, code: int
) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = redirects(f"{shop.url}/fr/proof", code)
    assert verify(comptoir, store, shop.url).status == 204
    assert len(shop.seen) == 2
    assert "X-Prestashop-Authorization" in shop.seen[1].headers


def test_a_relative_redirect_is_followed(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = redirects("/shop/fr/proof")
    assert verify(comptoir, store, shop.url).status == 204


def test_a_redirect_to_another_host_is_not(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    with fake_store() as other:
        for target in (
            f"{other.url}/index.php",
            f"http://localhost:{shop.port}/shop/x",
            f"http://127.0.0.1:{other.port}/",
            f"//localhost:{shop.port}/",
        ):
            shop.reply = redirects(target)
            found = refused(verify(comptoir, store, shop.url), 422, CANNOT)
            assert found["reason"] == "Request failed with status code 302"
            assert found["response"]["status"] == 302
        assert other.seen == [], "our token stays with the store"


def test_a_circle_of_redirects_ends(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = redirects(f"{shop.url}/a", then=redirects(f"{shop.url}/b"))
    refused(verify(comptoir, store, shop.url), 422, CANNOT)
    assert len(shop.seen) <= 5


def test_a_redirect_that_leads_nowhere(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    for target in ("", "http://[::1", "nonsense://x", "http://127.0.0.1:99999/"):
        shop.reply = redirects(target)
        refused(verify(comptoir, store, shop.url), 422, CANNOT)


def test_the_newest_proof_of_an_address_wins(comptoir: Server, shop: FakeStore) -> None:
    old = verified(comptoir, shop)
    new = verified(comptoir, shop)
    assert status(comptoir, new)["isVerified"] is True
    lost = status(comptoir, old)
    assert lost["isVerified"] is False
    assert lost["unverifiedAt"] is not None
    assert lost["verifiedAt"] is not None
    assert lost["shopVerificationErrorCode"]
    assert verify(comptoir, old, shop.url).status == 204
    assert status(comptoir, new)["isVerified"] is False


def test_a_verified_store_stays_so_when_it_cannot_be_reached(
    comptoir: Server, shop: FakeStore
) -> None:
    store = verified(comptoir, shop)
    before = status(comptoir, store)
    for reply in (says("Maintenance", 503, "text/html"), never, says("<html>")):
        shop.reply = reply
        refused(verify(comptoir, store, shop.url), 422, CANNOT)
        found = status(comptoir, store)
        assert found["isVerified"] is True
        assert found["verifiedAt"] == before["verifiedAt"]
        assert found["shopVerificationErrorCode"] == CANNOT


def test_a_wrong_proof_elsewhere_changes_nothing_here(comptoir: Server, shop: FakeStore) -> None:
    store = verified(comptoir, shop)
    with fake_store() as copy:
        copy.reply = proof("1" * 64)
        refused(verify(comptoir, store, copy.url), 400, INVALID)
    found = status(comptoir, store)
    assert (found["isVerified"], found["frontendUrl"]) == (True, shop.url)


def test_a_wrong_proof_at_its_own_address_ends_the_verification(
    comptoir: Server, shop: FakeStore
) -> None:
    store = verified(comptoir, shop)
    shop.reply = proof("1" * 64)
    refused(verify(comptoir, store, shop.url), 400, INVALID)
    found = status(comptoir, store)
    assert found["isVerified"] is False
    assert found["unverifiedAt"] is not None


def test_a_store_that_moves_is_verified_at_its_new_address(
    comptoir: Server, shop: FakeStore
) -> None:
    store = verified(comptoir, shop)
    with fake_store() as new:
        assert verify(comptoir, store, new.url).status == 204
        assert status(comptoir, store)["frontendUrl"] == new.url


def test_an_address_that_cannot_be_used(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    refused(verify(comptoir, store, "ftp://x"), 400, "accounts.identity_invalid")
    refused(verify(comptoir, store, ""), 400, "accounts.identity_invalid")


def test_versions_that_the_store_tells_are_kept(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    path = f"/accounts/v1/shop-identities/{store.shop_id}/verify"
    told = {"X-Prestashop-Version": "8.1.5\u00e9" + "9" * 100, "X-Module-Version": "8.0.13"}
    body = {"frontendUrl": shop.url, "proof": PROOF}
    token = comptoir.store_token(store)
    assert comptoir.post(path, body, token=token, headers=told).status == 204


def test_with_the_default_time_the_whole_exchange_stays_below_ten_seconds() -> None:
    """Both calls share the 5 s: the second has what the first one left of them."""

    async def late(request: web.Request) -> web.StreamResponse:
        await asyncio.to_thread(threading.Event().wait, 1)
        return await redirects(f"{shop.url}/fr", then=never)(request)

    with running() as server, fake_store() as shop:
        store = server.create_identity(shop.url)
        shop.reply = late
        reason = refused(verify(server, store, shop.url), 422, CANNOT)["reason"]
        left = re.fullmatch(r"no answer within ([0-9.]+) s", reason)
        assert left is not None and float(left[1]) < 4.1, reason


def test_private_addresses_are_not_called_unless_allowed() -> None:
    with running(allow_private_addresses="0") as server, fake_store() as shop:
        store = server.create_identity(shop.url)
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"):
            answer = verify(server, store, f"http://{host}:{shop.port}/shop")
            found = refused(answer, 422, CANNOT)
            assert "response" not in found
        assert shop.seen == []


def test_a_simulated_store_installs_itself(comptoir: Server) -> None:
    """The same flow with the store side written apart from the server."""
    loop = LoopThread()
    simulation = Simulation(3, 11, ("1.6", "8", "9"), comptoir.base, scale=0.01)
    try:
        loop.run(simulation.start())
        for simulated in simulation.stores:
            loop.run(simulated.install())
            shown = comptoir.quick_cli("store", "show", simulated.shop_id or "")
            assert shown["isVerified"] is True
            assert shown["frontendUrl"] == simulated.frontend_url
        assert json.dumps(comptoir.quick_cli("store", "list")).count('"isVerified": true') >= 3
    finally:
        loop.run(simulation.stop())
        loop.close()


def test_an_older_call_does_not_undo_a_newer_proof(comptoir: Server, shop: FakeStore) -> None:
    """A store makes a proof for each call and holds the last one: whoever asks late sees that."""
    store, newer, older = verified(comptoir, shop), "ab" * 32, "cd" * 32
    asked, answered = threading.Event(), threading.Event()

    async def first_waits(_: web.Request) -> web.Response:
        if not asked.is_set():
            asked.set()
            await asyncio.to_thread(answered.wait, 30)
        return web.json_response({"proof": newer})

    shop.reply = first_waits
    with ThreadPoolExecutor(1) as beside:
        late = beside.submit(verify, comptoir, store, shop.url, older)
        assert asked.wait(30)
        assert verify(comptoir, store, shop.url, newer).status == 204
        answered.set()
        refused(late.result(), 400, INVALID)
    found = status(comptoir, store)
    assert (found["isVerified"], found["shopVerificationErrorCode"]) == (True, "")


@pytest.mark.parametrize("announced", ["", "abc", PROOF.upper()])
def test_what_is_no_proof_ends_no_verification(
    comptoir: Server, shop: FakeStore, announced: str
) -> None:
    store = verified(comptoir, shop)
    seen = len(shop.seen)
    refused(verify(comptoir, store, shop.url, announced), 400, INVALID)
    assert len(shop.seen) == seen, "the store was not asked"
    assert status(comptoir, store)["isVerified"] is True


def test_a_byte_order_mark_before_the_answer(comptoir: Server, shop: FakeStore) -> None:
    store = comptoir.create_identity(shop.url)
    shop.reply = says(f'\ufeff{{"proof": "{PROOF}"}}')
    assert verify(comptoir, store, shop.url).status == 204
