"""Every endpoint, with every kind of token but the right one, and about somebody else's store.

Made from the `Endpoint` records: a new one is tried as well, or the test fails until it can be.
"""

import re
from collections.abc import Iterator

import pytest

from comptoir.app.asgi import make_app
from comptoir.app.wiring import all_endpoints
from comptoir.infra.http.auth import Access
from comptoir.infra.http.endpoint import Endpoint
from tests.conftest import SLICE
from tests.contract.raw_world import Answer
from tests.contract.strangers import (
    FIRST,
    SECOND,
    STORES,
    Sent,
    Store,
    Strangers,
    linked,
    marker_of,
)
from tests.contract.strangers import strangers as prepared

ENDPOINTS = sorted(all_endpoints(), key=lambda e: (e.path, e.method))
BY_ACCESS = {access: [e for e in ENDPOINTS if e.access is access] for access in Access}
OLD = (Access.V7_STORE, Access.LEGACY_STORE, Access.LEGACY_OWNER)
"""Of stores with `ps_accounts` 5 to 7."""
SHOULD_BE_VENDORS = ("store without API", "store for another API")
ORDER = ("GET", "POST", "PATCH", "PUT", "DELETE")
NOT_VERIFIED = "shop_not_verified"


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Strangers]:
    with prepared(request.param, tmp_path_factory.mktemp("matrix")) as made:
        yield made


def name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def hidden(there: Strangers, answer: Answer, sent: Sent, *stores: str) -> None:
    """Nothing of these stores is in the answer but what the request itself said."""
    for store in stores:
        assert marker_of(store).lower() not in answer.text.lower(), answer.text
        found = there.stores[store]
        if not sent.names(found):
            assert found.shop_id not in answer.text
            assert found.job_id not in answer.text or found.job_id in sent.path


def refused(there: Strangers, endpoint: Endpoint, store: Store, token: str, *statuses: int) -> None:
    """With one of these statuses, and without a word about any store."""
    sent = there.build(endpoint, store)
    answer = there.request(sent, token)
    assert answer.status in statuses, (answer.status, answer.text)
    assert answer.text.startswith("{"), "refusals are JSON"
    hidden(there, answer, sent, *STORES)


@pytest.mark.parametrize("endpoint", BY_ACCESS[Access.STORE], ids=name)
def test_a_stores_endpoint_with_every_other_token(there: Strangers, endpoint: Endpoint) -> None:
    mine = there.stores["mine"]
    for token in there.others.values():
        refused(there, endpoint, mine, token, 401)
    for token in [*there.vendors.values(), *there.people.values()]:
        refused(there, endpoint, mine, token, 403)
    refused(there, endpoint, mine, mine.old["v7 store"], 403)
    for kind in ("legacy store", "legacy owner"):
        refused(there, endpoint, mine, mine.old[kind], 401)
    for other in ("foreign", "withdrawn", "unverified"):
        # Who may not know of a job is told that there is none.
        refused(there, endpoint, mine, there.stores[other].token, 403, 404)
        refused(there, endpoint, there.stores[other], mine.token, 403, 404)


@pytest.mark.parametrize("endpoint", BY_ACCESS[Access.ANY_STORE], ids=name)
def test_an_endpoint_of_all_stores_with_every_other_token(
    there: Strangers, endpoint: Endpoint
) -> None:
    mine = there.stores["mine"]
    for token in there.others.values():
        refused(there, endpoint, mine, token, 401)
    for token in [*there.vendors.values(), *there.people.values(), mine.old["legacy owner"]]:
        refused(there, endpoint, mine, token, 403)
    kinds = ("v7 store", "legacy store")
    for other in ("foreign", "withdrawn", "unverified"):
        theirs = there.stores[other]
        for token in (theirs.token, *(theirs.old[kind] for kind in kinds)):
            refused(there, endpoint, mine, token, 403, 404)
        for token in (mine.token, *(mine.old[kind] for kind in kinds)):
            refused(there, endpoint, theirs, token, 403, 404)


@pytest.mark.parametrize("endpoint", [e for a in OLD for e in BY_ACCESS[a]], ids=name)
def test_an_old_stores_endpoint_with_every_other_token(
    there: Strangers, endpoint: Endpoint
) -> None:
    mine = there.stores["mine"]
    for kind, token in there.others.items():
        refused(there, endpoint, mine, token, 403 if kind in SHOULD_BE_VENDORS else 401)
    for token in [*there.vendors.values(), *(s.token for s in there.stores.values())]:
        refused(there, endpoint, mine, token, 403)
    opens = {endpoint.access.value}
    if endpoint.access is Access.LEGACY_STORE:
        opens.add("v7 store")
    for kind in mine.old.keys() - opens:
        legacy = kind != "v7 store" and endpoint.access is Access.V7_STORE
        refused(there, endpoint, mine, mine.old[kind], 401 if legacy else 403)
    if there.build(endpoint, mine).names(mine):
        for other in ("foreign", "withdrawn", "unverified"):
            for kind in opens:
                refused(there, endpoint, mine, there.stores[other].old[kind], 403, 404)
                refused(there, endpoint, there.stores[other], mine.old[kind], 403, 404)


@pytest.mark.parametrize("endpoint", BY_ACCESS[Access.VENDOR], ids=name)
def test_a_vendors_endpoint_with_every_other_token(there: Strangers, endpoint: Endpoint) -> None:
    mine = there.stores["mine"]
    for kind, token in there.others.items():
        # A store's that names no API of ours is still seen to be a store's.
        refused(there, endpoint, mine, token, 403 if kind in SHOULD_BE_VENDORS else 401)
    for token in [*(s.token for s in there.stores.values()), *there.people.values()]:
        refused(there, endpoint, mine, token, 403)
    for store in there.stores.values():
        refused(there, endpoint, mine, store.old["v7 store"], 403)
        for old in ("legacy store", "legacy owner"):
            refused(there, endpoint, mine, store.old[old], 401)
    for store, vendor in (("mine", SECOND), ("foreign", FIRST), ("withdrawn", FIRST)):
        sent = there.build(endpoint, there.stores[store])
        if sent.names(there.stores[store]):
            refused(there, endpoint, there.stores[store], there.vendors[vendor], 403, 404)
        else:
            answer = there.request(sent, there.vendors[vendor])
            assert answer.status < 500
            hidden(there, answer, sent, store)


@pytest.mark.parametrize("endpoint", BY_ACCESS[Access.USER], ids=name)
def test_a_persons_endpoint_with_every_other_token(there: Strangers, endpoint: Endpoint) -> None:
    mine = there.stores["mine"]
    for kind, token in there.others.items():
        refused(there, endpoint, mine, token, 403 if kind in SHOULD_BE_VENDORS else 401)
    for token in [*there.vendors.values(), *(store.token for store in there.stores.values())]:
        refused(there, endpoint, mine, token, 403)
    for other in ("foreign", "withdrawn", "unverified"):
        answer = there.request(there.build(endpoint, mine), there.people[other])
        assert marker_of("mine").lower() not in answer.text.lower(), answer.text


@pytest.mark.parametrize(
    "endpoint",
    [
        e
        for e in BY_ACCESS[Access.VENDOR]
        if any(not isinstance(p, int) and p.code.endswith(NOT_VERIFIED) for p in e.errors)
    ],
    ids=name,
)
def test_where_a_store_must_have_proved_its_address(there: Strangers, endpoint: Endpoint) -> None:
    sent = there.build(endpoint, there.stores["unverified"])
    answer = there.request(sent, there.vendors[FIRST])

    assert 400 <= answer.status < 500
    assert answer.json["error"].endswith(NOT_VERIFIED)


@pytest.mark.parametrize("endpoint", BY_ACCESS[Access.ANYONE], ids=name)
def test_where_nobody_needs_a_token_none_tells_more(there: Strangers, endpoint: Endpoint) -> None:
    sent = there.build(endpoint, there.stores["mine"])
    plain = there.request(sent, "")
    # The token endpoint takes Basic where others take Bearer.
    own = any(p.where == "header" and p.name == "Authorization" for p in endpoint.params)
    tokens = [*there.others.values(), *there.vendors.values(), *there.people.values()]
    tokens += [token for store in there.stores.values() for token in store.old.values()]
    for token in [*tokens, *(store.token for store in there.stores.values())]:
        answer = there.request(sent, token)
        assert answer.status == plain.status or (own and answer.status == 401), answer.text
        hidden(there, answer, sent, *STORES)


def test_what_is_no_endpoint_tells_nothing(there: Strangers) -> None:
    """Health, metrics and documents: whatever the application serves beside the endpoints."""
    known = {e.path for e in ENDPOINTS}
    paths = {str(getattr(r, "path", "")) for r in make_app(there.world.context).routes} - known
    assert {"/healthz", "/metrics", "/docs"} <= paths
    for path in paths:
        for token in ("", there.vendors[FIRST], there.stores["mine"].token):
            for filled in ("cloudsync", "accounts", "x"):
                at = re.sub(r"\{\w+(:\w+)?\}", filled, path)
                assert "{" not in at, f"tell this test what stands in {path}"
                sent = Sent("GET", at, {}, b"")
                answer = there.request(sent, token)
                assert answer.status < 500
                hidden(there, answer, sent, *STORES)


def test_the_right_token_opens_each_endpoint(there: Strangers) -> None:
    """Else the refusals above would prove nothing; and what is shown is one's own alone.

    Comes last: these requests change what is there.
    """
    mine, shown = there.stores["mine"], 0
    right = {
        Access.STORE: mine.token,
        Access.ANY_STORE: mine.token,
        Access.VENDOR: there.vendors[FIRST],
        Access.USER: there.people["mine"],
        Access.ANYONE: "",
    }
    # Reading comes first, what changes a consent last.
    for endpoint in sorted(ENDPOINTS, key=lambda e: ORDER.index(e.method)):
        if endpoint.access in OLD:  # another endpoint gives the store to somebody else
            linked(there.world, mine)
            right[endpoint.access] = mine.old[endpoint.access.value]
        sent = there.build(endpoint, mine)
        answer = there.request(sent, right[endpoint.access])
        allowed = answer.status < 500 and answer.status not in (403, 404)
        at_hand = allowed and (answer.status != 401 or endpoint.access is Access.ANYONE)
        assert at_hand or not endpoint.answers, (name(endpoint), answer.status, answer.text)
        hidden(there, answer, sent, "foreign", "withdrawn", "unverified")
        shown += mine.marker.lower() in answer.text.lower()
    lists = [e for e in BY_ACCESS[Access.VENDOR] if e.method == "GET"]
    assert shown > len(lists) / 2, "the markers are in what the right caller sees"
