"""Waiting for another process, the one thing a test cannot be told the end of.

Inside one process nothing waits: pass a FrozenClock and call the step. These are for journeys,
where a real server works beside the test.
"""

import asyncio
import select
from collections.abc import Awaitable, Callable
from typing import TypeVar

from comptoir.base.clock import monotonic

T = TypeVar("T")
PAUSE = 0.05


def eventually(check: Callable[[], T], within: float = 30.0) -> T:
    """The first true answer of `check()`. Fails the test after `within` seconds without one."""
    until = monotonic() + within
    while True:
        answer = check()
        if answer:
            return answer
        assert monotonic() < until, f"not within {within} s; last answer: {answer!r}"
        select.select([], [], [], PAUSE)


async def eventually_async(check: Callable[[], Awaitable[T]], within: float = 30.0) -> T:
    """The same inside an event loop."""
    until = monotonic() + within
    while True:
        answer = await check()
        if answer:
            return answer
        assert monotonic() < until, f"not within {within} s; last answer: {answer!r}"
        await asyncio.sleep(PAUSE)
