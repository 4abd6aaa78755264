"""A copy of a store that goes on with the store's identity (spec/accounts.md §4.5)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comptoir.base.clock import monotonic
from tests.accounts.calls import IDENTITIES, described, status, verified, verify
from tests.accounts.fake_store import PROOF, FakeStore, fake_store, never, proof, redirects, says
from tests.accounts.legacy_world import cloud
from tests.accounts.records import Told, audited
from tests.server import Identity, Server, running

THEIRS = "f" * 64
TOPIC = "accounts.shop.clone_found.v1"


@pytest.fixture
def copy() -> Iterator[FakeStore]:
    """The same store at another address."""
    with fake_store() as made:
        yield made


def shown(server: Server, store: Identity) -> dict[str, Any]:
    found: dict[str, Any] = server.quick_cli("store", "show", store.shop_id)
    return found


def told(server: Server, store: Identity) -> list[Told]:
    return [found for found in audited(server, store.shop_id) if "clone" in found[0]]


def moved(server: Server, store: Identity, shop: FakeStore, copy: FakeStore) -> None:
    """The copy says that it is the store, with a proof of its own."""
    copy.reply = proof(THEIRS)
    shop.seen.clear()
    answer = verify(server, store, copy.url, THEIRS)
    assert (answer.status, answer.body) == (204, b"")


def test_two_proofs_are_two_databases(comptoir: Server, shop: FakeStore, copy: FakeStore) -> None:
    store = verified(comptoir, shop)
    assert shown(comptoir, store)["cloneUrl"] is None
    moved(comptoir, store, shop, copy)
    (asked,) = shop.seen
    assert asked.query["controller"] == "apiV2ShopProof"
    found = status(comptoir, store)
    assert len(found) == 11
    assert (found["isVerified"], found["frontendUrl"]) == (True, copy.url)
    assert found["shopVerificationErrorCode"] == ""
    assert shown(comptoir, store)["cloneUrl"] == shop.url
    text = comptoir.quick("store", "show", store.shop_id).stdout
    assert f"A copy of this store answers at {shop.url}" in " ".join(text.split())
    assert told(comptoir, store) == [("store.clone_found", {"here": copy.url, "there": shop.url})]


def test_the_same_proof_at_two_addresses_is_one_store(
    comptoir: Server, shop: FakeStore, copy: FakeStore
) -> None:
    store = verified(comptoir, shop)
    assert verify(comptoir, store, copy.url).status == 204
    assert len(shop.seen) == 2, "the address before was asked, and showed the same proof"
    assert shown(comptoir, store)["cloneUrl"] is None


@pytest.mark.parametrize("what", ["another identity", "no proof", "gone", "moved on", "no JSON"])
def test_an_address_that_no_longer_shows_the_identity(
    comptoir: Server, shop: FakeStore, copy: FakeStore, what: str
) -> None:
    store = verified(comptoir, shop)
    shop.reply = {
        "another identity": says('{"error":true,"message":"Invalid audience"}', 401),
        "no proof": proof(False),
        "gone": says("<h1>Not found</h1>", 404),
        "moved on": redirects(f"{copy.url}/index.php", 301),
        "no JSON": says("<h1>Parked</h1>"),
    }[what]
    moved(comptoir, store, shop, copy)
    assert shown(comptoir, store)["cloneUrl"] is None


def test_a_dead_address_does_not_make_it_slower_than_a_proof_may_be(
    comptoir: Server, shop: FakeStore, copy: FakeStore
) -> None:
    store = verified(comptoir, shop)
    shop.reply = never
    began = monotonic()
    moved(comptoir, store, shop, copy)
    assert monotonic() - began < 20, "8 s is what a proof call may take here"
    assert shown(comptoir, store)["cloneUrl"] is None


def test_a_failed_proof_is_told_at_once(shop: FakeStore, copy: FakeStore) -> None:
    with running(verify_timeout="8") as server:
        store = verified(server, shop)
        shop.reply = never
        began = monotonic()
        assert verify(server, store, copy.url, THEIRS).status == 400
        assert monotonic() - began < 7, "the other address would take 8 s"
        assert shown(server, store)["cloneUrl"] is None


def test_a_store_that_was_not_verified_is_looked_for_nowhere(
    comptoir: Server, shop: FakeStore, copy: FakeStore
) -> None:
    store = comptoir.create_identity(shop.url)
    moved(comptoir, store, shop, copy)
    assert shop.seen == []


def test_it_is_forgotten_when_it_has_taken_another_identity(
    comptoir: Server, shop: FakeStore, copy: FakeStore
) -> None:
    store = verified(comptoir, shop)
    moved(comptoir, store, shop, copy)
    shop.reply = proof(PROOF)
    new = verified(comptoir, shop)
    assert shown(comptoir, store)["cloneUrl"] is None
    assert status(comptoir, store)["isVerified"] is True
    assert status(comptoir, new)["isVerified"] is True
    assert told(comptoir, store)[-1] == ("store.clone_gone", {"there": shop.url})


def test_it_is_looked_for_again_at_each_verify(
    comptoir: Server, shop: FakeStore, copy: FakeStore
) -> None:
    store = verified(comptoir, shop)
    moved(comptoir, store, shop, copy)
    assert verify(comptoir, store, copy.url, THEIRS).status == 204
    assert shown(comptoir, store)["cloneUrl"] == shop.url, "it is there still"
    assert len(told(comptoir, store)) == 1, "told once"
    shop.reply = says("<h1>Gone</h1>", 404)
    assert verify(comptoir, store, copy.url, THEIRS).status == 204
    assert shown(comptoir, store)["cloneUrl"] is None


def test_both_sides_claim_it_in_turn(comptoir: Server, shop: FakeStore, copy: FakeStore) -> None:
    store = verified(comptoir, shop)
    moved(comptoir, store, shop, copy)
    assert verify(comptoir, store, shop.url).status == 204
    assert shown(comptoir, store)["cloneUrl"] == copy.url


def test_a_copy_stays_known_when_the_store_moves_on(
    comptoir: Server, shop: FakeStore, copy: FakeStore
) -> None:
    store = verified(comptoir, shop)
    moved(comptoir, store, shop, copy)
    with fake_store() as third:
        third.reply = proof(THEIRS)
        assert verify(comptoir, store, third.url, THEIRS).status == 204
    assert shown(comptoir, store)["cloneUrl"] == shop.url


def test_it_is_announced(engine: str, tmp_path: Path, shop: FakeStore, copy: FakeStore) -> None:
    with cloud(engine, tmp_path) as there:
        made = there.call("POST", IDENTITIES, "", described(shop.url)).json
        shop_id = made["cloudShopId"]
        client = {"client_id": made["clientId"], "client_secret": made["clientSecret"]}
        token = there.token(client, f"store/{shop_id} {there.base}/accounts")
        copy.reply = proof(THEIRS)
        for url, held in ((shop.url, PROOF), (copy.url, THEIRS), (copy.url, THEIRS)):
            body = described(url, proof=held)
            assert there.call("POST", f"{IDENTITIES}/{shop_id}/verify", token, body).status == 204
        verified_again = "accounts.shop.verified.v1"
        assert there.topics(shop_id) == [verified_again, verified_again, TOPIC, verified_again]
