"""Test and live: a vendor's client sees the stores of its own mode, and no others, at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.accounts.calls import verified
from tests.accounts.fake_store import fake_store
from tests.conftest import SLICE
from tests.server import Answer, Identity, Server, running

MODES = ("live", "test")
OTHER = {"live": "test", "test": "live"}
CALLS = {
    "list": ("GET", "/raw/v1/{shop}/products"),
    "item": ("GET", "/raw/v1/{shop}/products/1"),
    "shop": ("GET", "/raw/v1/{shop}/shop"),
    "summary": ("GET", "/reporting/v1/shop-sync-summary/{shop}"),
    "trigger": ("POST", "/sync/v1/sync/trigger"),
    "trigger-full": ("POST", "/sync/v1/sync/trigger-full"),
}


@dataclass
class World:
    """A vendor with a client of each mode, and a store of each mode that shares with it."""

    server: Server
    vendors: dict[str, dict[str, str]]
    tokens: dict[str, str]
    stores: dict[str, Identity]

    def call(self, what: str, client: str, shop_id: str) -> Answer:
        method, path = CALLS[what]
        body: Any = {"shopId": shop_id} if method == "POST" else None
        return self.server.request(
            method, path.replace("{shop}", shop_id), json_body=body, token=self.tokens[client]
        )


@pytest.fixture(scope="module", params=SLICE)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with running(request.param) as server, fake_store() as one, fake_store() as other:
        vendors = {m: server.quick_cli("vendor", "create", "acme", "--mode", m) for m in MODES}
        tokens = {mode: server.vendor_token(vendor) for mode, vendor in vendors.items()}
        register = ("module", "register", "--vendor", "acme", "acme_m")
        server.quick_cli(*register, "--contents", "products")
        stores = {"live": verified(server, one), "test": verified(server, other)}
        for store in stores.values():
            server.quick_cli("consent", "grant", "--shop", store.shop_id, "--module", "acme_m")
        changed = server.quick_cli("store", "mode", stores["test"].shop_id, "test")
        assert changed == {"shop": stores["test"].shop_id, "mode": "test"}
        yield World(server, vendors, tokens, stores)


def refused_for(mode: str, answer: Answer) -> None:
    assert (answer.status, answer.json["error"]) == (403, "accounts.store_of_other_mode")
    assert f"in {mode} mode" in answer.json["message"]
    assert f"--mode {mode}" in answer.json["message"]


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("mode", MODES)
def test_the_matrix(world: World, mode: str, what: str) -> None:
    """Each call, with each client, of each store."""
    own = world.call(what, mode, world.stores[mode].shop_id)
    assert own.status in (200, 202, 404), own.text
    assert "accounts." not in own.text, "a row may not be there yet; the store is"
    other = OTHER[mode]
    refused_for(other, world.call(what, mode, world.stores[other].shop_id))


@pytest.mark.parametrize("what", CALLS)
def test_a_changed_mode_holds_for_the_next_request(world: World, what: str) -> None:
    shop_id = world.stores["live"].shop_id
    try:
        world.server.quick_cli("store", "mode", shop_id, "test")
        refused_for("test", world.call(what, "live", shop_id))
        assert world.call(what, "test", shop_id).status in (200, 202, 404)
    finally:
        world.server.quick_cli("store", "mode", shop_id, "live")
    assert world.call(what, "live", shop_id).status in (200, 202, 404)
    refused_for("live", world.call(what, "test", shop_id))


def test_ids_secrets_and_tokens_say_their_mode(world: World) -> None:
    keys = KeySet.import_key_set(world.server.get("/.well-known/jwks.json").json)
    for mode, vendor in world.vendors.items():
        assert vendor["mode"] == mode
        assert re.fullmatch(rf"v_{mode}_[A-Za-z0-9_-]{{22}}", vendor["client_id"])
        assert vendor["client_secret"].startswith(f"cs_{mode}_")
        claims = jwt.decode(world.tokens[mode], keys, algorithms=["RS256"]).claims
        assert claims["mode"] == mode
    store = jwt.decode(
        world.server.store_token(world.stores["test"]), keys, algorithms=["RS256"]
    ).claims
    assert "mode" not in store, "it may change while the token lives"


def test_a_client_of_one_mode_has_not_the_others_secret(world: World) -> None:
    form = {"grant_type": "client_credentials", "client_id": world.vendors["test"]["client_id"]}
    wrong = {**form, "client_secret": world.vendors["live"]["client_secret"]}
    assert world.server.post("/oauth2/token", form=wrong).status == 401


def test_a_vendor_has_one_client_of_each_mode(world: World) -> None:
    for mode in MODES:
        done = world.server.quick("vendor", "create", "acme", "--mode", mode)
        assert done.returncode == 1
        assert f"with a {mode} client already" in done.stderr
    first = world.server.quick_cli("vendor", "create", "tester", "--mode", "test")
    second = world.server.quick_cli("vendor", "create", "tester")
    assert (first["mode"], second["mode"]) == MODES[::-1]
    assert world.server.vendor_token(first) and world.server.vendor_token(second)


def test_the_operator_sees_the_mode(world: World) -> None:
    listed = {s["cloudShopId"]: s["mode"] for s in world.server.quick_cli("store", "list")}
    for mode, store in world.stores.items():
        assert listed[store.shop_id] == mode
        assert world.server.quick_cli("store", "show", store.shop_id)["mode"] == mode
        assert f"{mode}, verified" in world.server.quick("store", "show", store.shop_id).stdout


def test_a_store_goes_on_in_either_mode(world: World) -> None:
    """Its own calls, and another proof, which does not change the mode."""
    store = world.stores["test"]
    token = world.server.store_token(store, "shop.verified")
    where = f"/accounts/v1/shop-identities/{store.shop_id}"
    status = world.server.get(f"{where}/status", token=token)
    assert status.json["isVerified"] is True
    assert "mode" not in status.json, "the module knows eleven fields"
    described = {"frontendUrl": status.json["frontendUrl"], "proof": "0123456789abcdef" * 4}
    assert world.server.post(f"{where}/verify", described, token=token).status == 204
    assert world.server.quick_cli("store", "show", store.shop_id)["mode"] == "test"


@pytest.mark.parametrize("arguments", [("no-such", "test"), ("no-such", "live")])
def test_no_such_store(world: World, arguments: tuple[str, str]) -> None:
    done = world.server.quick("store", "mode", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert "comptoir store list" in done.stderr


@pytest.mark.parametrize(
    "command",
    [("store", "mode", "x", "sandbox"), ("vendor", "create", "x", "--mode", "sandbox")],
)
def test_there_are_two_modes(world: World, command: tuple[str, ...]) -> None:
    done = world.server.quick(*command)
    assert done.returncode == 2
    assert "live" in done.stderr and "test" in done.stderr
