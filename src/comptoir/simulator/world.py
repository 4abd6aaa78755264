"""What all stores of a simulation share: the server, the time, the way out, the counters."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver

from comptoir.base.clock import Clock
from comptoir.simulator.cloud import Cloud

Pause = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Counters:
    """What happened so far, for progress displays."""

    requests: int = 0
    """Calls that the cloud made to the stores."""
    uploads: int = 0
    records: int = 0
    bytes: int = 0
    hints: int = 0
    installed: int = 0


@dataclass(slots=True)
class World:
    cloud: Cloud
    clock: Clock
    pause: Pause
    defects: frozenset[str]
    defect_calls: int
    slow_seconds: float
    debounce_seconds: float
    call_seconds: float = 10.0
    """What ps_accounts waits for an answer of its cloud (spec/accounts.md §1.1)."""
    hint_seconds: float = 3.0
    """What the agent waits for the answer to a live-sync notice (spec/eventbus.md §1.3)."""
    resolver: AbstractResolver | None = None
    counters: Counters = field(default_factory=Counters)
    loop: asyncio.AbstractEventLoop | None = None
    _session: aiohttp.ClientSession | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the simulation is not started")
        return self._session

    async def open(self) -> None:
        self.loop = asyncio.get_running_loop()
        # PHP keeps no cookies between its own calls, and asks for no compression.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=200, resolver=self.resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept-Encoding",),
        )

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        self._session = None
        self.loop = None

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background, from any thread; dropped when the simulation does not run."""
        loop = self.loop
        if loop is None:
            work.close()
        elif _running() is loop:
            self._keep(work)
        else:
            loop.call_soon_threadsafe(self._keep, work)

    async def settled(self) -> None:
        """Wait until nothing runs in the background."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def now_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
