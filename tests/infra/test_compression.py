"""Answers in zstd and gzip: who takes them, which answers, and what is left alone."""

import asyncio
import gzip
from collections.abc import Mapping
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from comptoir.app.compression import LARGE, SMALLEST, Compression, choose
from tests.server import Server, running

BODY = b'{"name": "Mountain fox notebook"}' * 100
OPEN = {
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    None: bytes,
}


@pytest.mark.parametrize(
    ("accepted", "coding", "plain_refused"),
    [
        ("", "", False),
        ("gzip", "gzip", False),
        ("zstd, gzip", "zstd", False),
        ("gzip, zstd", "zstd", False),
        ("gzip, deflate, br, zstd", "zstd", False),
        ("gzip;q=1.0, zstd;q=0.9", "gzip", False),
        ("GZIP ; Q=0.5", "gzip", False),
        ("x-gzip", "gzip", False),
        ("*", "zstd", False),
        ("zstd;q=0, *", "gzip", False),
        ("*;q=0", "", True),
        ("gzip, *;q=0", "gzip", True),
        ("identity", "", False),
        ("identity, gzip;q=0.5", "", False),
        ("identity;q=0.5, gzip", "gzip", False),
        ("identity;q=0, gzip;q=0.001", "gzip", True),
        ("gzip;q=0", "", False),
        ("gzip;q=0.000, zstd;q=0", "", False),
        ("gzip;q=2", "", False),
        ("gzip;q=x, zstd;level=3", "", False),
        ("br, deflate", "", False),
        (",,gzip,", "gzip", False),
    ],
)
def test_the_coding_is_the_one_that_the_caller_prefers(
    accepted: str, coding: str, plain_refused: bool
) -> None:
    assert choose(accepted) == (coding, plain_refused)


@given(st.text(st.sampled_from("gzipstdx-*identy;q=01. ,"), max_size=40))
def test_any_header_has_an_answer(accepted: str) -> None:
    coding, _ = choose(accepted)

    assert coding in ("", "gzip", "zstd")
    assert coding != "gzip" or "gzip" in accepted or "*" in accepted


def answered(
    accepted: str,
    headers: Mapping[str, str],
    *bodies: bytes,
    status: int = 200,
    method: str = "GET",
) -> tuple[dict[str, str], list[bytes]]:
    """What goes out when the application answers with `bodies`, one message each."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        for left, body in reversed(list(enumerate(reversed(bodies)))):
            await send({"type": "http.response.body", "body": body, "more_body": left > 0})

    async def send(message: Any) -> None:
        sent.append(message)

    asked = [(b"accept-encoding", accepted.encode())]
    scope = {"type": "http", "method": method, "headers": asked}
    asyncio.run(Compression(app)(scope, None, send))  # type: ignore[arg-type]
    start, *rest = sent
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return found, [message["body"] for message in rest]


JSON = {"Content-Type": "application/json", "Content-Length": str(len(BODY))}


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize("size", [SMALLEST, LARGE - 1, LARGE, 3 * LARGE])
@pytest.mark.parametrize(
    "kind", ["application/json", "application/problem+json", "text/html; charset=utf-8"]
)
def test_what_is_compressed_reads_back(coding: str, size: int, kind: str) -> None:
    body = (BODY * (size // len(BODY) + 1))[:size]
    headers, (sent,) = answered(coding, {"Content-Type": kind, "Vary": "Origin"}, body)

    assert headers["content-encoding"] == coding
    assert headers["vary"] == "Origin, Accept-Encoding"
    assert int(headers["content-length"]) == len(sent) < size
    assert OPEN[coding](sent) == body


@pytest.mark.parametrize(
    ("headers", "how", "vary"),
    [
        ({"Content-Type": "image/png"}, {}, False),
        ({"Content-Type": "application/octet-stream"}, {}, False),
        ({**JSON, "Content-Encoding": "br"}, {}, False),
        ({**JSON, "Cache-Control": "no-store"}, {}, False),
        ({**JSON, "Cache-Control": "public, no-transform"}, {}, False),
        ({}, {}, False),
        ({}, {"status": 304}, True),
        ({}, {"status": 204}, False),
        (JSON, {"method": "HEAD"}, True),
    ],
)
def test_what_is_left_alone(headers: dict[str, str], how: dict[str, Any], vary: bool) -> None:
    found, (sent,) = answered("zstd, gzip", headers, BODY, **how)

    assert sent == BODY
    assert found.get("content-encoding") == headers.get("Content-Encoding")
    assert ("vary" in found) == vary
    if how.get("method") == "HEAD":
        assert "content-length" not in found
    else:
        assert found.get("content-length") == headers.get("Content-Length")


def test_small_answers_stay_plain_unless_plain_is_refused() -> None:
    small = BODY[: SMALLEST - 1]
    headers, (sent,) = answered("gzip", JSON, small)
    assert (sent, headers["vary"]) == (small, "Accept-Encoding")
    assert "content-encoding" not in headers

    headers, (sent,) = answered("gzip, identity;q=0", JSON, small)
    assert (OPEN["gzip"](sent), headers["content-encoding"]) == (small, "gzip")


def test_a_stream_stays_one() -> None:
    headers, sent = answered("gzip", {"Content-Type": "text/plain"}, BODY, BODY, b"")

    assert sent == [BODY, BODY, b""]
    assert "content-encoding" not in headers


@pytest.fixture(scope="module")
def comptoir() -> Any:
    with running() as made:
        yield made


@pytest.mark.parametrize("path", ["/openapi/cloudsync.json", "/docs", "/metrics"])
def test_a_real_server_compresses(comptoir: Server, path: str) -> None:
    for accepted, coding in (("gzip", "gzip"), ("gzip, zstd", "zstd"), ("identity", None)):
        answer = comptoir.get(path, headers={"Accept-Encoding": accepted})
        assert answer.status == 200
        assert answer.header("Content-Encoding") == coding
        assert answer.header("Vary") == "Accept-Encoding"
        assert answer.header("Content-Length") == str(len(answer.body))
        assert len(OPEN[coding](answer.body)) >= SMALLEST

    head = comptoir.request("HEAD", path, headers={"Accept-Encoding": "zstd"})
    assert (head.status, head.body, head.header("Vary")) == (200, b"", "Accept-Encoding")


def test_answers_with_secrets_are_never_compressed(comptoir: Server) -> None:
    """BREACH: what the caller writes must not stand beside a secret in a compressed body."""
    everything = {"Accept-Encoding": "gzip, identity;q=0"}
    vendor = comptoir.quick_cli("vendor", "create", "acme")
    form = {
        "grant_type": "client_credentials",
        "audience": "https://api.cloudsync.prestashop.com tech-vendor/acme",
        "client_id": vendor["client_id"],
        "client_secret": vendor["client_secret"],
    }
    token = comptoir.post("/oauth2/token", form=form, headers=everything)
    store = {"frontendUrl": "https://a.example", "backOfficeUrl": "https://a.example/admin-dev"}
    identity = comptoir.post(
        "/accounts/v1/shop-identities", {**store, "multiShopId": 1}, headers=everything
    )

    assert (token.status, identity.status) == (200, 201)
    assert token.json["access_token"]
    assert identity.json["clientSecret"]
    for answer in (token, identity):
        assert answer.header("Content-Encoding") is None
        assert answer.header("Cache-Control") == "no-store"
