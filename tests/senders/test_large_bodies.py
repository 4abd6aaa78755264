"""Bodies that are large, or unfold to be: memory stays where it was, and others are served."""

import gzip
import http.client
import subprocess
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import zstandard

from tests.cloudsync.ground import line, multipart
from tests.conftest import ENGINES, VERIFY
from tests.senders.station import (
    END,
    MEGABYTE,
    MULTIPART,
    PART,
    Station,
    Store,
    chunked,
    parse,
    read_all,
    send_all,
)
from tests.server import running

LIMIT = 256 * MEGABYTE if VERIFY else 60 * MEGABYTE
"""COMPTOIR_MAX_UPLOAD; the default under `make verify`."""
MANY = 1_000_000 if VERIFY else 5_000
"""Lines of one upload."""
TOO_MANY = 500 * MEGABYTE
UNFOLDED = TOO_MANY if VERIFY else 2 * LIMIT


@pytest.fixture(scope="module", params=ENGINES if VERIFY else ["sqlite"])
def station(request: pytest.FixtureRequest) -> Iterator[Station]:
    with running(request.param, max_upload=str(LIMIT)) as server:
        made = Station(server)
        made.settle()
        yield made


@pytest.fixture
def shop(station: Station) -> Store:
    return station.store()


@pytest.fixture
def other(station: Station) -> Store:
    return station.store()


def rows(size: int) -> Iterator[bytes]:
    """Lines of so many bytes in all."""
    number, came = 0, 0
    while came < size:
        number += 1
        made = line("customers", {"id_customer": number, "email_hash": "x" * 2000})
        came += len(made) + 2
        yield made


def test_fifty_megabytes_are_taken(station: Station, shop: Store, other: Store) -> None:
    sent = list(rows(50 * MEGABYTE))
    body = multipart(sent)
    assert 50 * MEGABYTE < len(body) < LIMIT
    job = shop.open("customers", full=True)

    with station.modest(), station.others_served(other) as waits:
        answer = shop.upload(job, body)

    assert answer.status == 201, answer.text
    assert answer.json == {"written": len(sent), "unchanged": 0, "deleted": 0, "setAside": 0}
    assert len(waits) > 3


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_packed_uploads_are_unpacked(shop: Store, encoding: str) -> None:
    pack = {"gzip": gzip.compress, "zstd": zstandard.compress}[encoding]
    sent = list(rows(MEGABYTE))
    job = shop.open("customers")

    answer = shop.upload(job, pack(multipart(sent)), headers={"Content-Encoding": encoding})

    assert (answer.status, answer.json["written"]) == (201, len(sent)), answer.text


def test_other_encodings_are_415(shop: Store) -> None:
    job = shop.open("customers")
    for encoding in ("br", "deflate", "gzip, zstd"):
        answer = shop.upload(job, multipart([]), headers={"Content-Encoding": encoding})
        assert answer.status == 415
        assert answer.json["error"] == "infra.encoding_unsupported"
        assert answer.header("Accept-Encoding") == "gzip, zstd"


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_packed_bodies_that_break_off_are_400(shop: Store, encoding: str) -> None:
    pack = {"gzip": gzip.compress, "zstd": zstandard.compress}[encoding]
    packed = pack(multipart([line("customers", {"id_customer": 1})]))
    job = shop.open("customers")
    for body in (packed[:-5], b"plain text", b""):
        answer = shop.upload(job, body, headers={"Content-Encoding": encoding})
        assert (answer.status, answer.json["error"]) == (400, "infra.encoding_broken")


def bomb(encoding: str, filling: bytes) -> bytes:
    """A little body that unfolds to UNFOLDED bytes."""
    block = filling * (MEGABYTE // len(filling))
    if encoding == "gzip":
        packing = zlib.compressobj(9, wbits=31)
        parts = [packing.compress(PART), *(packing.compress(block) for _ in range(UNFOLDED >> 20))]
        return b"".join([*parts, packing.flush()])
    maker = zstandard.ZstdCompressor().compressobj()
    parts = [maker.compress(PART), *(maker.compress(block) for _ in range(UNFOLDED >> 20))]
    return b"".join([*parts, maker.flush()])


@pytest.mark.parametrize("filling", [b"\0", b"\n"], ids=["one line", "blank lines"])
@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_bombs_are_413(
    station: Station, shop: Store, other: Store, encoding: str, filling: bytes
) -> None:
    body = bomb(encoding, filling)
    assert len(body) < MEGABYTE
    job = shop.open("customers")

    with station.modest(), station.others_served(other):
        answer = shop.upload(job, body, headers={"Content-Encoding": encoding})

    assert (answer.status, answer.json["error"]) == (413, "cloudsync.upload_too_large")


def zeros(size: int) -> Iterator[bytes]:
    yield PART
    block = bytes(MEGABYTE // 4)
    for _ in range(size // len(block)):
        yield block


def test_a_known_length_over_the_limit_is_refused_before_the_body(
    station: Station, shop: Store
) -> None:
    job = shop.open("customers")
    with station.connect() as connection:
        connection.sendall(shop.head(job, f"Content-Length: {TOO_MANY}", "Expect: 100-continue"))
        text = read_all(connection)
    status, headers, _ = parse(text)

    assert status == 413
    assert b"100 Continue" not in text
    assert headers["connection"] == "close"


@pytest.mark.parametrize("how", ["known length", "chunked"])
def test_who_still_sends_sees_the_413(
    station: Station, shop: Store, other: Store, how: str
) -> None:
    """It reads while it writes, as curl does."""
    job = shop.open("customers")
    length = (
        f"Content-Length: {TOO_MANY}" if how == "known length" else "Transfer-Encoding: chunked"
    )
    parts: Iterable[bytes] = zeros(TOO_MANY)

    with station.modest(), station.others_served(other), station.connect() as connection:
        connection.sendall(shop.head(job, length))
        text = send_all(connection, parts if how == "known length" else chunked(parts))

    status, headers, body = parse(text)
    assert status == 413
    assert headers["connection"] == "close"
    assert b"cloudsync.upload_too_large" in body


@pytest.mark.parametrize("how", ["known length", "chunked"])
def test_who_reads_only_after_sending_all_sees_the_413(
    station: Station, shop: Store, other: Store, how: str
) -> None:
    """As http.client does, and many libraries."""
    job = shop.open("customers")
    headers = {"Authorization": f"Bearer {shop.token}", "Content-Type": MULTIPART}
    if how == "known length":
        headers["Content-Length"] = str(TOO_MANY)
    connection = http.client.HTTPConnection("127.0.0.1", station.server.port, timeout=60)

    with station.modest(), station.others_served(other):
        connection.request(
            "POST",
            f"/collector/upload/{job}",
            zeros(TOO_MANY - MEGABYTE),
            headers,
            encode_chunked=how == "chunked",
        )
        if how == "known length":
            connection.send(bytes(MEGABYTE - len(PART)))
        answer = connection.getresponse()
        body = answer.read()
    connection.close()

    assert answer.status == 413
    assert b"cloudsync.upload_too_large" in body


@pytest.mark.parametrize("more", [(), ("-H", "Expect:"), ("-H", "Transfer-Encoding: chunked")])
def test_curl_sees_the_413(shop: Store, tmp_path: Path, more: tuple[str, ...]) -> None:
    job, big = shop.open("customers"), tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(TOO_MANY)
    command = ["curl", "-sS", "-w", "%{http_code}", "-F", f"file=@{big}", *more]
    done = subprocess.run(
        [
            *command,
            *("-H", f"Authorization: Bearer {shop.token}"),
            f"{shop.server.base}/collector/upload/{job}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("413")
    assert "cloudsync.upload_too_large" in done.stdout


def same(_: int) -> bytes:
    return line("customers", {"id_customer": 7})


def different(number: int) -> bytes:
    return line("customers", {"id_customer": number})


def unknown(number: int) -> bytes:
    return line("nothings", {"id": number})


def broken(number: int) -> bytes:
    return b"{%d" % number


@pytest.mark.parametrize("made", [same, different, unknown, broken])
def test_a_million_lines(
    station: Station, shop: Store, other: Store, made: Callable[[int], bytes]
) -> None:
    bad = made in (unknown, broken)
    job = shop.open("customers", full=True)

    with station.modest(), station.others_served(other), station.connect() as connection:
        connection.settimeout(300)
        connection.sendall(shop.head(job, "Transfer-Encoding: chunked", "Connection: close"))
        blocks = (
            b"\n".join(made(number) for number in range(start, start + 5000)) + b"\n"
            for start in range(0, MANY, 5000)
        )
        status, _, body = parse(send_all(connection, chunked([PART, *blocks, END])))

    assert status == 201, body
    assert b'"setAside":%d}' % (MANY if bad else 0) in body
    if bad:
        counted = shop.shown()["sync"]["set_aside"]
        assert sum(thing["times"] for thing in counted) == MANY
        assert sum(thing["kept"] for thing in counted) <= 10_001
