"""SQLite's log is copied into the file while others write, and does not grow for ever."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.database import sqlite_engine
from comptoir.infra.db.checkpoints import Checkpoints
from comptoir.infra.work import Work
from comptoir.infra.writer import Job, Writer
from tests.eventually import eventually

ROWS = 600
BATCH = ROWS * 1000
"""Bytes of a unit's rows."""
COUNT = "SELECT COUNT(*) FROM things"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "comptoir.db"


class Rig:
    """A writer on a file, beside which checkpoints are made."""

    def __init__(self, file: Path, clock: FrozenClock, ids: SeededIds) -> None:
        self.log = file.with_name(file.name + "-wal")
        self.engine = sqlite_engine(sa.make_url(f"sqlite:///{file}"), 4)
        self._writing = sqlite_engine(self.engine.url, 2, "PRAGMA wal_autocheckpoint = 0")
        self._clock, self._ids = clock, ids
        with self.engine.begin() as db:
            db.exec_driver_sql("CREATE TABLE things (name TEXT, text TEXT)")
            db.exec_driver_sql("CREATE INDEX by_name ON things (name)")

    def writer(self, **limits: int) -> Writer:
        return Writer(Checkpoints(self._writing, **limits), self._transaction)

    @contextmanager
    def _transaction(self) -> Iterator[Work]:
        with self._writing.connect() as db:
            db.exec_driver_sql("BEGIN IMMEDIATE")
            yield Work(db, self._clock.now(), self._ids, "test")
            db.exec_driver_sql("COMMIT")

    def close(self) -> None:
        self.engine.dispose()
        self._writing.dispose()


@pytest.fixture
def rig(file: Path, clock: FrozenClock, ids: SeededIds) -> Iterator[Rig]:
    made = Rig(file, clock, ids)
    yield made
    made.close()


def fill(work: Work) -> None:
    rows = [(work.ids.token(12), "x" * 1000) for _ in range(ROWS)]
    work.db.exec_driver_sql("INSERT INTO things VALUES (?, ?)", rows)


def written(writer: Writer, units: int, unit: Callable[[Work], None] = fill) -> None:
    """Each waits for the one before it."""
    for _ in range(units):
        done: Future[None] = Future()
        writer.put(Job(unit, "test", "", done))
        done.result(20)


def in_file(path: Path) -> int:
    """Rows that the file holds without its log; 0 while it is being written."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
        try:
            return int(db.execute(COUNT).fetchone()[0])
        except sqlite3.DatabaseError:
            return 0


def test_what_is_committed_reaches_the_file(rig: Rig, file: Path) -> None:
    writer = rig.writer()
    written(writer, 1)
    eventually(lambda: in_file(file) == ROWS)
    writer.stop()


def test_the_log_begins_anew(rig: Rig) -> None:
    writer = rig.writer(longest=1000)
    written(writer, 100)
    assert rig.log.stat().st_size < 100 * BATCH / 4, "every unit would have made it longer"
    writer.stop()


def test_a_long_view_neither_stops_writers_nor_loses_what_they_write(rig: Rig) -> None:
    writer = rig.writer(longest=1000)
    with rig.engine.connect() as view:
        view.exec_driver_sql("BEGIN")
        assert view.exec_driver_sql(COUNT).scalar() == 0
        written(writer, 10)
        assert view.exec_driver_sql(COUNT).scalar() == 0
        long = rig.log.stat().st_size
        assert long > 10 * BATCH, "the view needs the file as it was"
    with rig.engine.connect() as db:
        assert db.exec_driver_sql(COUNT).scalar() == 10 * ROWS
    written(writer, 30)
    assert rig.log.stat().st_size < long + 10 * BATCH
    writer.stop()


def test_the_file_is_whole_after_many_checkpoints_beside_a_writer(rig: Rig, file: Path) -> None:
    writer = rig.writer(longest=200, changes=1)
    written(writer, 100)
    writer.stop()
    rig.close()
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute(COUNT).fetchone() == (100 * ROWS,)
