"""`ETag` and `If-None-Match` of Raw answers: equal tags mean equal answers, and nothing is sent."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import pytest
import zstandard

from comptoir.accounts import withdraw
from tests.conftest import SLICE
from tests.contract.raw_reference import by_name, made_line
from tests.contract.raw_world import World, small_world


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with small_world(request.param, tmp_path_factory.mktemp("raw")) as made:
        yield made


def ask(
    there: World, path: str, method: str = "GET", **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", there.port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        bearer = {"Authorization": f"Bearer {there.token}"}
        connection.request(method, path, None, bearer | named)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "where", ["orders", "orders?limit=5&cursor=", "orders/3", "orders/3?fields=id", "shop"]
)
def test_what_did_not_change_is_not_sent_again(there: World, where: str) -> None:
    path = there.path("made", where)
    status, headers, body = ask(there, path)
    tag = headers["ETag"]

    assert status == 200
    assert tag.startswith('W/"')
    assert headers["Cache-Control"] == "private, no-cache"
    for named in (tag, tag.removeprefix("W/"), f'"x", {tag}, W/"y,z"', "*"):
        status, again, none = ask(there, path, If_None_Match=named)
        assert (status, none) == (304, b"")
        for name in ("ETag", "Cache-Control", "Vary"):
            assert again[name] == headers[name], name
        assert again["Date"]
    for named in ('W/"other"', '""', tag.strip('W/"'), tag[:-2] + '"', ""):
        status, again, same = ask(there, path, If_None_Match=named)
        assert (status, same, again["ETag"]) == (200, body, tag), named


def test_a_compressed_answer_has_the_same_tag(there: World) -> None:
    path = there.path("made", "orders")
    _, plain, body = ask(there, path)
    status, packed, sent = ask(there, path, Accept_Encoding="zstd")

    assert (status, packed["Content-Encoding"]) == (200, "zstd")
    assert zstandard.ZstdDecompressor().decompressobj().decompress(sent) == body
    assert packed["ETag"] == plain["ETag"]
    status, again, none = ask(there, path, Accept_Encoding="zstd", If_None_Match=packed["ETag"])
    assert (status, none, again.get("Content-Encoding")) == (304, b"", None)
    head, headers, none = ask(there, path, "HEAD", Accept_Encoding="zstd")
    assert (head, none, headers["ETag"]) == (200, b"", plain["ETag"])


def test_a_refusal_is_sent_whatever_is_named(there: World) -> None:
    for path, status in ((there.path("made", "orders", "999"), 404), ("/raw/v1/x/orders", 404)):
        found, headers, body = ask(there, path, If_None_Match="*")
        assert (found, "ETag" in headers) == (status, False)
        assert json.loads(body)["code"] == "404"


def test_whatever_an_answer_shows_changes_its_tag(there: World) -> None:
    """Rows, the total, tombstones, `lastSyncedAt` alone, orders beside status lines, consent."""
    there.add_shop("tagged")
    there.consent("tagged", "acme_all")

    def put(collection: str, number: int, **changes: object) -> Callable[[], None]:
        return lambda: there.ingest("tagged", [made_line(by_name(collection), number, **changes)])

    def remove() -> None:
        gone = {"action": "delete", "collection": "products", "properties": {"id": "1-1"}}
        there.ingest("tagged", [json.dumps(gone).encode()])

    def withdraw_it() -> None:
        with there.context.db.begin("tests") as work:
            withdraw(work, there.shops["tagged"], "acme_all")

    paths = {
        "first": there.path("tagged", "products?limit=1"),
        "gone": there.path("tagged", "products?deleted=true"),
        "lines": there.path("tagged", "order-status-history?fields=idOrder,totalPaidTaxExcl"),
    }
    steps: list[tuple[Callable[[], None], set[str]]] = [
        (put("products", 1), {"first"}),
        (put("products", 2), {"first"}),
        (put("products", 1, reference="another"), {"first"}),
        (put("products", 1, reference="another"), {"first"}),
        (put("products", 2), set()),
        (remove, {"first", "gone"}),
        (put("order_status_history", 1), {"lines"}),
        (put("orders", 1), {"lines"}),
        (put("orders", 1, total_paid_tax_excl=77.5), {"lines"}),
        (put("orders", 2), set()),
        (withdraw_it, {"first", "gone", "lines"}),
    ]
    for number, (change, wanted) in enumerate(steps):
        before = {name: ask(there, path)[1]["ETag"] for name, path in paths.items()}
        there.clock.advance(timedelta(seconds=1))
        change()
        moved = {
            name
            for name, path in paths.items()
            if ask(there, path, If_None_Match=before[name])[0] != 304
        }
        assert moved == wanted, number
