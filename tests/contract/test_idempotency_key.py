"""`Idempotency-Key` over HTTP: every POST that takes one, in the shape of its API; and a server
that is killed."""

import asyncio
import contextlib
import http.client
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web

from comptoir.app.wiring import all_endpoints
from comptoir.base.clock import SystemClock
from comptoir.base.ids import SystemIds
from comptoir.infra.database import Database
from comptoir.infra.settings import load
from tests.accounts.calls import IDENTITIES, described, verified
from tests.accounts.fake_store import PROOF, FakeStore, fake_store, proof
from tests.accounts.oidc import person_token
from tests.accounts.pages.browser import person
from tests.conftest import SLICE, VERIFY
from tests.eventually import eventually
from tests.server import Answer, Identity, Server, running

KEYED = {e.name: e for e in all_endpoints() if e.keyed}
EFFECTS = {
    "createShopIdentity": "store.created",
    "verifyShopIdentity": "store.verified",
    "setPointOfContact": "store.point_of_contact_changed",
    "updateShopModule": "store.module_updated",
    "triggerSync": "sync.triggered",
    "triggerFullSync": "sync.triggered",
}
"""What the audit log says of the effect. A notice leaves nothing there."""


KIND = {"any store": "store"}
"""Whose token is sent where several kinds are taken."""


@dataclass
class Stage:
    """A server, a verified store that shares with a vendor, and tokens of both."""

    server: Server
    shop: FakeStore
    store: Identity
    tokens: dict[str, str]
    database: Database

    def post(self, name: str, key: str, /, **more: Any) -> Answer:
        endpoint = KEYED[name]
        bodies: dict[str, Any] = {
            "createShopIdentity": described(self.shop.url),
            "verifyShopIdentity": described(self.shop.url, proof=PROOF),
            "setPointOfContact": {"pointOfContactJWT": self.tokens.get("person", "")},
            "updateShopModule": {"version": "7.2.2"},
            "notifyChange": {"shopContents": ["products"]},
        }
        body = bodies.get(name, {"shopId": self.store.shop_id, "shopContents": ["products"]})
        return self.server.post(
            endpoint.path.replace("{shop_id}", self.store.shop_id),
            {**body, **more},
            token=self.tokens.get(KIND.get(endpoint.access.value, endpoint.access.value)),
            headers={"Idempotency-Key": key},
        )

    def proofs(self) -> int:
        """How often the store was asked for its proof. The worker calls it for other things."""
        asked = [request.query.get("controller") for request in self.shop.seen]
        return asked.count("apiV2ShopProof")

    def audited(self, action: str) -> int:
        query = sa.text("SELECT count(*) FROM audit_log WHERE action = :action")
        with self.database.reading() as db:
            found: int = db.execute(query, {"action": action}).scalar_one()
        return found


@contextlib.contextmanager
def database_of(server: Server) -> Iterator[Database]:
    url = load(environ=server.environ).database
    made = Database(url, SystemClock(), SystemIds())
    yield made
    made.close()


@pytest.fixture(scope="module", params=SLICE)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with (
        running(request.param, identity_rate="100000", verify_timeout="8") as server,
        fake_store() as shop,
        database_of(server) as database,
    ):
        vendor = server.quick_cli("vendor", "create", "acme")
        server.quick_cli(
            "module", "register", "--vendor", "acme", "acme_m", "--contents", "products"
        )
        store = verified(server, shop)
        grant = ("consent", "grant", "--shop", store.shop_id, "--module", "acme_m")
        server.quick_cli(*grant)
        at = f"{IDENTITIES}/{store.shop_id}/tokens"
        legacy = server.get(at, token=server.store_token(store)).json["shop"]["token"]
        tokens = {
            "legacy store": legacy,
            "store": server.store_token(store),
            "vendor": server.vendor_token(vendor),
            "person": person_token(
                server, store, f"{shop.url}/admin-dev", person(server, "ada@people.example")
            )["access_token"],
        }
        yield Stage(server, shop, store, tokens, database)


def content(answer: Answer) -> tuple[int, bytes, str | None]:
    return answer.status, answer.body, answer.header("Content-Type")


def code(answer: Answer) -> str:
    """The code of a refusal, wherever the API puts it."""
    found = answer.json
    return str(found.get("error") or found["code"])


@pytest.mark.parametrize("name", KEYED)
def test_the_same_request_again(stage: Stage, name: str) -> None:
    stage.shop.reply = proof(PROOF)
    calls, effects = stage.proofs(), stage.audited(EFFECTS.get(name, ""))
    first = stage.post(name, f"same-{name}")
    again = [stage.post(name, key) for key in (f"same-{name}", f'"same-{name}"')]

    assert first.status in KEYED[name].answers, first.text
    assert first.header("Idempotency-Replayed") is None
    for answer in again:
        assert content(answer) == content(first)
        assert answer.header("Idempotency-Replayed") == "true"
        assert answer.header("X-Request-ID") != first.header("X-Request-ID")
    assert stage.audited(EFFECTS.get(name, "")) - effects == (name in EFFECTS)
    assert stage.proofs() - calls == (name == "verifyShopIdentity")


@pytest.mark.parametrize("name", KEYED)
def test_another_request_with_the_key(stage: Stage, name: str) -> None:
    stage.shop.reply = proof(PROOF)
    first = stage.post(name, f"other-{name}")
    other = stage.post(name, f"other-{name}", more=1)

    assert (other.status, code(other)) == (422, "infra.idempotency_key_reused")
    assert content(stage.post(name, f"other-{name}")) == content(first)


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("key", ["", "two words", '"open', "x" * 256])
def test_what_is_no_key(stage: Stage, name: str, key: str) -> None:
    answer = stage.post(name, key)

    assert (answer.status, code(answer)) == (400, "infra.idempotency_key_invalid")
    assert "UUID" in answer.text


def test_keys_of_different_endpoints_and_senders_are_different(stage: Stage) -> None:
    second = stage.server.quick_cli("vendor", "create", "second")
    server = stage.server
    server.quick_cli("module", "register", "--vendor", "second", "sec_m", "--contents", "products")
    grant = ("consent", "grant", "--shop", stage.store.shop_id, "--module", "sec_m")
    server.quick_cli(*grant)
    before = stage.audited("sync.triggered")
    for name in ("triggerSync", "triggerFullSync"):
        assert stage.post(name, "shared").header("Idempotency-Replayed") is None
    theirs = Stage(
        stage.server,
        stage.shop,
        stage.store,
        {"vendor": server.vendor_token(second)},
        stage.database,
    )
    assert theirs.post("triggerSync", "shared").header("Idempotency-Replayed") is None
    assert stage.audited("sync.triggered") - before == 3


def test_a_new_token_of_the_same_client_is_the_same_sender(stage: Stage) -> None:
    stage.post("notifyChange", "token")
    fresh = {**stage.tokens, "store": stage.server.store_token(stage.store)}
    other = Stage(stage.server, stage.shop, stage.store, fresh, stage.database)
    assert other.post("notifyChange", "token").header("Idempotency-Replayed") == "true"
    forged = Stage(stage.server, stage.shop, stage.store, {"store": "x"}, stage.database)
    assert forged.post("notifyChange", "token").status == 401, "who calls is looked at first"


def test_a_refusal_that_changed_nothing_may_be_mended(stage: Stage) -> None:
    wrong = stage.post("triggerSync", "mended", shopContents=["nonsense"])
    assert wrong.status == 400
    right = stage.post("triggerSync", "mended")
    assert (right.status, right.header("Idempotency-Replayed")) == (202, None)


def test_a_failed_proof_is_an_outcome_and_kept(stage: Stage) -> None:
    stage.shop.reply = proof("0" * 64)
    failures, calls = stage.audited("store.verification_failed"), stage.proofs()
    first = stage.post("verifyShopIdentity", "failed")
    stage.shop.reply = proof(PROOF)
    again = stage.post("verifyShopIdentity", "failed")

    assert (first.status, code(first)) == (400, "store-identity/proof-invalid")
    assert content(again) == content(first)
    assert stage.audited("store.verification_failed") - failures == 1
    assert stage.proofs() - calls == 1
    assert stage.post("verifyShopIdentity", "failed-2").status == 204


def test_a_second_request_while_the_first_is_under_way(stage: Stage) -> None:
    told = threading.Event()

    async def late(_: web.Request) -> web.Response:
        await asyncio.to_thread(told.wait, 30)
        return web.json_response({"proof": PROOF})

    stage.shop.reply = late
    calls, first = stage.proofs(), []
    thread = threading.Thread(
        target=lambda: first.append(stage.post("verifyShopIdentity", "slow")), daemon=True
    )
    thread.start()
    eventually(lambda: stage.proofs() > calls)
    second = stage.post("verifyShopIdentity", "slow")
    told.set()
    thread.join()
    stage.shop.reply = proof(PROOF)

    assert (second.status, code(second)) == (409, "infra.idempotency_under_way")
    assert int(second.header("Retry-After") or "0") >= 1
    assert first[0].status == 204
    assert stage.proofs() - calls == 1
    assert content(stage.post("verifyShopIdentity", "slow")) == content(first[0])


def test_many_at_once_have_one_effect(stage: Stage) -> None:
    before, answers = stage.audited("store.created"), []
    threads = [
        threading.Thread(target=lambda: answers.append(stage.post("createShopIdentity", "race")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert stage.audited("store.created") - before == 1
    assert len({a.body for a in answers if a.status == 201}) == 1
    assert {a.status for a in answers} <= {201, 409}


def test_without_a_key_each_request_counts(stage: Stage) -> None:
    before = stage.audited("store.created")
    made = {stage.server.create_identity(stage.shop.url).shop_id for _ in range(2)}
    assert len(made) == stage.audited("store.created") - before == 2


def test_where_no_key_is_taken_it_is_not_looked_at(stage: Stage) -> None:
    for _ in range(2):
        answer = stage.server.post(
            "/accounts/v1/shop/token/verify",
            {"token": stage.tokens["store"]},
            headers={"Idempotency-Key": "no key at all"},
        )
        assert (answer.status, answer.header("Idempotency-Replayed")) == (200, None)


def test_a_body_that_is_too_large(stage: Stage) -> None:
    answer = stage.post("createShopIdentity", "large", name="x" * (1 << 20))
    assert (answer.status, code(answer)) == (413, "infra.body_too_large")


SEED = random.SystemRandom().randrange(1 << 32) if VERIFY else 7
KILLS = 20 if VERIFY else 1


def test_a_server_that_is_killed(engine: str) -> None:
    """SIGKILL once the effect is durable and its answer is not read, and at random moments: sent
    again, the request has had one effect, and its answer holds."""
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    with running(engine, identity_rate="100000") as server, database_of(server) as database:

        def stores(url: str) -> list[str]:
            query = sa.text("SELECT shop_id FROM shop WHERE frontend_url = :url")
            with database.reading() as db:
                return list(db.execute(query, {"url": url}).scalars())

        for number in range(KILLS):
            url = f"https://shop{number}.example"
            asked: dict[str, Any] = {
                "json_body": described(url),
                "headers": {"Idempotency-Key": f"kill-{number}"},
            }
            answers: list[Answer] = []

            def send(asked: dict[str, Any] = asked, answers: list[Answer] = answers) -> None:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answers.append(server.post(IDENTITIES, **asked))

            thread = threading.Thread(target=send)
            thread.start()
            if number % 2 == 0:
                eventually(lambda: stores(url))  # noqa: B023
            else:
                thread.join(draw.random() * 0.02)
            server.kill()
            thread.join()
            database.engine.dispose()
            server.start()
            again = server.post(IDENTITIES, **asked)
            third = server.post(IDENTITIES, **asked)

            assert again.status == 201
            assert stores(url) == [again.json["cloudShopId"]]
            assert content(third) == content(again)
            assert number % 2 or again.header("Idempotency-Replayed") == "true"
            assert all(content(answer) == content(again) for answer in answers)
            assert server.store_token(
                Identity(*(again.json[n] for n in ("cloudShopId", "clientId", "clientSecret")))
            )
