"""Consents: by the store's token over HTTP, by the operator's command, in force at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from comptoir.prestashop.catalogue import catalogue
from tests.accounts.calls import refused, verified
from tests.accounts.fake_store import fake_store
from tests.server import Answer, Identity, Server

ASKED = ["orders", "order_carriers", "order_cart_rules", "order_details", "order_status_history"]
ALWAYS = ["info", "modules", "themes"]


@dataclass(frozen=True)
class Scene:
    """A store, a vendor with a module that asks for orders, and both their tokens."""

    server: Server
    store: Identity
    token: str
    vendor_token: str
    module: str

    @property
    def path(self) -> str:
        return f"/accounts/v1/shops/{self.store.shop_id}/consents/{self.module}"

    def reads(self, content: str) -> int:
        """The status that the vendor gets for a list of this content."""
        path = f"/raw/v1/{self.store.shop_id}/{content}"
        return self.server.get(path, token=self.vendor_token).status

    def granted(self, answer: Answer) -> set[str]:
        assert answer.status == 200, answer.text
        return {row["shopContent"] for row in answer.json["shopContents"] if row["granted"]}


@pytest.fixture(scope="module")
def vendor(comptoir: Server) -> dict[str, str]:
    made: dict[str, str] = comptoir.quick_cli("vendor", "create", "acme")
    return made


@pytest.fixture
def scene(
    comptoir: Server, vendor: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Scene]:
    module = f"m{abs(hash(request.node.name)) % 10**12}"
    comptoir.quick_cli("module", "register", "--vendor", "acme", module, "--contents", "orders")
    with fake_store() as shop:
        store = verified(comptoir, shop)
        yield Scene(
            comptoir, store, comptoir.store_token(store), comptoir.vendor_token(vendor), module
        )


def test_the_state_before_any_consent(scene: Scene) -> None:
    answer = scene.server.get(scene.path, token=scene.token)

    assert answer.status == 200
    assert answer.json == {
        "shopId": scene.store.shop_id,
        "module": scene.module,
        "vendor": "acme",
        "shopContents": [
            {"shopContent": name, "granted": False, "grantedAt": None}
            for name in catalogue()
            if name in ASKED + ALWAYS
        ],
    }
    assert scene.reads("orders") == 403


def test_a_grant_without_body_is_for_all_that_is_asked(scene: Scene) -> None:
    answer = scene.server.put(scene.path, token=scene.token)

    assert scene.granted(answer) == set(ASKED + ALWAYS)
    assert all(row["grantedAt"].endswith("Z") for row in answer.json["shopContents"])
    assert scene.reads("orders") == 200
    assert scene.reads("order-details") == 200
    assert scene.reads("products") == 403
    again = scene.server.put(scene.path, {}, token=scene.token)
    assert again.json == answer.json, "what is in force keeps its date"
    assert scene.server.get(scene.path, token=scene.token).json == answer.json


def test_a_grant_can_name_contents_in_both_spellings(scene: Scene) -> None:
    body = {"shopContents": ["orders", "order-details"]}
    answer = scene.server.put(scene.path, body, token=scene.token)
    assert scene.granted(answer) == {"orders", "order_details", *ALWAYS}
    assert scene.reads("orders") == 200
    assert scene.reads("order-carriers") == 403


def test_a_grant_replaces_the_one_before(scene: Scene) -> None:
    scene.server.put(scene.path, token=scene.token)
    answer = scene.server.put(scene.path, {"shopContents": ["order_carriers"]}, token=scene.token)
    assert scene.granted(answer) == {"order_carriers", *ALWAYS}
    assert (scene.reads("orders"), scene.reads("order-carriers")) == (403, 200)
    answer = scene.server.put(scene.path, {"shopContents": []}, token=scene.token)
    assert scene.granted(answer) == set(ALWAYS)


@pytest.mark.parametrize("member", ["contents", "shopcontents", "shop_contents"])
def test_a_misspelt_member_does_not_grant_everything(scene: Scene, member: str) -> None:
    answer = scene.server.put(scene.path, {member: ["orders"]}, token=scene.token)
    assert member in refused(answer, 400, "infra.body_unreadable")["message"]
    assert scene.granted(scene.server.get(scene.path, token=scene.token)) == set()


def test_withdrawal_is_for_all_contents_and_at_once(scene: Scene) -> None:
    scene.server.put(scene.path, token=scene.token)
    assert scene.reads("orders") == 200
    for _ in range(2):
        answer = scene.server.delete(scene.path, token=scene.token)
        assert scene.granted(answer) == set()
        assert scene.reads("orders") == 403
    scene.server.put(scene.path, token=scene.token)
    assert scene.reads("orders") == 200


@pytest.mark.parametrize(
    "names", [["nonsense"], ["products"], ["orders", "Orders"], [""], ["orderDetails"]]
)
def test_contents_that_were_not_asked_for(scene: Scene, names: list[str]) -> None:
    answer = scene.server.put(scene.path, {"shopContents": names}, token=scene.token)

    found = refused(answer, 400, "accounts.contents_unknown")
    assert names[-1] in found["message"]
    assert "orders" in found["message"], "it says what there is"
    assert scene.granted(scene.server.get(scene.path, token=scene.token)) == set()


@pytest.mark.parametrize(
    "body", [b"x", b"[]", b'{"shopContents":"orders"}', b'{"shopContents":[1]}', b"\xff"]
)
def test_bodies_that_cannot_be_read(scene: Scene, body: bytes) -> None:
    answer = scene.server.request("PUT", scene.path, body=body, token=scene.token)

    refused(answer, 400, "infra.body_unreadable")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_who_may_not(scene: Scene, method: str) -> None:
    server = scene.server
    for unknown in ("no_such_module", "a%00b", "%E2%82%AC", "x" * 500):
        path = f"/accounts/v1/shops/{scene.store.shop_id}/consents/{unknown}"
        refused(server.request(method, path, token=scene.token), 404, "accounts.module_not_found")
    refused(server.request(method, scene.path), 401, "infra.token_missing")
    refused(
        server.request(method, scene.path, token=scene.vendor_token),
        403,
        "infra.wrong_kind_of_token",
    )
    other = server.create_identity("http://127.0.0.1:1/other")
    refused(
        server.request(method, scene.path, token=server.store_token(other)),
        403,
        "infra.foreign_store",
    )


def test_a_store_id_that_no_database_takes_is_not_there(scene: Scene) -> None:
    for path in ("/raw/v1/a%00b/orders", "/reporting/v1/shop-sync-summary/a%00b"):
        assert scene.server.get(path, token=scene.vendor_token).status == 404


def test_the_operators_command_holds_for_the_next_request(scene: Scene) -> None:
    shop = ("--shop", scene.store.shop_id, "--module", scene.module)
    assert scene.reads("orders") == 403
    made = scene.server.cli("consent", "grant", *shop)
    assert scene.reads("orders") == 200
    assert made["shop"] == scene.store.shop_id
    assert set(made["contents"]) == set(ASKED + ALWAYS)
    ended = scene.server.cli("consent", "withdraw", *shop)
    assert scene.reads("orders") == 403
    assert set(ended["withdrawn"]) == set(ASKED + ALWAYS)


def test_a_module_that_asks_for_less_later_reads_less(scene: Scene) -> None:
    scene.server.put(scene.path, token=scene.token)
    assert scene.reads("orders") == 200
    register = ("module", "register", "--vendor", "acme", scene.module)
    scene.server.quick_cli(*register, "--contents", "products")
    assert scene.reads("orders") == 403
    assert scene.reads("products") == 403, "a new content needs a new consent"
    assert scene.granted(scene.server.get(scene.path, token=scene.token)) == set(ALWAYS)
    scene.server.quick_cli(*register, "--contents", "orders")
    assert scene.reads("orders") == 200


def test_a_consent_is_for_the_vendor_of_the_module(scene: Scene) -> None:
    scene.server.put(scene.path, token=scene.token)
    rival = scene.server.quick_cli("vendor", "create", f"rival-{scene.module}")
    path = f"/raw/v1/{scene.store.shop_id}/orders"
    assert scene.server.get(path, token=scene.server.vendor_token(rival)).status == 403
