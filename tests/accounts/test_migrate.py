"""PUT …/migrate: from `ps_accounts` 5 to 7 to version 8 (spec/accounts.md §1.3.6, §4.6)."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from comptoir.accounts import find_client, load_shop
from comptoir.accounts.legacy.link import end_link
from comptoir.accounts.legacy.store import link_of, remove_identity
from comptoir.accounts.store import revoke_client
from tests.accounts.fake_store import PROOF
from tests.accounts.legacy_world import IDENTITIES, OWNER, Cloud, cloud, refused
from tests.accounts.old_store import CLIENT, OldStore, old_store, refuses
from tests.conftest import ENGINES

FAILED = "store-identity/migration-failed"
CANNOT = "store-identity/store-cannot-be-requested"
SHOWN = ("GET", "apiV2ShopProof")
Json = dict[str, Any]


@pytest.fixture(scope="module", params=ENGINES)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    with cloud(request.param, tmp_path_factory.mktemp("migrate")) as made:
        yield made


@pytest.fixture
def shop(there: Cloud) -> Iterator[OldStore]:
    with old_store() as made:
        made.cloud = there.base
        there.link(made)
        yield made


def uid(shop: OldStore) -> str:
    found: str = shop.state[CLIENT]["uid"]
    return found


def pair(answer: Any) -> Json:
    assert answer.status == 200, answer.text
    assert set(answer.json) == {"cloudShopId", "clientId", "clientSecret"}
    return {
        "client_id": answer.json["clientId"],
        "client_secret": answer.json["clientSecret"],
    }


def status(there: Cloud, shop: OldStore, client: Json) -> Json:
    base = there.world.context.settings.base
    token = there.token(client, f"store/{uid(shop)} {base}/accounts")
    answer = there.call("GET", f"{IDENTITIES}/{uid(shop)}/status", token)
    assert answer.status == 200, answer.text
    found: Json = answer.json
    return found


@pytest.mark.parametrize("legacy", [False, True])
def test_it_keeps_its_id_and_its_owner_and_is_verified(
    there: Cloud, shop: OldStore, legacy: bool
) -> None:
    token = there.v7_tokens(shop)["shopToken"] if legacy else shop.state["token"]
    answer = there.migrate(uid(shop), shop, token, name="New", multiShopId="2")
    client = pair(answer)
    assert answer.json["cloudShopId"] == uid(shop)
    assert client["client_id"] == shop.state[CLIENT]["client_id"]
    assert client["client_secret"] != shop.state[CLIENT]["client_secret"]
    assert shop.seen[-1].query["shop_id"] == "2"
    assert "X-Prestashop-Authorization" in shop.seen[-1].headers
    found = status(there, shop, client)
    assert found["cloudShopId"] == uid(shop)
    assert (found["isVerified"], found["frontendUrl"]) == (True, shop.url)
    assert found["shopVerificationErrorCode"] == ""
    assert found["pointOfContactUuid"] == OWNER
    with there.context.db.reading() as db:
        assert load_shop(db, uid(shop)).module_version == "8.0.13"
        assert link_of(db, uid(shop)).sealed_key is None
    assert "store.migrated" in there.audited(uid(shop))


def test_a_store_that_lost_the_answer_asks_again(there: Cloud, shop: OldStore) -> None:
    """With the secret that it has: it gets its token as if nothing had been."""
    before, audience = shop.state[CLIENT], f"shop_{uid(shop)}"
    lost = pair(there.migrate(uid(shop), shop, shop.state["token"]))
    again = there.token(before, audience)
    kept = pair(there.migrate(uid(shop), shop, again))
    assert kept["client_secret"] != lost["client_secret"]
    assert there.asked(lost, audience) == 401, "it was never used, and never will be"
    assert there.asked(before, audience) == 200
    assert there.asked(kept, audience) == 200
    assert there.asked(before, audience) == 401, "once the new one is used the old one ends"
    with there.context.db.reading() as db:
        stored = find_client(db, kept["client_id"])
    assert stored is not None and stored.previous_until is None


def test_the_legacy_tokens_of_before_are_good_to_ask_again(there: Cloud, shop: OldStore) -> None:
    refresh = there.v7_tokens(shop)["shopRefreshToken"]
    pair(there.migrate(uid(shop), shop, shop.state["token"]))
    path, headers = "/accounts/v1/shop/token/refresh", {"X_Shop_Id": uid(shop)}
    token = there.call("POST", path, "", {"token": refresh}, **headers).json["token"]
    pair(there.migrate(uid(shop), shop, token, fromVersion="0"))


def test_a_store_that_is_migrated_may_do_it_again(there: Cloud, shop: OldStore) -> None:
    client = pair(there.migrate(uid(shop), shop, shop.state["token"]))
    for _ in range(2):
        client = pair(there.migrate(uid(shop), shop, there.token(client, f"shop_{uid(shop)}")))
    assert status(there, shop, client)["isVerified"] is True


def test_a_store_without_a_client_gets_one(there: Cloud, shop: OldStore) -> None:
    token = there.v7_tokens(shop)["shopToken"]
    with there.context.db.begin("tests") as work:
        revoke_client(work.db, shop.state[CLIENT]["client_id"], work.now_ms)
    client = pair(there.migrate(uid(shop), shop, token))
    assert client["client_id"] != shop.state[CLIENT]["client_id"]
    assert status(there, shop, client)["isVerified"] is True


def test_a_store_that_has_moved(there: Cloud, shop: OldStore) -> None:
    with old_store() as moved:
        client = pair(there.migrate(uid(shop), moved, shop.state["token"]))
        assert status(there, shop, client)["frontendUrl"] == moved.url


def test_who_has_a_legacy_token_brings_no_store_to_an_address_of_their_own(
    there: Cloud, shop: OldStore
) -> None:
    """Stores give these tokens to other modules, and those to whoever serves them: also stores with
    `ps_accounts` 8, which have nothing to migrate."""
    token = there.v7_tokens(shop)["shopToken"]
    with old_store() as theirs:
        found = refused(there.migrate(uid(shop), theirs, token), 400, FAILED)
        assert "legacy token" in found["reason"]
        client = pair(there.migrate(uid(shop), shop, shop.state["token"]))
        said = f"store/{uid(shop)} {there.base}/accounts"
        path = f"{IDENTITIES}/{uid(shop)}/tokens"
        token = there.call("GET", path, there.token(client, said)).json["shop"]["token"]
        refused(there.migrate(uid(shop), theirs, token), 400, FAILED)
        assert theirs.names == []
    found = status(there, shop, client)
    assert (found["isVerified"], found["frontendUrl"]) == (True, shop.url)


def test_a_store_that_is_unlinked_while_it_is_asked(there: Cloud, shop: OldStore) -> None:
    token, shop_id = there.v7_tokens(shop)["shopToken"], uid(shop)

    def unlinks() -> web.Response:
        with there.context.db.begin("tests") as work:
            end_link(work, shop_id)
        return web.json_response({"proof": PROOF})

    shop.broken[SHOWN] = unlinks
    refused(there.migrate(shop_id, shop, token), 401, "infra.token_invalid")
    with there.context.db.reading() as db:
        assert not load_shop(db, shop_id).verified


def test_a_store_that_is_unknown(there: Cloud, shop: OldStore) -> None:
    legacy = there.v7_tokens(shop)["shopToken"]
    with there.context.db.begin("tests") as work:
        gone = load_shop(work.db, uid(shop))
        remove_identity(work.db, gone.shop_id)
    for token in (shop.state["token"], legacy):
        answer = there.migrate(uid(shop), shop, token)
        refused(answer, 404, "store-identity/store-legacy-not-found")


@pytest.mark.parametrize("announced", ["", "0" * 63, "g" * 64, PROOF.upper()])
def test_a_proof_that_is_none(there: Cloud, shop: OldStore, announced: str) -> None:
    refused(there.migrate(uid(shop), shop, shop.state["token"], proof=announced), 400, FAILED)
    assert SHOWN not in shop.names


def test_another_proof(there: Cloud, shop: OldStore) -> None:
    answer = there.migrate(uid(shop), shop, shop.state["token"], proof="1" * 64)
    assert "proof" in refused(answer, 400, FAILED)["reason"]
    assert shop.names[-1] == SHOWN
    assert there.asked(shop.state[CLIENT], f"shop_{uid(shop)}") == 200
    found = status(there, shop, shop.state[CLIENT])
    assert (found["isVerified"], found["shopVerificationErrorCode"]) == (False, FAILED)


@pytest.mark.parametrize(
    "wrong", [{"frontendUrl": "ftp://x"}, {"frontendUrl": ""}, {"multiShopId": "1&x"}]
)
def test_an_address_that_cannot_be_used(there: Cloud, shop: OldStore, wrong: Json) -> None:
    refused(there.migrate(uid(shop), shop, shop.state["token"], **wrong), 400, FAILED)


def test_a_body_that_cannot_be_read(there: Cloud, shop: OldStore) -> None:
    path = f"{IDENTITIES}/{uid(shop)}/migrate"
    for body in ([], {}, {"frontendUrl": 7}):
        refused(there.call("PUT", path, shop.state["token"], body), 400, "infra.body_unreadable")


def test_a_store_that_answers_403(there: Cloud, shop: OldStore) -> None:
    shop.broken[SHOWN] = refuses(403, "<h1>Blocked</h1>")
    answer = there.migrate(uid(shop), shop, shop.state["token"])
    found = refused(answer, 422, CANNOT)
    assert found["message"] == "Store cannot be requested"
    assert found["reason"] == "Request failed with status code 403"
    assert found["response"]["status"] == 403 and found["response"]["data"] == "<h1>Blocked</h1>"
    assert status(there, shop, shop.state[CLIENT])["isVerified"] is True
    shop.broken.clear()
    pair(there.migrate(uid(shop), shop, shop.state["token"]))


def test_a_store_that_is_not_there(there: Cloud, shop: OldStore) -> None:
    token, nowhere = shop.state["token"], "http://127.0.0.1:1/shop"
    found = refused(there.migrate(uid(shop), shop, token, frontendUrl=nowhere), 422, CANNOT)
    assert "response" not in found


def test_with_somebody_elses_token(there: Cloud, shop: OldStore) -> None:
    with old_store() as other:
        other.cloud = there.base
        there.link(other)
        tokens = (other.state["token"], there.v7_tokens(other)["shopToken"])
        for token in tokens:
            refused(there.migrate(uid(shop), shop, token), 403, "infra.foreign_store")
    assert SHOWN not in shop.names


def test_with_a_token_of_another_kind(there: Cloud, shop: OldStore) -> None:
    base = there.world.context.settings.base
    v8 = there.token(shop.state[CLIENT], f"store/{uid(shop)} {base}/accounts")
    owner = there.v7_tokens(shop)["userToken"]
    for token in (v8, owner):
        answer = there.migrate(uid(shop), shop, token)
        refused(answer, 403, "infra.wrong_kind_of_token")
    refused(there.migrate(uid(shop), shop, "a.b.c"), 401, "infra.token_invalid")
    refused(there.migrate(uid(shop), shop, ""), 401, "infra.token_missing")


def test_the_header_names_no_other_store(there: Cloud, shop: OldStore) -> None:
    path, body = f"{IDENTITIES}/{uid(shop)}/migrate", {"frontendUrl": shop.url}
    answer = there.call("PUT", path, shop.state["token"], body, X_Shop_Id="another")
    refused(answer, 403, "infra.foreign_store")


@pytest.mark.parametrize("since", [0, 7.2, None, "7.2.2"])
def test_the_version_before_may_be_said_in_any_way(
    there: Cloud, shop: OldStore, since: object
) -> None:
    pair(there.migrate(uid(shop), shop, shop.state["token"], fromVersion=since))


@pytest.mark.parametrize("proof", ["", "1" * 64])
def test_who_has_a_legacy_token_ends_no_verification(
    there: Cloud, shop: OldStore, proof: str
) -> None:
    """Modules of others have it; the store has version 7, and wants no migration."""
    token = there.v7_tokens(shop)["shopToken"]
    refused(there.migrate(uid(shop), shop, token, proof=proof), 400, FAILED)
    with there.context.db.reading() as db:
        assert load_shop(db, uid(shop)).verified
