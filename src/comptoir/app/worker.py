"""The background half of the process: hands out events, drives the stores that are due, and sends
the mails that are."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from comptoir import accounts, cloudsync, oauth
from comptoir.base.clock import monotonic
from comptoir.cloudsync import Driver
from comptoir.infra.db.condition import DatabaseUnavailable
from comptoir.infra.events import Dispatcher
from comptoir.infra.http import idempotency
from comptoir.infra.http.context import Context
from comptoir.infra.log import logger
from comptoir.infra.mail_queue import Postman

IDLE = 1.0
"""Seconds between looks when nothing calls."""
WATCH = 0.1
"""Seconds between looks at the change counter, which shows what other processes commit."""
HOUR = 3600.0
log = logger("worker")


class Worker:
    """Starts with the server and stops with it; what it leaves undone, the next one resumes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._called, self._posted = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._driver = Driver(context)
        self._tidy_at = 0.0
        self._dispatcher = Dispatcher(
            context.db, context.clock, {**cloudsync.HANDLERS, **oauth.HANDLERS}
        )
        self._postman = Postman(context.db, context.mail, context.clock)

    async def start(self) -> None:
        self._context.wake = self._wake
        await self._driver.recover()
        self._tasks = [
            asyncio.create_task(self._loop(self._called, self._look)),
            asyncio.create_task(self._loop(self._posted, self._postman.run)),  # mail may be slow
            asyncio.create_task(self._watch()),
        ]

    async def stop(self) -> None:
        """Safe to repeat."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._driver.stop()

    def _wake(self) -> None:
        self._called.set()
        self._posted.set()

    async def _look(self) -> None:
        if self._context.db.condition.trouble:
            await self._context.db.check()
        await self._dispatcher.run()
        await self._driver.look()
        await self._tidy()

    async def _loop(self, called: asyncio.Event, look: Callable[[], Awaitable[object]]) -> None:
        while True:
            called.clear()
            try:
                await look()
            except DatabaseUnavailable:
                await asyncio.sleep(IDLE)  # the database has said why
            except Exception:
                log.exception("worker failed, goes on")
                await asyncio.sleep(IDLE)
            # Not wait_for: on Python 3.11 it can swallow the cancellation that `stop` sends.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE):
                    await called.wait()

    async def _tidy(self) -> None:
        """Once an hour: drop what is kept no longer, and see to the signing keys."""
        if monotonic() < self._tidy_at:
            return
        self._tidy_at = monotonic() + HOUR
        try:
            await oauth.rotate_keys(self._context)
        finally:  # what fails in one does not keep the others from their hour
            for part in (idempotency.forget, oauth.forget, accounts.forget):
                try:
                    await self._context.db.write(part)
                except DatabaseUnavailable:
                    raise
                except Exception:
                    log.exception("tidying failed", part=part.__module__)

    async def _watch(self) -> None:
        """On SQLite: notice within a blink what a command beside the server has committed."""
        counter = self._context.db.change_counter()
        if counter is None:
            return
        now = before = counter()
        while True:
            await asyncio.sleep(WATCH)
            with contextlib.suppress(DatabaseUnavailable):
                now = counter()
            if now != before:
                before = now
                self._wake()
