"""Who sends slowly, or reads slowly, is ended: with 408 where an answer can still be read."""

import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest

from comptoir.base.clock import monotonic
from tests.cloudsync.ground import line, multipart
from tests.conftest import SLICE
from tests.eventually import eventually
from tests.senders.station import END, MEGABYTE, PART, Station, Store, parse, read_all
from tests.server import running

HEADERS = 2.0
BODY = 2.0
RATE = 20_000


@pytest.fixture(scope="module", params=SLICE)
def station(request: pytest.FixtureRequest) -> Iterator[Station]:
    limits = {"header_timeout": HEADERS, "body_timeout": BODY, "body_rate": RATE}
    with running(request.param, **{name: str(value) for name, value in limits.items()}) as server:
        made = Station(server)
        made.settle()
        yield made


@pytest.fixture
def shop(station: Station) -> Store:
    return station.store()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Half",
        b"G",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nPOST /oauth2/token HTTP/1.1\r\nHost",
    ],
    ids=["half a header", "one byte", "after a whole request"],
)
def test_half_sent_headers_are_408(station: Station, sent: bytes) -> None:
    with station.connect() as connection:
        began = monotonic()
        connection.sendall(sent)
        text = read_all(connection)
        took = monotonic() - began

    *_, last = text.split(b"HTTP/1.1 ")
    status, headers, body = parse(b"HTTP/1.1 " + last)
    assert (status, headers["connection"]) == (408, "close")
    assert b"infra.request_too_slow" in body
    assert HEADERS * 0.9 < took < HEADERS + 20


def drip(connection: socket.socket, parts: Iterator[bytes], pause: float) -> bytes:
    """Write a part, wait, write the next, until the other side says something or ends."""
    connection.settimeout(pause)
    for part in parts:
        try:
            connection.sendall(part)
            found = connection.recv(65536)
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            return b""
        connection.settimeout(30)
        return found + read_all(connection)
    raise AssertionError("it was let go on for ever")


def answered(held: list[socket.socket], status: bytes) -> int:
    """How many got this answer; no other one comes. It is lost on its way when the server ends a
    connection that it has not read to its end."""
    texts = []
    for connection in held:
        connection.settimeout(30)
        texts.append(read_all(connection))
    for connection in held:
        connection.close()
    assert all(status in text for text in texts if text)
    return sum(map(bool, texts))


def test_headers_that_drip_are_408(station: Station) -> None:
    with station.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        text = drip(connection, (b"X-%d: y\r\n" % n for n in range(200)), 0.1)
    assert parse(text)[0] == 408


def test_a_connection_that_says_nothing_is_closed(station: Station) -> None:
    with station.connect() as connection:
        began = monotonic()
        assert connection.recv(100) == b""
        assert HEADERS * 0.9 < monotonic() - began < HEADERS + 20


def test_a_thousand_half_sent_heads_hinder_nobody(station: Station) -> None:
    other = station.store()
    with station.modest(), station.others_served(other):
        held = []
        for _ in range(500):
            held.append(station.connect())
            held[-1].sendall(b"POST /oauth2/token HTTP/1.1\r\nX-Long: " + b"x" * 50_000)
        assert answered(held, b" 408 ") > 250


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /healthz HTTP/1.1\r\nX-Long: " + b"x" * 70_000,
        b"GET /healthz HTTP/1.1\r\n" + b"X-Many: y\r\n" * 7000 + b"\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /oauth2/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        + b"X-Trailer: y\r\n" * 7000,
    ],
    ids=["one header", "many headers", "path", "trailers"],
)
def test_heads_that_are_too_large_are_431(station: Station, sent: bytes) -> None:
    with station.connect() as connection:
        connection.settimeout(30)
        connection.sendall(sent)
        text = read_all(connection)

    if b"X-Trailer" in sent:
        assert text == b"" or b" 431 " in text or b" 400 " in text
    else:
        status, _, body = parse(text)
        assert (status, b"app.head_too_large" in body) == (431, True)


def test_half_a_head_that_is_too_large_is_ended_at_once(station: Station) -> None:
    """Behind a whole request too, in the same bytes."""
    with station.connect() as connection:
        connection.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\n"
            + b"X-Many: y\r\n" * 9000
        )
        connection.settimeout(30)
        assert b" 408 " not in read_all(connection)


def test_what_was_asked_before_a_head_that_is_refused_is_answered(station: Station) -> None:
    large = b"GET /healthz HTTP/1.1\r\n" + b"X-Many: y\r\n" * 9000
    for behind in (
        large,
        large + b"\r\n",
        b"\x00garbage\r\n\r\n",
        b"GET / HTTP/1.1\r\nno: \x00\r\n",
    ):
        for _ in range(10):
            with station.connect() as connection:
                connection.settimeout(30)
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + behind)
                status, headers, body = parse(read_all(connection))
            assert (status, headers["connection"], body) == (200, "close", b'{"status":"ok"}')
    assert "request failed" not in station.server.log_text


def test_what_was_refused_is_not_kept(station: Station) -> None:
    """A packet holds 256 KiB: as headers, these are megabytes."""
    other = station.store()
    sent = b"GET /healthz HTTP/1.1\r\n" + b"".join(b"%x:\r\n" % n for n in range(4096, 37000))
    with station.modest(), station.others_served(other):
        held = [station.connect() for _ in range(100)]
        for connection in held:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            connection.sendall(sent)
        assert answered(held, b" 431 ") > 50


def test_a_request_with_trailers_that_are_too_large_has_no_effect(station: Station) -> None:
    """Nor when it is whole, with another one behind it."""
    body = b'{"backOfficeUrl":"https://a.example/a","frontendUrl":"https://a.example","name":"A"}'
    with station.connect() as connection:
        connection.settimeout(30)
        connection.sendall(
            b"POST /accounts/v1/shop-identities HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"%x\r\n%s\r\n0\r\n" % (len(body), body)
            + b"X-Trailer: y\r\n" * 7000
            + b"\r\nGET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n"
        )
        text = read_all(connection)

    assert b" 201 " not in text and b" 200 " not in text
    assert "https://a.example" not in station.server.quick("store", "list").stdout


def test_a_body_that_stops_is_408(station: Station, shop: Store) -> None:
    """What came before stays; nothing of it holds the store or the database."""
    job = shop.open("customers")
    first = [line("customers", {"id_customer": n}) for n in range(1, 1002)]
    with station.others_served(shop), station.connect() as connection:
        began = monotonic()
        connection.sendall(shop.head(job, "Content-Length: 9999999"))
        connection.sendall(PART + b"\n".join(first))
        status, headers, body = parse(read_all(connection))
        took = monotonic() - began

    assert (status, headers["connection"]) == (408, "close")
    assert b"infra.request_too_slow" in body and b"nothing came" in body
    assert BODY * 0.9 < took < BODY + 20
    assert shop.upload(job, multipart(first)).status == 201
    assert len(shop.rows("customers", "id_customer")) >= 1001


def test_a_body_that_drips_is_408(station: Station, shop: Store) -> None:
    def said() -> bytes:
        job = shop.open("customers")
        with station.others_served(shop), station.connect() as connection:
            connection.sendall(shop.head(job, "Content-Length: 9999999") + PART)
            text = drip(connection, (b"\n" for _ in range(200)), 0.1)
        status, _, body = parse(text)
        assert status == 408
        return body

    # Another reason when this machine stood still: nothing came.
    assert any(b"bytes a second" in said() for _ in range(4))


def test_a_slow_body_of_another_endpoint_is_408(station: Station) -> None:
    with station.connect() as connection:
        connection.sendall(
            b"POST /accounts/v1/shop-identities HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"
        )
        assert parse(read_all(connection))[0] == 408


def test_who_sends_fast_enough_may_take_longer_than_the_timeouts(
    station: Station, shop: Store
) -> None:
    sent = [line("customers", {"id_customer": 1, "email_hash": "x" * 9000})] * 30
    body = multipart(sent)
    assert END in body

    def taken() -> bool:
        job, sent_at = shop.open("customers"), list[float]()

        def parts() -> Iterator[bytes]:
            for at in range(0, len(body), 9000):
                sent_at.append(monotonic())
                yield body[at : at + 9000]

        with station.connect() as connection:
            connection.sendall(shop.head(job, f"Content-Length: {len(body)}", "Connection: close"))
            text = drip(connection, parts(), BODY / 12)
        sent_at.append(monotonic())
        if b" 201 " in text:
            assert sent_at[-1] - sent_at[0] > BODY * 2
            return True
        assert max(after - before for before, after in pairwise(sent_at)) > BODY / 2, text
        return False  # this machine stood still: it was not fast enough

    assert any(taken() for _ in range(5))


def test_an_answer_that_nobody_reads_is_dropped(station: Station) -> None:
    """The documents are large: many requests for them, and not one answer taken."""
    asked = b"GET /openapi/cloudsync.json HTTP/1.1\r\nHost: x\r\n\r\n"
    other = station.store()
    with station.modest(), station.others_served(other):
        held = []
        for _ in range(40):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", station.server.port))
            connection.sendall(asked * 20)
            held.append(connection)

        def dropped() -> bool:
            return all(_is_reset(connection) for connection in held)

        eventually(dropped, 30)
        for connection in held:
            connection.close()


def _is_reset(connection: socket.socket) -> bool:
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0 or _state(connection) in (
        7,  # TCP_CLOSE
        8,  # TCP_CLOSE_WAIT
    )


def _state(connection: socket.socket) -> int:
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


def test_who_reads_slowly_but_steadily_gets_it_all(station: Station) -> None:
    whole = station.server.get("/openapi/cloudsync.json").body
    assert len(whole) > 3 * BODY * RATE
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with connection:
        connection.connect(("127.0.0.1", station.server.port))
        connection.settimeout(30)
        connection.sendall(b"GET /openapi/cloudsync.json HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert parse(read_all(connection))[2] == whole
    assert len(whole) < MEGABYTE * 8
