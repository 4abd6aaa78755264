"""Calls to addresses that somebody gave us: the guard, time-outs, sizes, redirects."""

import asyncio
import ipaddress
import socket
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from comptoir.infra.http.outbound import MOST_BYTES, Answer, CallFailed, Outbound, is_public

SPECIAL = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.255.255.255
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.171 192.0.2.1 192.88.99.1 192.168.0.1
198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::8.8.8.8
64:ff9b:1::1 100::1 2001::1 2001:db8::1 2001:10::1 2001:20::1 2002:7f00:1:: 3fff::1 5f00::1
fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1 ff0e::1
""".split()
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
169.253.255.255 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0
223.255.255.255 2606:4700::1111 2a00:1450:4007::1 2400:cb00::1
""".split()
LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "017700000001",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST.",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "①②⑦.⓪.⓪.①",
    "user:pw@127.0.0.1",
]
PRIVATE_SPELLINGS = [
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "[fe80::1]",
    "[fd00:ec2::254]",
]
Scenario = Callable[[Outbound, str], Awaitable[None]]


@pytest.mark.parametrize("address", SPECIAL)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_what_python_calls_special_is_refused(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast:
        assert not is_public(str(address))


@given(st.ip_addresses(v=4))
def test_an_embedded_ipv4_address_is_never_public(address: ipaddress.IPv4Address) -> None:
    packed = int(address)
    for base, shift in (("::ffff:0:0", 0), ("64:ff9b::", 0), ("2002::", 80), ("::", 0)):
        embedded = int(ipaddress.IPv6Address(base)) + (packed << shift)
        assert not is_public(str(ipaddress.IPv6Address(embedded)))


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "example.com", "1.1.1.1/8", "::g"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


def bomb() -> bytes:
    """256 MB of nothing, in a quarter of a megabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    pieces = [packer.compress(bytes(1 << 20)) for _ in range(256)]
    return b"".join([*pieces, packer.flush()])


def played(scenario: Scenario, *, allow_private: bool) -> None:
    """A server on loopback that answers, counts, redirects, dawdles and talks too much."""

    async def handle(request: web.Request) -> web.StreamResponse:
        called.append(request.path)
        if request.path == "/redirect":
            raise web.HTTPFound("/elsewhere")
        if request.path == "/slow":
            await asyncio.Event().wait()
        if request.path == "/endless":
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(b"x" * 65536)
        if request.path == "/drips":
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(b"x")
                await asyncio.sleep(0)
        if request.path == "/bomb":
            return web.Response(body=bomb(), headers={"Content-Encoding": "gzip"})
        if request.path == "/broken":
            assert request.transport is not None
            request.transport.close()
        return web.Response(text="hello", headers={"X-Seen": request.headers.get("X-Sent", "")})

    async def main() -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handle)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        outbound = Outbound(allow_private=allow_private)
        try:
            await scenario(outbound, f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await outbound.close()
            await runner.cleanup()

    called: list[str] = []
    asyncio.run(main())
    if not allow_private:
        assert called == [], "a refused address was called"


async def failure(outbound: Outbound, url: str, seconds: float = 30.0) -> CallFailed:
    with pytest.raises(CallFailed) as failed:
        await outbound.get(url, timeout=seconds)
    return failed.value


def test_private_addresses_are_refused_however_they_are_written() -> None:
    async def scenario(outbound: Outbound, base: str) -> None:
        port = base.rpartition(":")[2]
        for host in (*LOOPBACK_SPELLINGS, *PRIVATE_SPELLINGS):
            failed = await failure(outbound, f"http://{host}:{port}/hello")
            assert failed.reason in ("refused-address", "connect"), (host, failed.explanation)
        for host in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254"):
            failed = await failure(outbound, f"http://{host}:{port}/hello")
            assert failed.reason == "refused-address", (host, failed.explanation)
            assert "not a public address" in failed.explanation

    played(scenario, allow_private=False)


def test_a_name_that_resolves_to_loopback_is_refused() -> None:
    name = socket.gethostname()
    try:
        found = {info[4][0] for info in socket.getaddrinfo(name, 80)}
    except OSError:
        found = set()
    names = ["localhost", "ip6-localhost", *([name] if found else [])]

    async def scenario(outbound: Outbound, base: str) -> None:
        port = base.rpartition(":")[2]
        for host in names:
            failed = await failure(outbound, f"http://{host}:{port}/hello")
            assert failed.reason in ("refused-address", "connect")
        assert (await failure(outbound, f"http://localhost:{port}/")).reason == "refused-address"

    played(scenario, allow_private=False)


def test_they_are_called_when_the_operator_allows_it() -> None:
    async def scenario(outbound: Outbound, base: str) -> None:
        answer = await outbound.get(f"{base}/hello", timeout=5, headers={"X-Sent": "this"})
        assert isinstance(answer, Answer)
        assert (answer.status, answer.body) == (200, b"hello")
        assert answer.headers["x-seen"] == "this"

    played(scenario, allow_private=True)


def test_redirects_are_shown_not_followed() -> None:
    async def scenario(outbound: Outbound, base: str) -> None:
        answer = await outbound.get(f"{base}/redirect", timeout=5)
        assert (answer.status, answer.headers["location"]) == (302, "/elsewhere")

    played(scenario, allow_private=True)


@pytest.mark.parametrize("path", ["/slow", "/drips"])
def test_the_time_is_for_the_whole_call(path: str) -> None:
    async def scenario(outbound: Outbound, base: str) -> None:
        failed = await failure(outbound, base + path, seconds=0.3)
        assert failed.reason == "timeout"
        assert "0.3 s" in failed.explanation

    played(scenario, allow_private=True)


def test_an_endless_answer_is_cut() -> None:
    async def scenario(outbound: Outbound, base: str) -> None:
        failed = await failure(outbound, f"{base}/endless", seconds=20)
        assert failed.reason == "too-large"
        assert str(MOST_BYTES) in failed.explanation

    played(scenario, allow_private=True)


def test_a_packed_answer_is_not_unpacked_past_the_limit() -> None:
    async def scenario(outbound: Outbound, base: str) -> None:
        tracemalloc.start()
        try:
            failed = await failure(outbound, f"{base}/bomb", seconds=20)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert failed.reason == "too-large"
        assert peak < 64 << 20

    played(scenario, allow_private=True)


def test_what_goes_wrong_has_one_word_for_machines() -> None:
    async def scenario(outbound: Outbound, base: str) -> None:
        assert (await failure(outbound, f"{base}/broken")).reason == "broken"
        assert (await failure(outbound, base.replace("http:", "https:"))).reason == "tls"
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/"
            assert (await failure(outbound, nobody)).reason == "connect"
        for url in ("ftp://127.0.0.1/", "http://", "nonsense", "http://[::1", "http://a b/"):
            assert (await failure(outbound, url)).reason in ("broken", "connect"), url

    played(scenario, allow_private=True)
