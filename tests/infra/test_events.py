"""The dispatcher, on both engines: each event has its effect once, a failing one comes again."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.database import Database
from comptoir.infra.db.tables import audit_log, outbox
from comptoir.infra.events import BATCH, Dispatcher, Handler
from comptoir.infra.log import configure
from comptoir.infra.work import Work
from tests import pg

TOPIC = "tests.counted.v1"


@dataclass(frozen=True)
class Counted:
    """An event with a number."""

    number: int
    topic: str = TOPIC
    shop_id: str = "s"

    def body(self) -> dict[str, object]:
        return {"number": self.number}


@pytest.fixture
def database(migrated_url: str, clock: FrozenClock, ids: SeededIds) -> Iterator[Database]:
    made = Database(pg.driven(migrated_url), clock, ids)
    yield made
    made.close()


def announce(database: Database, *events: Counted) -> None:
    with database.begin("test") as work:
        for event in events:
            work.emit(event)


def handled(database: Database) -> list[str]:
    """What the handlers wrote, in order."""
    with database.reading() as db:
        return list(db.execute(sa.select(audit_log.c.facts).order_by(audit_log.c.id)).scalars())


def waiting(database: Database) -> int:
    with database.reading() as db:
        return int(db.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one())


def write_down(work: Work, body: dict[str, Any]) -> None:
    work.audit("handled", **body)


def run(database: Database, clock: FrozenClock, *handlers: Handler, times: int = 1) -> list[int]:
    dispatcher = Dispatcher(database, clock, {TOPIC: handlers})

    async def scenario() -> list[int]:
        return [await dispatcher.run() for _ in range(times)]

    configure("info", io.StringIO())
    with capture_logs() as told:
        done = asyncio.run(scenario())
    assert all(line["event"] == "event handler failed" for line in told)
    return done


def test_each_event_once_oldest_first(database: Database, clock: FrozenClock) -> None:
    count = BATCH * 2 + 7
    announce(database, *(Counted(n) for n in range(count)))

    assert run(database, clock, write_down, times=2) == [count, 0]
    assert handled(database) == [f'{{"number": {n}}}' for n in range(count)]
    assert waiting(database) == 0


def test_every_handler_of_a_topic_is_called(database: Database, clock: FrozenClock) -> None:
    announce(database, Counted(1))

    assert run(database, clock, write_down, write_down) == [1]
    assert len(handled(database)) == 2


def test_an_event_that_nobody_wants_ends_too(database: Database, clock: FrozenClock) -> None:
    announce(database, Counted(1, topic="tests.unheard.v1"))

    assert run(database, clock, write_down) == [1]
    assert handled(database) == []
    assert waiting(database) == 0


def test_a_failing_handler_leaves_no_trace_and_is_tried_again_later(
    database: Database, clock: FrozenClock
) -> None:
    failures = [3]

    def fails_three_times(work: Work, body: dict[str, Any]) -> None:
        write_down(work, body)
        if body["number"] == 1 and failures[0]:
            failures[0] -= 1
            raise RuntimeError("not now")

    announce(database, Counted(0), Counted(1), Counted(2))

    assert run(database, clock, fails_three_times, times=3) == [2, 0, 0]
    assert handled(database) == ['{"number": 0}', '{"number": 2}']
    for expected in ([0], [0], [1]):
        assert waiting(database) == 1
        clock.advance(timedelta(seconds=10))
        assert run(database, clock, fails_three_times) == expected
    assert handled(database)[-1] == '{"number": 1}'
    assert waiting(database) == 0


def test_attempts_are_counted(database: Database, clock: FrozenClock) -> None:
    def fails(work: Work, body: dict[str, Any]) -> None:
        raise RuntimeError

    announce(database, Counted(1))
    for _ in range(3):
        run(database, clock, fails)
        clock.advance(timedelta(seconds=10))
    with database.reading() as db:
        assert db.execute(sa.select(outbox.c.attempts)).scalar_one() == 3


def test_a_batch_full_of_failures_does_not_hold_up_the_rest(
    database: Database, clock: FrozenClock
) -> None:
    def fails_at_first(work: Work, body: dict[str, Any]) -> None:
        if body["number"] < BATCH:
            raise RuntimeError
        write_down(work, body)

    announce(database, *(Counted(n) for n in range(BATCH + 3)))
    run(database, clock, fails_at_first, times=2)

    assert len(handled(database)) == 3
    assert waiting(database) == BATCH


def test_two_dispatchers_share_the_events(database: Database, clock: FrozenClock) -> None:
    announce(database, *(Counted(n) for n in range(60)))

    async def scenario() -> list[int]:
        both = [Dispatcher(database, clock, {TOPIC: (write_down,)}) for _ in range(2)]
        return await asyncio.gather(*(dispatcher.run() for dispatcher in both))

    assert sum(asyncio.run(scenario())) == 60
    assert len(handled(database)) == 60


def test_what_a_handler_announces_is_handed_out_in_turn(
    database: Database, clock: FrozenClock
) -> None:
    def counts_down(work: Work, body: dict[str, Any]) -> None:
        write_down(work, body)
        if body["number"]:
            work.emit(Counted(body["number"] - 1))

    announce(database, Counted(3))
    run(database, clock, counts_down, times=4)

    assert [text[-2] for text in handled(database)] == ["3", "2", "1", "0"]
