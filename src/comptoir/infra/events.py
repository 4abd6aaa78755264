"""Hand the outbox's events to those who asked for them. In and out in one transaction.

A handler's effects and the event's end are committed together: each event has its effect once.
A handler that fails leaves the event where it is, to be tried again later.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa

from comptoir.base.clock import Clock
from comptoir.base.instant import to_ms
from comptoir.infra.database import Database
from comptoir.infra.db.condition import DatabaseUnavailable
from comptoir.infra.db.tables import outbox
from comptoir.infra.log import logger
from comptoir.infra.work import Work

Handler = Callable[[Work, dict[str, Any]], None]
BATCH = 100
RETRY_MS = 10_000
log = logger("events")


class Dispatcher:
    """Gives each event to the handlers of its topic, oldest first."""

    def __init__(
        self, database: Database, clock: Clock, handlers: Mapping[str, tuple[Handler, ...]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers

    async def run(self) -> int:
        """Hand out what is due. Returns how many events ended."""
        done = 0
        while True:
            now_ms = to_ms(self._clock.now())
            found = await self._database.read(partial(_due, now=now_ms))
            ended = 0
            for row in found:
                ended += await self._one(row.shop_id, row.id)
            done += ended
            if len(found) < BATCH or not ended:
                return done

    async def _one(self, shop_id: str, event_id: str) -> int:
        try:
            return await self._database.write(lambda work: self._deliver(work, shop_id, event_id))
        except DatabaseUnavailable:
            raise
        except Exception:
            log.exception("event handler failed", event_id=event_id)
            await self._database.write(lambda work: _postpone(work, shop_id, event_id))
            return 0

    def _deliver(self, work: Work, shop_id: str, event_id: str) -> int:
        ended = work.db.execute(
            outbox.delete()
            .where(outbox.c.shop_id == shop_id, outbox.c.id == event_id)
            .returning(outbox.c.topic, outbox.c.body)
        ).first()
        if ended is None:
            return 0
        for handler in self._handlers.get(ended.topic, ()):
            handler(work, json.loads(ended.body))
        return 1


def _due(db: sa.Connection, now: int) -> list[sa.Row[tuple[str, str]]]:
    due = sa.or_(
        outbox.c.due_at.is_(None),
        outbox.c.due_at <= now,
        outbox.c.due_at > now + 2 * RETRY_MS,  # set before the clock went back
    )
    query = sa.select(outbox.c.shop_id, outbox.c.id).where(due)
    return list(db.execute(query.order_by(outbox.c.id).limit(BATCH)))


def _postpone(work: Work, shop_id: str, event_id: str) -> None:
    work.db.execute(
        outbox.update()
        .where(outbox.c.shop_id == shop_id, outbox.c.id == event_id)
        .values(attempts=outbox.c.attempts + 1, due_at=work.now_ms + RETRY_MS)
    )
