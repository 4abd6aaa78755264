"""A store's proof callback, written by hand: it shows what it is told to show.

It runs on an event loop in a thread of its own, so that a test can wait for the server meanwhile.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

T = TypeVar("T")
PROOF = "0123456789abcdef" * 4
Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LoopThread:
    """An event loop that runs beside the test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it there and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class FakeStore:
    """Answers every request with `reply`; keeps what it was asked in `seen`."""

    def __init__(self) -> None:
        self.url = ""
        """`http://127.0.0.1:PORT/shop`: a path below the host, as many stores have."""
        self.port = 0
        self.seen: list[web.Request] = []
        self.reply: Reply = proof(PROOF)

    @property
    def bearer(self) -> str:
        """The token of the last call."""
        header = self.seen[-1].headers["X-Prestashop-Authorization"]
        assert header.startswith("Bearer ")
        return header.removeprefix("Bearer ")

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/shop"
        return runner

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        return await self.reply(request)


@contextlib.contextmanager
def fake_store() -> Iterator[FakeStore]:
    loop, made = LoopThread(), FakeStore()
    runner = loop.run(made.start())
    try:
        yield made
    finally:
        loop.run(runner.cleanup())
        loop.close()


def says(body: str, status: int = 200, kind: str = "text/json", **headers: str) -> Reply:
    async def reply(_: web.Request) -> web.Response:
        return web.Response(text=body, status=status, content_type=kind, headers=headers)

    return reply


def proof(value: object) -> Reply:
    return says(json.dumps({"proof": value}))


def redirects(target: str, status: int = 302, *, then: Reply | None = None) -> Reply:
    """To `target`, from wherever; what arrives there gets `then`, or the proof."""
    arrived = then or proof(PROOF)

    async def reply(request: web.Request) -> web.StreamResponse:
        if target.endswith(request.path) and request.path != "/shop/index.php":
            return await arrived(request)
        return web.Response(status=status, headers={"Location": target})

    return reply


async def never(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def after_reading(base: str, found: list[Any]) -> Reply:
    """As a store does: discovery, then the keys, while its own request is pending; then proof."""

    async def reply(_: web.Request) -> web.Response:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{base}/.well-known/openid-configuration") as answer:
                discovered = await answer.json()
            async with session.get(discovered["jwks_uri"]) as answer:
                found.append(await answer.json())
        return web.json_response({"proof": PROOF})

    return reply
