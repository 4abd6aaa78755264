"""Link a store with `ps_accounts` 7 to a person, and end that (spec/accounts.md §2.4, §4.8)."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from comptoir.accounts import all_shops, find_client, load_shop
from comptoir.accounts.errors import IdentityInvalid, StoreCannotBeRequested
from comptoir.accounts.legacy.errors import DomainDiffers, LinkRefused
from comptoir.accounts.tables import client as clients
from comptoir.base.errors import Problem
from tests.accounts.legacy_world import EMAIL, OWNER, Cloud, cloud, place
from tests.accounts.old_store import CLIENT, LINK, URL, OldStore, old_store, public_key, refuses
from tests.conftest import ENGINES

UNTOLD = {("DELETE", CLIENT), ("DELETE", LINK)}


@pytest.fixture(scope="module", params=ENGINES)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    with cloud(request.param, tmp_path_factory.mktemp("link")) as made:
        yield made


@pytest.fixture
def shop(there: Cloud) -> Iterator[OldStore]:
    with old_store() as made:
        made.cloud = there.base
        yield made


def counts(there: Cloud) -> tuple[int, int]:
    with there.context.db.reading() as db:
        found = db.execute(clients.select()).all()
        return len(all_shops(db)), len([c for c in found if c.revoked_at is None])


def failure(there: Cloud, shop: OldStore, kind: type[Problem], **more: Any) -> Any:
    with pytest.raises(kind) as failed:
        there.link(shop, **more)
    assert failed.value.detail()
    return failed.value


def test_the_calls_that_the_store_gets(there: Cloud, shop: OldStore) -> None:
    made = there.link(shop)

    assert made.verified and made.frontend_url == shop.url
    assert (made.point_of_contact_uuid, made.point_of_contact_email) == (OWNER, EMAIL)
    asked, link, client = shop.calls
    assert asked == ("GET", URL, {"shop_id": 1})
    assert link == (
        "POST",
        LINK,
        {
            "shop_id": 1,
            "uid": made.shop_id,
            "owner_uid": OWNER,
            "owner_email": EMAIL,
            "employee_id": 3,
        },
    )
    assert client[:2] == ("POST", CLIENT)
    assert set(client[2]) == {"shop_id", "client_id", "client_secret", "uid"}
    assert client[2]["client_id"] == made.client_id
    assert client[2]["uid"] == made.shop_id
    assert shop.fetched == [200], "it fetches a token while we wait for its answer"
    assert there.topics(made.shop_id) == [
        "accounts.shop.verified.v1",
        "accounts.shop.owner_changed.v1",
        "accounts.shop.linked.v1",
    ]
    assert "store.linked" in there.audited(made.shop_id)


def test_versions_5_and_6_get_tokens_too(there: Cloud, shop: OldStore) -> None:
    for version in ("5.6.2", "6.3.2"):
        made = there.link(shop, module_version=version)
        told = shop.state[LINK]
        assert told["uid"] == made.shop_id
        for kind in ("shop", "user"):
            answer = there.call(
                "POST", "/accounts/v1/shop/token/verify", "", {"token": told[f"{kind}_token"]}
            )
            assert answer.status == 200
            assert told[f"{kind}_refresh_token"]
    for version in ("", "7.0.0", "8", "x", "²"):
        there.link(shop, module_version=version)
        assert not [name for name in shop.state[LINK] if name.endswith("token")]


def test_the_key_and_the_secret_are_not_stored_as_they_are(there: Cloud, shop: OldStore) -> None:
    made = there.link(shop)
    secret = shop.state[CLIENT]["client_secret"]
    with there.context.db.reading() as db:
        found = db.exec_driver_sql("SELECT * FROM shop").all()
        assert shop.key.encode()[40:60] not in repr(found).encode()
        stored = find_client(db, made.client_id)
    assert stored is not None and secret.encode() not in stored.secret_hash


@pytest.mark.parametrize("number", ["", "4"])
def test_the_number_of_the_shop(there: Cloud, shop: OldStore, number: str) -> None:
    there.link(shop, place=place(shop, multi_shop_id=number))
    assert [claims["shop_id"] for _, _, claims in shop.calls] == [int(number or 1)] * 3


def test_a_store_that_holds_another_key(there: Cloud, shop: OldStore) -> None:
    before = counts(there)
    failed = failure(there, shop, StoreCannotBeRequested, public_key=public_key(1))
    assert failed.reason == "Request failed with status code 401"
    assert shop.calls == [] and counts(there) == before


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (refuses(404), "Request failed with status code 404"),
        (refuses(503, "<h1>Maintenance</h1>"), "Request failed with status code 503"),
        (refuses(200, "<html>"), "the store did not answer with JSON"),
        (refuses(200, "[]"), "the store did not answer with a JSON object"),
    ],
)
def test_a_store_that_does_not_say_where_it_is(
    there: Cloud, shop: OldStore, reply: Any, reason: str
) -> None:
    before = counts(there)
    shop.broken["GET", URL] = reply
    assert failure(there, shop, StoreCannotBeRequested).reason == reason
    assert shop.names == [("GET", URL)] and counts(there) == before


def test_a_store_that_is_not_there(there: Cloud, shop: OldStore) -> None:
    at = place(shop, frontend_url="http://127.0.0.1:1/shop")
    assert "refused" in failure(there, shop, StoreCannotBeRequested, place=at).reason


@pytest.mark.parametrize("said", ["other.example", "127.0.0.1", ""])
def test_a_store_that_says_it_is_another(there: Cloud, shop: OldStore, said: str) -> None:
    before = counts(there)
    shop.domain = said
    if not said:
        shop.broken["GET", URL] = refuses(200, '{"domain":null}')
    failed = failure(there, shop, DomainDiffers)
    assert failed.wanted == f"127.0.0.1:{shop.port}" and failed.said == said
    assert shop.names == [("GET", URL)] and counts(there) == before


@pytest.mark.parametrize("step", [LINK, CLIENT])
@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_store_that_does_not_take_it_is_left_as_it_was(
    there: Cloud, shop: OldStore, step: str, status: int
) -> None:
    before = counts(there)
    shop.broken["POST", step] = refuses(status)
    failed = failure(there, shop, LinkRefused)
    assert (failed.step, failed.reason) == (step, f"Request failed with status code {status}")
    assert failed.response["status"] == status
    assert counts(there) == before
    assert set(shop.names[-2:]) == UNTOLD and LINK not in shop.state and CLIENT not in shop.state


def test_a_link_that_failed_can_be_made_again(there: Cloud, shop: OldStore) -> None:
    shop.broken["POST", CLIENT] = refuses(500)
    failure(there, shop, LinkRefused)
    shop.broken.clear()
    made = there.link(shop)
    assert shop.state[LINK]["uid"] == made.shop_id


@pytest.mark.parametrize(
    ("member", "changes"),
    [
        ("publicKey", {"public_key": ""}),
        ("publicKey", {"public_key": "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n"}),
        ("publicKey", {"public_key": "x" * 9000}),
        ("owner", {"owner_id": ""}),
        ("owner", {"owner_email": ""}),
    ],
)
def test_what_cannot_be_used(
    there: Cloud, shop: OldStore, member: str, changes: dict[str, str]
) -> None:
    assert failure(there, shop, IdentityInvalid, **changes).member == member
    assert shop.calls == []


def test_an_address_that_cannot_be_used(there: Cloud, shop: OldStore) -> None:
    for wrong in ({"frontend_url": "ftp://x"}, {"multi_shop_id": "1&x"}):
        failure(there, shop, IdentityInvalid, place=place(shop, **wrong))
    assert shop.calls == []


def test_a_known_store_keeps_its_identity(there: Cloud, shop: OldStore) -> None:
    first = there.link(shop)
    old = dict(shop.state[CLIENT])
    tokens = there.v7_tokens(shop)
    again = there.link(shop, shop_id=first.shop_id, owner_id="another", owner_email="b@x.example")

    assert again.shop_id == first.shop_id and again.client_id != first.client_id
    assert again.point_of_contact_uuid == "another"
    assert there.asked(old, f"shop_{first.shop_id}") == 401, "its client before is revoked"
    for path, token in (("shop", "shopRefreshToken"),):
        answer = there.call(
            "POST", f"/accounts/v1/{path}/token/refresh", "", {"token": tokens[token]}
        )
        assert answer.status == 404, "a renewed link ends the tokens of the one before"


def test_who_knows_an_id_does_not_get_the_identity(there: Cloud, shop: OldStore) -> None:
    theirs = there.link(shop)
    with old_store(1) as mine:
        made = there.link(
            mine, shop_id=theirs.shop_id, owner_id="somebody-else", owner_email="c@x.example"
        )
    assert made.shop_id != theirs.shop_id
    with there.context.db.reading() as db:
        assert load_shop(db, theirs.shop_id) == theirs


def test_a_person_takes_the_identity_along_to_a_new_address(there: Cloud, shop: OldStore) -> None:
    first = there.link(shop)
    with old_store() as moved:
        made = there.link(moved, shop_id=first.shop_id)
        assert made.shop_id == first.shop_id and made.frontend_url == moved.url


def test_a_link_that_names_a_store_of_the_persons_does_not_give_it_to_another_address(
    there: Cloud, shop: OldStore
) -> None:
    """Somebody sends the owner a link with the id of their store and the address of another one."""
    first = there.link(shop)
    with old_store(1) as theirs:
        made = there.link(theirs, shop_id=first.shop_id)
        assert made.shop_id != first.shop_id
        assert theirs.state[CLIENT]["client_id"] != first.client_id
    with there.context.db.reading() as db:
        assert load_shop(db, first.shop_id) == first
        client = find_client(db, first.client_id)
    assert client is not None and client.revoked_at is None


def test_a_known_store_whose_new_link_fails_is_nobodys(there: Cloud, shop: OldStore) -> None:
    first = there.link(shop)
    shop.broken["POST", LINK] = refuses(500)
    failure(there, shop, LinkRefused, shop_id=first.shop_id)
    with there.context.db.reading() as db:
        after = load_shop(db, first.shop_id)
        stored = find_client(db, after.client_id)
    assert after.point_of_contact_uuid is None and not after.verified
    assert stored is not None and stored.revoked_at is not None
    assert LINK not in shop.state and CLIENT not in shop.state


def test_unlinked_it_is_nobodys_and_the_store_is_told(there: Cloud, shop: OldStore) -> None:
    made = there.link(shop)
    client = dict(shop.state[CLIENT])
    there.unlink(made.shop_id)

    assert shop.calls[-2:] == [
        ("DELETE", CLIENT, {"shop_id": 1}),
        ("DELETE", LINK, {"shop_id": 1}),
    ]
    with there.context.db.reading() as db:
        after = load_shop(db, made.shop_id)
    assert after == replace(
        made,
        organisation_id=after.organisation_id,
        point_of_contact_uuid=None,
        point_of_contact_email=None,
        verified=False,
        error_code="store-identity/unlinked",
        unverified_at=after.unverified_at,
        updated_at=after.updated_at,
    )
    assert after.organisation_id != made.organisation_id, "it was the owner's"
    assert there.asked(client, f"shop_{made.shop_id}") == 401
    assert there.topics(made.shop_id)[-3:] == [
        "accounts.shop.unverified.v1",
        "accounts.shop.owner_changed.v1",
        "accounts.shop.unlinked.v1",
    ]
    assert "store.unlinked" in there.audited(made.shop_id)
    there.unlink(made.shop_id)  # again, without effect
    assert there.topics(made.shop_id)[-1:] == ["accounts.shop.unlinked.v1"]
    assert len(shop.calls) == 5


def test_a_store_that_does_not_answer_is_unlinked_all_the_same(
    there: Cloud, shop: OldStore
) -> None:
    made = there.link(shop)
    shop.broken["DELETE", CLIENT] = shop.broken["DELETE", LINK] = refuses(500)
    there.unlink(made.shop_id)
    with there.context.db.reading() as db:
        assert load_shop(db, made.shop_id).point_of_contact_uuid is None
    assert set(shop.names[-2:]) == UNTOLD


def test_a_redirect_is_followed_to_look_and_for_nothing_else(there: Cloud, shop: OldStore) -> None:
    def elsewhere() -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/x"})

    shop.broken["GET", URL] = elsewhere
    assert failure(there, shop, StoreCannotBeRequested).reason.endswith("302")


def test_both_parts_of_an_unlinking_are_told_at_once(there: Cloud, shop: OldStore) -> None:
    """The store that asks for it waits 10 s for us (§1.1), which two slow answers may take."""
    made = there.link(shop)
    both = asyncio.Event()

    async def waits_for_the_other(request: web.Request) -> web.Response:
        waiting.append(request.query["controller"])
        if len(waiting) == 2:
            both.set()
        await both.wait()
        return web.json_response({"success": True})

    waiting: list[str] = []
    shop.reply = waits_for_the_other
    there.unlink(made.shop_id)
    assert both.is_set() and sorted(waiting) == sorted([CLIENT, LINK])
