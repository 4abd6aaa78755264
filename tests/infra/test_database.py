"""The unit of work, on both engines: all of it or nothing, alone or beside others."""

import asyncio
import json
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.base.instant import to_ms
from comptoir.infra.database import Database
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.db.migrate import upgrade
from comptoir.infra.db.tables import audit_log, outbox
from comptoir.infra.work import Work
from tests import pg

SECOND = """
import sys
from datetime import UTC, datetime
from comptoir.base.clock import SystemClock
from comptoir.base.ids import SystemIds
from comptoir.infra.database import Database
url, count = sys.argv[1], int(sys.argv[2])
database = Database(url, SystemClock(), SystemIds())
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    with database.begin("second") as work:
        work.audit("second", number=number)
database.close()
"""


@dataclass(frozen=True)
class Happened:
    """Something to announce."""

    shop_id: str
    number: int
    topic = "tests.happened.v1"

    def body(self) -> dict[str, object]:
        return {"number": self.number}


@pytest.fixture
def address(database_url: str) -> str:
    return pg.driven(database_url)


@pytest.fixture
def database(address: str, clock: FrozenClock, ids: SeededIds) -> Iterator[Database]:
    made = Database(address, clock, ids)
    upgrade(made.engine)
    yield made
    made.close()


def actions(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.execute(sa.select(audit_log.c.action).order_by(audit_log.c.id)).scalars())


def events(database: Database) -> list[dict[str, object]]:
    with database.reading() as db:
        rows = db.execute(sa.select(outbox.c.body).order_by(outbox.c.id)).scalars()
        return [json.loads(body) for body in rows]


def note(action: str) -> "Note":
    return Note(action)


@dataclass(frozen=True)
class Note:
    """A unit of work that audits and announces, and then perhaps fails."""

    action: str
    failure: BaseException | None = None

    def __call__(self, work: Work) -> str:
        work.audit(self.action, shop_id="s", number=1)
        work.emit(Happened("s", 1))
        if self.failure is not None:
            raise self.failure
        return self.action


def test_what_is_done_stays(database: Database, clock: FrozenClock) -> None:
    with database.begin("operator", "request-1") as work:
        work.audit("first", shop_id="s", organisation_id="o", name="é")
        work.emit(Happened("s", 7))
    with database.reading() as db:
        row = db.execute(sa.select(audit_log)).one()
        event = db.execute(sa.select(outbox)).one()

    assert row.actor == "operator"
    assert row.request_id == "request-1"
    assert row.at == event.created_at == to_ms(clock.now())
    assert (row.shop_id, row.organisation_id, row.action) == ("s", "o", "first")
    assert json.loads(row.facts) == {"name": "é"}
    assert (event.shop_id, event.topic, json.loads(event.body)) == (
        "s",
        Happened.topic,
        {"number": 7},
    )
    assert (event.attempts, event.due_at) == (0, None)


def test_what_is_done_on_the_driver_alone_stays_or_goes_too(database: Database) -> None:
    """Hot paths do not tell SQLAlchemy what they do."""
    insert = "INSERT INTO row_count (shop_id, content, live) VALUES ('s', 'c', 7)"
    with pytest.raises(ValueError, match="x"), database.begin("operator") as work:
        work.db.connection.cursor().execute(insert)
        raise ValueError("x")
    with database.begin("operator") as work:
        work.db.connection.cursor().execute(insert)

    with database.reading() as db:
        assert db.execute(sa.text("SELECT live FROM row_count")).scalars().all() == [7]


@pytest.mark.parametrize("failure", [ValueError("x"), KeyboardInterrupt(), SystemExit()])
def test_what_fails_leaves_nothing(database: Database, failure: BaseException) -> None:
    with pytest.raises(type(failure)), database.begin("operator") as work:
        note("never")(work)
        raise failure

    assert actions(database) == []
    assert events(database) == []
    with database.begin("operator") as work:
        note("after")(work)
    assert actions(database) == ["after"]


def test_writing_answers_when_it_is_durable(database: Database) -> None:
    async def scenario() -> None:
        assert await database.write(note("one")) == "one"
        assert actions(database) == ["one"]

    asyncio.run(scenario())


def test_one_failing_unit_does_not_touch_its_neighbours(database: Database) -> None:
    async def scenario() -> list[str | BaseException]:
        units = [Note(str(n), ValueError(str(n)) if n % 3 == 0 else None) for n in range(100)]
        return await asyncio.gather(
            *(database.write(unit) for unit in units), return_exceptions=True
        )

    answers = asyncio.run(scenario())
    good = [str(n) for n in range(100) if n % 3]

    assert [str(answer) for answer in answers] == [str(n) for n in range(100)]
    assert [isinstance(a, ValueError) for a in answers] == [n % 3 == 0 for n in range(100)]
    assert sorted(actions(database)) == sorted(good)
    assert len(events(database)) == len(good)


def test_an_error_of_the_database_stays_in_its_unit(database: Database) -> None:
    def twice(work: Work) -> None:
        for _ in range(2):
            values = {"shop_id": "s", "id": "same", "created_at": 1}
            work.db.execute(outbox.insert().values(values))

    async def scenario() -> list[object]:
        writes = [database.write(note("a")), database.write(twice), database.write(note("b"))]
        return await asyncio.gather(*writes, return_exceptions=True)  # type: ignore[arg-type]

    before, failed, after = asyncio.run(scenario())
    assert (before, after) == ("a", "b")
    assert isinstance(failed, sa.exc.IntegrityError)
    assert "[SQL parameters hidden" in str(failed), "errors go into the log, rows do not"
    assert sorted(actions(database)) == ["a", "b"]


def test_a_unit_that_asks_for_more_than_there_is_fails(database: Database) -> None:
    """No future takes a StopIteration: who waits for one would wait for ever."""

    def unit(_: object) -> str:
        return next(iter(()))

    for use in (database.write, database.read):
        with pytest.raises(RuntimeError, match="more than there is"):
            asyncio.run(asyncio.wait_for(use(unit), 10))
    assert asyncio.run(database.write(note("after"))) == "after"


def test_who_are_in_each_others_way_both_come_through(database: Database) -> None:
    took = {"a": threading.Event(), "b": threading.Event()}

    def unit(work: Work, first: str, second: str) -> None:
        lock_store(work.db, first)
        took[first].set()
        took[second].wait(0.5)
        lock_store(work.db, second)
        work.audit(first)

    with ThreadPoolExecutor(2) as threads:
        runs = [partial(unit, first="a", second="b"), partial(unit, first="b", second="a")]
        for done in [threads.submit(database.write_here, run) for run in runs]:
            done.result(30)
    assert sorted(actions(database)) == ["a", "b"]


def test_each_unit_has_its_own_actor(database: Database) -> None:
    async def scenario() -> None:
        await asyncio.gather(
            *(
                database.write(note(str(n)), actor=f"store:{n}", request_id=f"r{n}")
                for n in range(20)
            )
        )

    asyncio.run(scenario())
    with database.reading() as db:
        rows = db.execute(sa.select(audit_log)).all()
    assert {(r.action, r.actor, r.request_id) for r in rows} == {
        (str(n), f"store:{n}", f"r{n}") for n in range(20)
    }


def test_a_unit_sees_what_it_wrote_itself(database: Database) -> None:
    def unit(work: Work) -> int:
        work.audit("x")
        found: int = work.db.execute(sa.select(sa.func.count()).select_from(audit_log)).scalar_one()
        return found

    assert asyncio.run(database.write(unit)) == 1


def test_reading_is_one_view_however_long_it_takes(database: Database) -> None:
    count = sa.select(sa.func.count()).select_from(audit_log)
    with database.begin("a") as work:
        work.audit("before")
    with database.reading() as db:
        first = db.execute(count).scalar_one()
        writer = threading.Thread(target=lambda: asyncio.run(database.write(note("meanwhile"))))
        writer.start()
        writer.join()
        assert db.execute(count).scalar_one() == first == 1
    assert len(actions(database)) == 2


def test_reading_writes_nothing(database: Database) -> None:
    with database.reading() as db:
        db.execute(outbox.insert().values(shop_id="s", id="1", created_at=1))

    assert events(database) == []


def test_events_keep_their_order_within_an_instant(database: Database) -> None:
    with database.begin("a") as work:
        for number in range(50):
            work.emit(Happened("s", number))

    assert [event["number"] for event in events(database)] == list(range(50))


def test_two_processes_write_at_once(database: Database, address: str) -> None:
    second = subprocess.Popen(
        [sys.executable, "-c", SECOND, address, "60"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert second.stdout is not None and second.stdout.readline() == "ready\n"

    async def scenario() -> None:
        assert second.stdin is not None
        second.stdin.write("\n")
        second.stdin.flush()
        for _ in range(6):
            await asyncio.gather(*(database.write(note("first")) for _ in range(10)))

    asyncio.run(scenario())
    second.communicate()

    assert second.returncode == 0
    assert sorted(actions(database)) == ["first"] * 60 + ["second"] * 60


def test_sqlite_shows_that_another_connection_has_written(database: Database) -> None:
    counter = database.change_counter()
    if database.dialect == "postgresql":
        assert counter is None
        return
    assert counter is not None
    before = counter()
    assert counter() == before
    with database.begin("a") as work:
        work.audit("x")
    assert counter() != before


def test_the_file_is_its_owners_alone(database: Database) -> None:
    if database.is_sqlite:
        file = Path(database.url.database or "")
        for found in (file, file.with_name(file.name + "-wal")):
            assert stat.S_IMODE(found.stat().st_mode) == 0o600


def test_closing_waits_for_what_is_under_way(address: str, clock: FrozenClock) -> None:
    database = Database(address, clock, SeededIds(1))
    upgrade(database.engine)

    async def scenario() -> None:
        writes = [asyncio.ensure_future(database.write(note(str(n)))) for n in range(20)]
        await asyncio.sleep(0)
        await asyncio.to_thread(database.close)
        await asyncio.gather(*writes)

    asyncio.run(scenario())
    again = Database(address, clock, SeededIds(2))
    assert len(actions(again)) == 20
    again.close()
