"""The calls of `ps_accounts` that these tests make again and again."""

from typing import Any

from tests.accounts.fake_store import PROOF, FakeStore
from tests.server import Answer, Identity, Server

IDENTITIES = "/accounts/v1/shop-identities"


def described(url: str, **more: Any) -> dict[str, Any]:
    base = {
        "backOfficeUrl": f"{url}/admin-dev",
        "frontendUrl": url,
        "multiShopId": 1,
        "name": "Demo",
    }
    return base | more


def verify(server: Server, store: Identity, url: str, proof: str = PROOF, **more: Any) -> Answer:
    return server.post(
        f"{IDENTITIES}/{store.shop_id}/verify",
        described(url, proof=proof, **more),
        token=server.store_token(store),
    )


def status(server: Server, store: Identity) -> dict[str, Any]:
    answer = server.get(f"{IDENTITIES}/{store.shop_id}/status", token=server.store_token(store))
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def verified(server: Server, shop: FakeStore) -> Identity:
    """A store that has proved its address."""
    store = server.create_identity(shop.url)
    answer = verify(server, store, shop.url)
    assert answer.status == 204, answer.text
    return store


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The error body, checked against the shape of the Accounts API."""
    assert (answer.status, answer.json["error"]) == (status, code), answer.text
    found: dict[str, Any] = answer.json
    assert set(found) <= {"error", "message", "reason", "response"}
    assert isinstance(found["message"], str) and found["message"]
    return found
