"""Look-ups that go together: what is asked for while one is under way makes the next one.

A thread's turn and a transaction cost more than the row that they bring.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

Find = Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]


class Gather:
    """`find` gives what it found by key. Each look-up begins after it was asked for."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._waiting: list[tuple[str, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: str) -> Any:
        """What was found, or None. Raises what `find` raises."""
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append((key, mine))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await mine

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                found = await self._find(list({key for key, _ in batch}))
            except Exception as failure:  # noqa: BLE001 - told to those who wait
                for _, waits in batch:
                    if not waits.done():
                        waits.set_exception(failure)
                continue
            for key, waits in batch:
                if not waits.done():
                    waits.set_result(found.get(key))
