"""A store that gives a private address is told so, and nothing there is ever connected to."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from comptoir.cloudsync.calls import same_shop
from comptoir.infra.http.outbound import CallFailed, Outbound, is_public
from tests.server import Server, running

PROOF = "0123456789abcdef" * 4
HOSTS = """
127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0x7f.1 017700000001 0177.0.0.1 0177.0.0.01
00000177.0.0.1 127.0.0.1. 127.1. 0 0.0.0.0 0x0 127.255.255.254 localhost LOCALHOST localhost.
a.localhost
[::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1]
[::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1] [2002:7f00:1::]
[2002:7f00:0001::1] [2001:0:7f00:1::] [fe80::1%25lo] [::1%25lo] [fec0::1] [fd00::1]
①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 127．0．0．1 ⑫7.0.0.1 ｌｏｃａｌｈｏｓｔ
%31%32%37.0.0.1 127.0.0.1%2f@8.8.8.8
user@127.0.0.1 user:pw@127.0.0.1 8.8.8.8@127.0.0.1 127.0.0.1@8.8.8.8 8.8.8.8#@127.0.0.1
8.8.8.8\\@127.0.0.1 127.0.0.1\\@8.8.8.8 127.0.0.1\\t 127.0.0.1%00.example
10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376
100.64.0.1 198.18.0.1 224.0.0.1 255.255.255.255 [ff02::1] [fd00:ec2::254]
""".split()


@pytest.fixture(scope="module")
def comptoir() -> Iterator[Server]:
    rates = {"identity_rate": "10000", "verify_rate": "10000"}
    with running(allow_private_addresses="0", verify_timeout="8", **rates) as made:
        yield made


@contextlib.contextmanager
def traps() -> Iterator[tuple[int, list[socket.socket]]]:
    """Sockets that listen at one port of every loopback address, IPv6 too where there is any."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(socket.create_server(("0.0.0.0", 0)))
        port = first.getsockname()[1]
        found = [first]
        with contextlib.suppress(OSError):
            found.append(
                stack.enter_context(
                    socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=False)
                )
            )
        for trap in found:
            trap.setblocking(False)
        yield port, found


def nobody_came(found: list[socket.socket]) -> bool:
    for trap in found:
        with contextlib.suppress(BlockingIOError):
            trap.accept()[0].close()
            return False
    return True


def test_every_spelling_is_refused_and_nothing_connected(comptoir: Server) -> None:
    store = comptoir.create_identity("https://shop.example")
    token = comptoir.store_token(store)
    path = f"/accounts/v1/shop-identities/{store.shop_id}/verify"
    answers: dict[str, Any] = {}

    with traps() as (port, found):
        for host in HOSTS:
            described = {"frontendUrl": f"http://{host}:{port}/shop", "proof": PROOF}
            answer = comptoir.post(path, described, token=token)
            answers[host] = answer.json
            assert answer.status in (400, 422), (host, answer.text)
            assert nobody_came(found), host
        with socket.create_connection(("127.0.0.1", port)):
            assert not nobody_came(found), "the trap does not work"

    for host, told in answers.items():
        if told["error"] == "accounts.identity_invalid":
            assert "frontendUrl" in told["message"], host
        else:
            assert told["error"] == "store-identity/store-cannot-be-requested", host
            assert told["reason"], host
    for host in ("127.0.0.1", "localhost", "[::1]", "10.0.0.1", "[64:ff9b::7f00:1]"):
        assert "is not a public address" in answers[host]["reason"], host


class Names(AbstractResolver):
    """A name server in somebody else's hand: each look-up of a name gives its next addresses."""

    def __init__(self, *turns: list[str]) -> None:
        self._turns = list(turns)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self._turns.pop(0) if len(self._turns) > 1 else self._turns[0]
        return [
            ResolveResult(
                hostname=host,
                host=ip,
                port=port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for ip in found
        ]

    async def close(self) -> None:
        return


OURS = "127.0.0.2"
"""Stands for an address on the public Internet."""


def public(address: str) -> bool:
    return address == OURS or is_public(address)


async def _shop(location: str, called: list[str], host: str) -> tuple[web.AppRunner, int]:
    async def handle(request: web.Request) -> web.Response:
        called.append(request.path)
        headers = {"Location": location, "Connection": "close"}
        return web.Response(status=302 if location else 200, text="hello", headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    return runner, runner.addresses[0][1]


def test_a_name_that_leads_elsewhere_the_next_time_is_refused() -> None:
    """DNS rebinding: the address that is connected to is the one that is looked at."""

    async def scenario() -> None:
        called: list[str] = []
        runner, port = await _shop("", called, "0.0.0.0")
        outbound = Outbound(
            allow_private=False, public=public, resolver=Names([OURS], ["127.0.0.1"])
        )
        try:
            url = f"http://shop.example:{port}/"
            assert (await outbound.get(url + "first", timeout=30)).status == 200
            with pytest.raises(CallFailed) as failed:
                await outbound.get(url + "second", timeout=30)
            assert failed.value.reason == "refused-address"
            assert called == ["/first"]
        finally:
            await outbound.close()
            await runner.cleanup()

    asyncio.run(scenario())


def test_a_second_address_of_a_name_is_looked_at_too() -> None:
    """The first one refuses the connection, so that the private one comes next."""

    async def scenario() -> None:
        called: list[str] = []
        runner, port = await _shop("", called, "127.0.0.1")
        names = Names([OURS, "127.0.0.1"])
        outbound = Outbound(allow_private=False, public=public, resolver=names)
        try:
            with pytest.raises(CallFailed):
                await outbound.get(f"http://shop.example:{port}/", timeout=30)
            assert called == []
        finally:
            await outbound.close()
            await runner.cleanup()

    asyncio.run(scenario())


def test_a_redirect_into_the_network_is_refused() -> None:
    """A shop may redirect inside itself; its name then leads to a private address."""

    async def scenario() -> None:
        called: list[str] = []
        runner, port = await _shop("/shop/inside", called, "0.0.0.0")
        outbound = Outbound(
            allow_private=False, public=public, resolver=Names([OURS], ["127.0.0.1"])
        )
        shop = f"http://shop.example:{port}/shop"
        try:
            answer = await outbound.get(f"{shop}/first", timeout=30)
            target = f"http://shop.example:{port}" + answer.headers["location"]
            assert same_shop(shop, target)
            with pytest.raises(CallFailed) as failed:
                await outbound.get(target, timeout=30)
            assert failed.value.reason == "refused-address"
            assert called == ["/shop/first"]
        finally:
            await outbound.close()
            await runner.cleanup()

    asyncio.run(scenario())
