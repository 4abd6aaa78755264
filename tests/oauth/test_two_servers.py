"""Two server processes on one database while keys are rotated by command."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.eventually import eventually
from tests.oauth.calls import URL, ask, claims_of, header_of, keys
from tests.ports import free_port
from tests.server import Identity, Server

Pair = tuple[Server, Server, Identity]


@pytest.fixture
def pair(comptoir: Server) -> Iterator[Pair]:
    folder = comptoir.folder / "second"
    folder.mkdir()
    other = replace(comptoir, folder=folder, port=free_port(), process=None)
    other.start()
    try:
        yield comptoir, other, comptoir.create_identity(URL)
    finally:
        other.stop()


def token_of(server: Server, store: Identity) -> str:
    base = server.environ["COMPTOIR_PUBLIC_URL"]
    audience = f"store/{store.shop_id} {base}/accounts"
    return str(ask(server, store, audience=audience).json["access_token"])


def kid_of(server: Server, store: Identity) -> str:
    return str(header_of(token_of(server, store))["kid"])


def status(server: Server, store: Identity, token: str) -> int:
    path = f"/accounts/v1/shop-identities/{store.shop_id}/status"
    return server.get(path, token=token).status


def test_rotation_shows_in_both(pair: Pair) -> None:
    one, two, store = pair
    old = kid_of(one, store)
    token = token_of(one, store)
    assert status(two, store, token) == 200

    waiting = one.cli("keys", "rotate")
    assert waiting["revoked"] == []
    assert one.cli("keys", "rotate")["kid"] == waiting["kid"], "one waits already"
    published = {old, waiting["kid"]}
    for server in (one, two):
        eventually(lambda s=server: {key["kid"] for key in keys(s)["keys"]} == published)
        assert kid_of(server, store) == old, "published before it signs"

    made = one.cli("keys", "rotate", "--now")
    assert set(made["revoked"]) == published
    for server in (one, two):
        eventually(lambda s=server: kid_of(s, store) == made["kid"])
        assert [key["kid"] for key in keys(server)["keys"]] == [made["kid"]]
        eventually(lambda s=server: status(s, store, token) == 401)
    for server, other in ((one, two), (two, one)):
        assert status(other, store, token_of(server, store)) == 200
        claims_of(server, token_of(other, store))

    found = {key["kid"]: key for key in one.cli("keys", "list")}
    assert {kid: key["state"] for kid, key in found.items()} == {
        old: "ended",
        waiting["kid"]: "ended",
        made["kid"]: "signing",
    }
    text = one.quick("keys", "list").stdout
    assert made["kid"] in text
    assert "signing" in text
