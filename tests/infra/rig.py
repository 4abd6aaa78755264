"""SQLite's writer on a file, without the rest of the product."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.database import sqlite_engine
from comptoir.infra.db.checkpoints import NONE_BY_ITSELF, Checkpoints
from comptoir.infra.work import Work
from comptoir.infra.writer import Job, Writer

ROWS = 600
BATCH = ROWS * 1000
"""Bytes of a unit's rows."""
T = TypeVar("T")
COUNT = "SELECT COUNT(*) FROM things"


class Rig:
    """A writer on a file, beside which checkpoints are made."""

    def __init__(self, file: Path, clock: FrozenClock, ids: SeededIds) -> None:
        self.log = file.with_name(file.name + "-wal")
        self.engine = sqlite_engine(sa.make_url(f"sqlite:///{file}"), 4)
        self.writing = sqlite_engine(self.engine.url, 2, NONE_BY_ITSELF)
        self._clock, self._ids = clock, ids
        self.begun = 0
        self.refuses = False
        """Whether a transaction cannot begin, as on a disk that fails."""
        with self.engine.begin() as db:
            db.exec_driver_sql("CREATE TABLE things (name TEXT, text TEXT)")
            db.exec_driver_sql("CREATE INDEX by_name ON things (name)")

    def writer(self, **limits: int) -> Writer:
        return Writer(Checkpoints(self.writing, **limits), self._transaction, long=60)

    @contextmanager
    def _transaction(self) -> Iterator[Work]:
        self.begun += 1
        if self.refuses:
            raise OSError("no")
        with self.writing.connect() as db:
            db.exec_driver_sql("BEGIN IMMEDIATE")
            yield Work(db, self._clock.now(), self._ids, "test")
            db.exec_driver_sql("COMMIT")

    def close(self) -> None:
        self.engine.dispose()
        self.writing.dispose()


def fill(work: Work) -> None:
    rows = [(work.ids.token(12), "x" * 1000) for _ in range(ROWS)]
    work.db.exec_driver_sql("INSERT INTO things VALUES (?, ?)", rows)


def asked(writer: Writer, unit: Callable[[Work], T]) -> "Future[T]":
    done: Future[T] = Future()
    writer.put(Job(unit, "test", "", done))
    return done


def written(writer: Writer, units: int, unit: Callable[[Work], None] = fill) -> None:
    """Each waits for the one before it."""
    for _ in range(units):
        asked(writer, unit).result(20)
