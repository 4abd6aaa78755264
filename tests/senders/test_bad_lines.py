"""Lines that no agent should send: 201 all the same, kept aside, counted and visible.

The store would send a refused page again for ever. What comes after a broken line is applied.
"""

from collections.abc import Iterator

import pytest

from tests.cloudsync.ground import BOUNDARY, line, multipart
from tests.conftest import SLICE
from tests.senders.station import MULTIPART, Station, Store
from tests.server import running

DEEP = 100_000
FORM = "application/x-www-form-urlencoded"


def row(more: bytes) -> bytes:
    return b'{"collection":"customers","properties":{"id_customer":2,' + more + b"}}"


LINE = ""
"""Set aside as a whole. Otherwise the name of the property that is; the row lands without it."""
LINES: dict[str, tuple[bytes, str, str]] = {
    # what: (line, what of it is set aside, words of the reason)
    "invalid UTF-8": (row(b'"email_hash":"a\xff\xfe"'), LINE, "utf-8"),
    "invalid UTF-8 outside": (b"\xff\xfe" + row(b'"newsletter":true'), LINE, "malformed"),
    "half a character": (row(b'"email_hash":"a\xc3"'), LINE, "utf-8"),
    "NUL": (row(b'"email_hash":"a\0b"'), LINE, "malformed"),
    "only NUL": (b"\0" * 300, LINE, "malformed"),
    "u0000": (row(rb'"email_hash":"a\u0000b"'), "email_hash", "NUL"),
    "100,000 deep": (row(b'"new":' + b"[" * DEEP + b"]" * DEEP), LINE, "recursion"),
    "100,000 objects deep": (row(b'"new":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP), LINE, "recur"),
    "100,000 deep, not closed": (b"[" * DEEP, LINE, "not a record"),
    "101 deep": (row(b'"new":' + b"[" * 101 + b"]" * 101), LINE, "nested too deeply"),
    "64 bits and more": (
        b'{"collection":"customers","properties":{"id_customer":9223372036854775808}}',
        "id_customer",
        "64 bits",
    ),
    "5,000 digits": (row(b'"new":' + b"9" * 5000), LINE, "digits"),
    "1e400": (
        b'{"collection":"orders","properties":{"id_order":2,"conversion_rate":1e400}}',
        "conversion_rate",
        "too large",
    ),
    "1e400 for a text": (row(b'"email_hash":1e400'), "email_hash", "not a text"),
    "NaN": (row(b'"new":NaN'), LINE, "malformed"),
    "-Infinity": (row(b'"email_hash":-Infinity'), LINE, "malformed"),
    "a lone high surrogate": (row(rb'"email_hash":"a\ud800b"'), LINE, "not a record"),
    "a lone low surrogate": (row(rb'"new":"\udc00"'), LINE, "not a record"),
    "a surrogate in a name": (row(rb'"\udc00":1'), LINE, "not a record"),
    "an unknown collection": (
        b'{"collection":"nothings","properties":{"id":1}}',
        LINE,
        "unknown collection",
    ),
    "no collection": (b'{"properties":{"id_customer":1}}', LINE, "collection"),
    "an unknown action": (line("customers", {"id_customer": 1}, "explode"), LINE, "action"),
    "a list": (b"[1,2]", LINE, "not a record"),
    "no JSON": (b"<br /><b>Warning</b>: Undefined index", LINE, "malformed"),
}


@pytest.fixture(scope="module", params=SLICE)
def station(request: pytest.FixtureRequest) -> Iterator[Station]:
    with running(request.param, identity_rate="1000") as server:
        made = Station(server)
        made.settle()
        yield made


@pytest.fixture
def shop(station: Station) -> Store:
    return station.store()


@pytest.mark.parametrize("what", LINES)
def test_a_bad_line_is_kept_aside_and_the_rest_applied(shop: Store, what: str) -> None:
    sent, wanted, words = LINES[what]
    job = shop.open("customers")

    answer = shop.upload(job, multipart([sent, line("customers", {"id_customer": 99})]))

    assert answer.status == 201, answer.text
    assert answer.json["setAside"] == 1
    assert answer.json["written"] == (1 if wanted == LINE else 2)
    (thing,) = shop.set_aside()
    assert (thing["property"], thing["times"]) == (wanted, 1)
    assert words in thing["reason"]
    if wanted == LINE:
        assert thing["value"] == sent.decode("utf-8", "backslashreplace")[: len(thing["value"])]
    (counted,) = shop.shown()["sync"]["set_aside"]
    assert (counted["reason"], counted["kept"], counted["times"]) == (thing["reason"], 1, 1)


def test_all_of_them_in_one_upload_and_again(station: Station, shop: Store) -> None:
    job, other = shop.open("customers"), station.store()
    body = multipart([sent for sent, _, _ in LINES.values()])

    with station.modest(), station.others_served(other):
        first, second = shop.upload(job, body), shop.upload(job, body)

    assert (first.status, second.status) == (201, 201)
    assert first.json["setAside"] == second.json["setAside"] == len(LINES)
    found = shop.set_aside()
    assert len(found) == len(LINES)
    assert {thing["times"] for thing in found} == {2}


def test_the_operator_sees_them(shop: Store) -> None:
    job = shop.open("customers")
    shop.upload(job, multipart([row(rb'"email_hash":"\u0000"'), b"\x1b[31mnot JSON"]))

    shown = shop.server.quick("store", "show", shop.shop_id).stdout
    things = shop.server.quick("store", "aside", shop.shop_id)
    chosen = shop.server.quick_cli("store", "aside", shop.shop_id, "--content", "customers")

    assert "set aside: customers.email_hash: a NUL character (1)" in shown
    assert f"comptoir store aside {shop.shop_id}" in shown
    assert things.returncode == 0
    assert "not JSON" in things.stdout and "\x1b[31m" not in things.stdout
    assert [thing["property"] for thing in chosen] == ["email_hash"]
    assert len(shop.server.quick_cli("store", "aside", shop.shop_id, "--limit", "1")) == 1
    wrong = shop.server.quick("store", "aside", shop.shop_id, "--content", "nothings")
    assert wrong.returncode == 1 and "unknown content: nothings" in wrong.stderr


@pytest.mark.parametrize("more", ["", '"unknown":1,'], ids=["plain", "thorough"])
def test_of_a_key_that_comes_twice_the_last_counts(station: Station, more: str) -> None:
    """As JSON parsers do. The plain reader and the thorough one agree."""
    shop = station.store()
    twice = (
        '{"collection":"orders","collection":"currencies","properties":{"id_currency":1},'
        f'"properties":{{"id_currency":2,"iso_code":"USD",{more}"id_currency":7,"iso_code":"EUR"}}}}'
    )
    job = shop.open("currencies")

    assert shop.upload(job, multipart([twice.encode()])).json["written"] == 1

    plain = line("currencies", {"id_currency": 7, "iso_code": "EUR"})
    assert shop.upload(job, multipart([plain])).json["setAside"] == 0
    assert shop.rows("currencies", "id_currency", "iso_code") == [(7, "EUR")]
    assert shop.set_aside() == []


def test_bodies_that_are_no_upload_are_400(shop: Store) -> None:
    good = multipart([line("customers", {"id_customer": 1})])
    job = shop.open("customers")
    refused = {
        "wrong boundary": (good, "multipart/form-data; boundary=another"),
        "no boundary": (good, "multipart/form-data"),
        "no file part": (multipart([b"{}"], name="data"), MULTIPART),
        "no part": (f"--{BOUNDARY}--\r\n".encode(), MULTIPART),
        "no lines": (b"other=1", FORM),
        "JSON": (b"{}", "application/json"),
        "broken off": (good[:-30], MULTIPART),
    }

    for what, (body, kind) in refused.items():
        answer = shop.upload(job, body, kind)
        assert answer.status == 400, what
        assert answer.json["error"] == "cloudsync.upload_unreadable", what
    assert shop.job(job) == 201
