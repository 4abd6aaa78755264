"""What agents send and get back, as bytes on a socket (spec/eventbus.md §1.1-1.5)."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote_plus, urlencode

import pytest

from comptoir.cloudsync import aside
from comptoir.cloudsync import store as state
from comptoir.prestashop.catalogue import catalogue
from tests.cloudsync.ground import BOUNDARY, Json, Store, gone, line, multipart
from tests.eventually import eventually

FORM = "application/x-www-form-urlencoded"


def customers(*numbers: int, **more: object) -> list[bytes]:
    return [line("customers", {"id_customer": n, "email_hash": "é"} | more) for n in numbers]


def upload_head(shop: Store, run: state.Run, length: int | str, **more: str) -> bytes:
    """Start line and headers as the agent's curl writes them."""
    headers = {
        "Host": f"127.0.0.1:{shop.ground.port}",
        "User-Agent": "ps-eventbus/4.0.13",
        "Accept": "application/json",
        "Authorization": f"Bearer {shop.token}",
        "Full-Sync-Requested": "1",
        "Content-Length": str(length),
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    } | {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value]
    return "\r\n".join([f"POST /collector/upload/{run.run_id} HTTP/1.1", *lines, "", ""]).encode()


@contextlib.contextmanager
def connected(shop: Store) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", shop.ground.port), timeout=30) as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield made


def status(made: socket.socket) -> int:
    """The status of the next answer on the connection."""
    found = b""
    while b"\r\n" not in found:
        more = made.recv(1)
        assert more, f"the connection ended after {found!r}"
        found += more
    return int(found.split()[1])


def test_an_upload_in_one_write(shop: Store) -> None:
    run = shop.open("customers", full=True)
    body = multipart(customers(1, 2, 3))

    with connected(shop) as made:
        made.sendall(upload_head(shop, run, len(body)) + body)
        assert status(made) == 201

    assert shop.ids("customers") == ["1", "2", "3"]


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_byte_by_byte(shop: Store, chunked: bool) -> None:
    run = shop.open("customers", full=True)
    body = multipart(customers(1, 2))
    more = {"Transfer_Encoding": "chunked", "Content_Length": ""} if chunked else {}

    with connected(shop) as made:
        made.sendall(upload_head(shop, run, len(body), **more))
        for byte in body:
            made.sendall(b"1\r\n%c\r\n" % byte if chunked else bytes([byte]))
        made.sendall(b"0\r\n\r\n" if chunked else b"")
        assert status(made) == 201

    assert [r["email_hash"] for r in shop.rows("customers").values()] == ["é", "é"]


def test_a_large_body_is_asked_for_first(shop: Store) -> None:
    run = shop.open("customers", full=True)
    body = multipart(customers(1))

    with connected(shop) as made:
        made.sendall(upload_head(shop, run, len(body), Expect="100-continue"))
        assert status(made) == 100
        made.recv(2)
        made.sendall(body)
        assert status(made) == 201


@pytest.mark.parametrize("boundary", ["ps_eventbus_boundary", "----", "a b", "x" * 70])
def test_every_boundary(shop: Store, boundary: str) -> None:
    run = shop.open("customers")
    kind = f'multipart/form-data; boundary="{boundary}"'

    answer = shop.post(f"/collector/upload/{run.run_id}", multipart(customers(1), boundary), kind)

    assert (answer.status, shop.ids("customers")) == (201, ["1"])


def test_the_form_of_modules_v2(shop: Store) -> None:
    run = shop.open("customers")
    sent = [
        {
            "id": 1,
            "collection": "customers",
            "properties": {"id_customer": 1, "email_hash": "+ &=%é"},
        }
    ]
    lines = "\r\n".join(json.dumps(record, ensure_ascii=False) for record in sent * 2)

    answer = shop.post(f"/collector/upload/{run.run_id}", urlencode({"lines": lines}), FORM)

    assert answer.status == 201
    assert [r["email_hash"] for r in shop.rows("customers").values()] == ["+ &=%é"]


def test_the_form_of_modules_v2_in_small_pieces(shop: Store) -> None:
    run = shop.open("customers")
    lines = b"\n".join(customers(*range(1, 40), email_hash="+ &=%é日"))
    body = f"a=b%20&lines={quote_plus(lines)}&lin%65s=x&c".encode()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    answer = shop.post(f"/collector/upload/{run.run_id}", pieces(), FORM)

    assert (answer.status, len(shop.ids("customers"))) == (201, 39)
    assert {r["email_hash"] for r in shop.rows("customers").values()} == {"+ &=%é日"}


def test_the_lines_of_modules_v3_have_an_id_and_no_action(shop: Store) -> None:
    run = shop.open("currencies")
    sent = {"id": "7", "collection": "currencies", "properties": {"id_currency": 1}}

    assert shop.send(run, json.dumps(sent).encode())["written"] == 1

    assert shop.ids("currencies") == ["1"]


def test_modules_v1_to_v3_delete_by_a_call_of_their_own_answered_200(shop: Store) -> None:
    shop.full("customers", *customers(1, 2, 3, 4))
    run = shop.open("customers")
    body = multipart([b'{"collection":"customers","deleteIds":["1",3]}'])

    answer = shop.post(f"/collector/delete/{run.run_id}", body)

    assert (answer.status, answer.json) == (200, {"deleted": 2, "setAside": 0})
    assert shop.ids("customers") == ["2", "4"]


def test_an_upload_sent_again_writes_nothing(shop: Store) -> None:
    run = shop.open("customers")
    assert shop.send(run, *customers(1, 2, 3)) == {
        "written": 3, "unchanged": 0, "deleted": 0, "setAside": 0,
    }  # fmt: skip
    first = shop.rows("customers")

    assert shop.send(run, *customers(1, 2, 3)) == {
        "written": 0, "unchanged": 3, "deleted": 0, "setAside": 0,
    }  # fmt: skip

    again = shop.rows("customers")
    assert list(again) == list(first)
    for key, row in again.items():
        assert row["last_synced_at"] > first[key]["last_synced_at"]
        assert row | {"last_synced_at": 0} == first[key] | {"last_synced_at": 0}


def test_blank_lines_say_nothing(shop: Store) -> None:
    run = shop.open("customers")

    assert shop.send(run, b"", *customers(1), b"", b"  ", *customers(2), b"")["written"] == 2
    assert shop.send(run) == {"written": 0, "unchanged": 0, "deleted": 0, "setAside": 0}


BAD: dict[str, tuple[bytes, Json]] = {
    "a broken line": (
        b'{"action":"upsert","collection":"customers","properties":{"id_customer":1',
        {"content": "", "property": ""},
    ),
    "not JSON by PHP's own doing": (
        b'{"action":"upsert","collection":"customers","properties":{"id_customer":1,"a":"\\"}}',
        {"content": "", "property": ""},
    ),
    "an unknown collection": (
        line("baskets", {"id": 1}),
        {"content": "", "reason": "unknown collection"},
    ),
    "an unknown action": (
        line("customers", {"id_customer": 1}, "truncate"),
        {"content": "customers", "reason": "unknown action"},
    ),
    "a delete without id": (
        line("customers", {}, "delete"),
        {"content": "customers", "reason": "a delete without id"},
    ),
    "a delete of half a character": (
        b'{"action":"delete","collection":"carriers","properties":{"id":"\\ud800"}}',
        {},
    ),
    "a delete with a NUL": (
        b'{"action":"delete","collection":"carriers","properties":{"id":"\\u0000"}}',
        {"content": "carriers"},
    ),
    "deletes with a NUL": (
        b'{"collection":"carriers","deleteIds":["\\u0000"]}',
        {"content": "carriers"},
    ),
    "no key": (line("customers", {"email_hash": "x"}), {"content": "customers"}),
    "a key longer than a page of an index": (
        line("themes", {"theme_id": "".join(chr(97 + i * i % 26) for i in range(9000))}),
        {"content": "themes", "reason": "the id is too long"},
    ),
    "a misfit": (
        line("customers", {"id_customer": 9, "created_at": "soon"}),
        {"content": "customers", "property": "created_at", "reason": "not a date"},
    ),
    "an id that no index takes": (
        line("carriers", {"id_reference": "1", "id_carrier": "x" * 9000}),
        {"content": "carriers", "property": "id_carrier"},
    ),
    "a line longer than is read": (b"x" * (9 << 20), {"reason": "the line is too long"}),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_applied_is_taken_kept_once_and_counted(shop: Store, what: str) -> None:
    bad, shown = BAD[what]
    run = shop.open("customers")
    before = set_aside_in_metrics(shop)

    found = shop.send(run, *customers(1), bad, *customers(2))
    assert found["setAside"] == 1
    shop.send(run, *customers(1), bad, *customers(2))

    assert {"1", "2"} <= set(shop.ids("customers"))
    (kept,) = shop.aside()
    assert (kept["kept"], kept["times"]) == (1, 2)
    assert shown.items() <= kept.items()
    assert set_aside_in_metrics(shop) == before + 2


def set_aside_in_metrics(shop: Store) -> float:
    text = shop.ground.request("GET", "/metrics", {}).body.decode()
    name = 'comptoir_cloudsync_records_total{content="customers",outcome="set_aside"} '
    found = [row for row in text.splitlines() if row.startswith(name)]
    return float(found[0].removeprefix(name)) if found else 0.0


def test_what_nests_deeply_is_taken(shop: Store) -> None:
    run = shop.open("customers")
    lines = [
        b'{"collection":"customers","properties":{"id_customer":%d,"x":%s%s,"created_at":%s%s}}'
        % (depth, b"[" * depth, b"]" * depth, b"[" * depth, b"]" * depth)
        for depth in (100, 300, 500, 700, 800, 900, 930, 960, 980, 990, 1000, 5000, 100_000)
    ]

    found = shop.send(run, *lines)

    assert found["written"] + found["setAside"] >= len(lines)


def test_a_store_that_sends_nothing_but_rubbish_fills_no_disk(shop: Store) -> None:
    run = shop.open("customers")
    many = aside.MOST + 1500
    rubbish = [b"{%d" % i for i in range(many)]

    assert shop.send(run, *rubbish)["setAside"] == many
    assert shop.send(run, *rubbish[:50], b"{new")["setAside"] == 51

    kept = shop.aside()
    assert sum(k["kept"] for k in kept) <= aside.MOST + 1
    assert sum(k["times"] for k in kept) == many + 51


def test_thousands_of_deletes_on_one_line_let_others_in_between(shop: Store, other: Store) -> None:
    run, theirs = shop.open("customers"), other.open("customers")
    body = (
        b'{"collection":"customers","deleteIds":['
        + b",".join(b"%d" % i for i in range(5000))
        + b"]}"
    )
    done = threading.Event()

    def long() -> None:
        shop.send(run, body)
        done.set()

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(long)
        other.send(theirs, *customers(1))
        quick = not done.is_set()
        sending.result()

    assert quick


def test_a_closed_job_takes_no_more_of_an_upload_under_way(shop: Store) -> None:
    """Consent ended while the upload came: what came after it is not written."""
    run = shop.open("customers")
    body = multipart(customers(*range(1, 2001)))
    at = body.index(b'"id_customer":1500')

    with connected(shop) as made:
        made.sendall(upload_head(shop, run, len(body)) + body[:at])
        shop_has(shop, 1000)
        with shop.context.db.begin("test") as work:
            state.end_runs(work.db, shop.shop_id, ["customers"], "withdrawn", work.now_ms)
        made.sendall(body[at:])
        assert status(made) == 404

    assert len(shop.ids("customers")) == 1000


def shop_has(shop: Store, many: int) -> None:
    eventually(lambda: len(shop.ids("customers")) >= many)


def test_all_contents_have_a_collection(shop: Store) -> None:
    run = shop.open("customers")
    lines = [
        line(c.collection, dict.fromkeys(c.shape.key, 1) or {"timezone": "UTC"})
        for c in catalogue().values()
    ]

    assert shop.send(run, *lines)["written"] == 35


def test_a_delete_among_upserts_has_its_place(shop: Store) -> None:
    run = shop.open("customers")

    shop.send(
        run, *customers(1), gone("customers", 1), *customers(2), *customers(3), gone("customers", 2)
    )

    assert shop.ids("customers") == ["3"]
