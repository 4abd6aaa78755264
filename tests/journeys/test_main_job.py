"""The main job, as one journey over HTTP: nothing else happens between the steps."""

import asyncio
import hashlib
import json
from typing import Any

from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.fingerprint import fingerprint
from comptoir.simulator import SimulatedStore, Simulation
from tests import server
from tests.eventually import eventually_async
from tests.server import Answer, Identity, Server

WITHIN = 100.0


async def ask(comptoir: Server, method: str, path: str, body: Any = None, **how: Any) -> Answer:
    return await asyncio.to_thread(lambda: comptoir.request(method, path, json_body=body, **how))


async def token(comptoir: Server, store: Identity, scope: str) -> Answer:
    form = {
        "grant_type": "client_credentials",
        "client_id": store.client_id,
        "client_secret": store.client_secret,
        "scope": scope,
        "audience": f"store/{store.shop_id} {comptoir.base}/accounts",
    }
    discovered = (await ask(comptoir, "GET", "/.well-known/openid-configuration")).json
    path = discovered["token_endpoint"].removeprefix(comptoir.base)
    return await ask(comptoir, "POST", path, form=form)


def remember(store: SimulatedStore, identity: Identity, proof: str) -> None:
    """What the store's module would have kept of the answers."""
    store.accounts.shop_id = identity.shop_id
    store.accounts.client_id = identity.client_id
    store.accounts.client_secret = identity.client_secret
    store.accounts.proof = proof


async def rows(comptoir: Server, shop_id: str, path: str, bearer: str) -> list[dict[str, Any]]:
    if path == "shop":
        answer = await ask(comptoir, "GET", f"/raw/v1/{shop_id}/shop", token=bearer)
        return [answer.json["item"]] if answer.status == 200 else []
    found: list[dict[str, Any]] = []
    while True:
        query = f"limit=100&offset={len(found)}"
        answer = await ask(comptoir, "GET", f"/raw/v1/{shop_id}/{path}?{query}", token=bearer)
        assert answer.status == 200, answer.text
        found += answer.json["items"]
        if len(found) >= answer.json["total"]:
            return found


async def held(comptoir: Server, shop_id: str, bearer: str) -> dict[str, tuple[int, str]]:
    return {
        name: fingerprint(content, await rows(comptoir, shop_id, content.path, bearer))
        for name, content in catalogue().items()
    }


async def identify(comptoir: Server, store: SimulatedStore) -> Identity:
    """Create, token with an empty scope, `shop.verified` refused, wrong proof, right proof."""
    described = {
        "backOfficeUrl": store.back_office_url,
        "frontendUrl": store.frontend_url,
        "multiShopId": "1",
        "name": store.name,
    }
    made = await ask(comptoir, "POST", "/accounts/v1/shop-identities", described)
    assert made.status == 201
    identity = Identity(made.json["cloudShopId"], made.json["clientId"], made.json["clientSecret"])
    given = await token(comptoir, identity, "")
    assert given.status == 200
    bearer = given.json["access_token"]
    early = await token(comptoir, identity, "shop.verified")
    assert (early.status, early.json["error"]) == (400, "invalid_scope")
    assert "shop.verified" in early.json["error_description"]

    right = hashlib.sha256(b"right").hexdigest()
    remember(store, identity, right)
    path = f"/accounts/v1/shop-identities/{identity.shop_id}"
    wrong = described | {"proof": hashlib.sha256(b"wrong").hexdigest()}
    refused = await ask(comptoir, "POST", f"{path}/verify", wrong, token=bearer)
    assert 400 <= refused.status < 500
    assert refused.json["error"] == "store-identity/proof-invalid"
    before = (await ask(comptoir, "GET", f"{path}/status", token=bearer)).json
    assert (len(before), before["isVerified"]) == (11, False)
    proven = await ask(
        comptoir, "POST", f"{path}/verify", described | {"proof": right}, token=bearer
    )
    assert 200 <= proven.status < 300
    after = (await ask(comptoir, "GET", f"{path}/status", token=bearer)).json
    assert after["isVerified"] and after["shopVerificationErrorCode"] == ""
    verified = await token(comptoir, identity, "shop.verified")
    assert verified.json["scope"] == "shop.verified"
    return identity


async def journey(comptoir: Server) -> None:
    simulation = Simulation(stores=1, seed=11, versions=("8",), server=comptoir.base)
    await simulation.start()
    store = simulation.stores[0]
    try:
        identity = await identify(comptoir, store)
        shop_id = identity.shop_id
        vendor = await asyncio.to_thread(comptoir.cli, "vendor", "create", "acme")
        names = ",".join(catalogue())
        registered = await asyncio.to_thread(
            comptoir.cli, "module", "register", "--vendor", "acme", "acme_sync", "--contents", names
        )
        assert registered["contents"] == list(catalogue())
        path = f"/raw/v1/{shop_id}/orders"
        assert (await ask(comptoir, "GET", path)).status == 401
        bearer = await asyncio.to_thread(comptoir.vendor_token, vendor)
        refused = await ask(comptoir, "GET", path, token=bearer)
        assert refused.status == 403 and "consent" in refused.json["message"]
        await asyncio.to_thread(
            comptoir.cli, "consent", "grant", "--shop", shop_id, "--module", "acme_sync"
        )
        wanted = {"shopId": shop_id, "shopContents": ["orders", "order_details", "cart-rules"]}
        asked = await ask(comptoir, "POST", "/sync/v1/sync/trigger-full", wanted, token=bearer)
        assert 200 <= asked.status < 300 and isinstance(asked.json["result"], str)

        theirs = {name: store.fingerprint(name) for name in catalogue()}
        assert sum(count for count, _ in theirs.values()) >= 400

        async def equal() -> bool:
            return await held(comptoir, shop_id, bearer) == theirs

        assert await eventually_async(equal, WITHIN)
        summary = await ask(
            comptoir, "GET", f"/reporting/v1/shop-sync-summary/{shop_id}", token=bearer
        )
        assert summary.json["firstSyncFinishedAt"] <= summary.json["lastSyncFinishedAt"]

        keys = (await ask(comptoir, "GET", "/.well-known/jwks.json")).json
        assert await asyncio.to_thread(comptoir.stop) == 0
        await asyncio.to_thread(comptoir.start)
        assert (await ask(comptoir, "GET", "/.well-known/jwks.json")).json == keys
        assert await held(comptoir, shop_id, bearer) == theirs
        assert (await token(comptoir, identity, "shop.verified")).status == 200
    finally:
        await simulation.stop()


def test_from_identity_to_equal_rows_and_over_a_restart(engine: str) -> None:
    with server.running(engine) as comptoir:
        asyncio.run(journey(comptoir))
        assert "cs_" not in comptoir.log_text
        assert not any(json.dumps(line).count("eyJ") for line in comptoir.log)
