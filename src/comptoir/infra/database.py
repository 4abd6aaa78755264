"""The database: one writer thread with group commit on SQLite, a pool on PostgreSQL.

Use cases are plain functions of a `Work`. Web handlers and the worker hand them to `write` and
`read`; the command line uses `begin`. Nothing else opens a transaction or commits.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from comptoir.base.clock import Clock
from comptoir.base.ids import Ids
from comptoir.infra.db import dialect
from comptoir.infra.db.condition import Condition, DatabaseUnavailable
from comptoir.infra.work import Work

T = TypeVar("T")
GROUP = 64
"""Units of work committed together at most, on SQLite."""
READERS = 4
POOL = 16
TRIES = 3
"""Times a unit is run when the database ended it to resolve a conflict with another one."""


@dataclass(slots=True)
class _Job:
    run: Callable[[Work], Any]
    actor: str
    request_id: str
    done: Future[Any]


class Database:
    """Open it once per process. `close` waits for what is under way."""

    def __init__(self, url: str, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self.condition = Condition()
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.dialect = "sqlite" if self.is_sqlite else "postgresql"
        if self.is_sqlite:
            Path(self.url.database or "").parent.mkdir(parents=True, exist_ok=True)
            self.engine = sa.create_engine(
                self.url,
                connect_args={"check_same_thread": False},
                pool_size=READERS + 2,
                max_overflow=8,
                hide_parameters=True,
            )
            event.listen(self.engine, "connect", lambda raw, _: dialect.prepare_sqlite(raw))
            self._writer: _Writer | None = None
        else:
            self.engine = sa.create_engine(
                self.url,
                pool_size=POOL,
                max_overflow=4,
                connect_args={"connect_timeout": 5, "tcp_user_timeout": 30_000},
                pool_pre_ping=True,
                hide_parameters=True,  # errors go into the log: no row of a store in it
            )
        self._threads = ThreadPoolExecutor(
            READERS if self.is_sqlite else POOL, thread_name_prefix="db"
        )

    @contextmanager
    def begin(self, actor: str, request_id: str = "") -> Iterator[Work]:
        """Commit on success, roll back on any exception. On the calling thread.

        Raises: DatabaseUnavailable.
        """
        with self.condition.watched(), self.engine.connect() as connection:
            self._start(connection, write=True)
            try:
                yield Work(connection, self._clock.now(), self._ids, actor, request_id)
            except BaseException:
                connection.rollback()
                raise
            self._commit(connection)
        self.condition.written()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent view for as long as the block runs.

        Raises: DatabaseUnavailable.
        """
        with self.condition.watched(), self.engine.connect() as connection:
            self._start(connection, write=False)
            try:
                yield connection
            finally:
                connection.rollback()

    async def write(
        self, run: Callable[[Work], T], *, actor: str = "system", request_id: str = ""
    ) -> T:
        """Run a use case in a transaction and return when it is durable.

        `run` may be run again after a conflict: it must change nothing but the database.

        Raises: DatabaseUnavailable.
        """
        if self.is_sqlite:
            if self._writer is None:
                self._writer = _Writer(self)
            job = _Job(run, actor, request_id, Future())
            self._writer.put(job)
            return await asyncio.wrap_future(job.done)

        def unit() -> T:
            for left in reversed(range(TRIES)):
                try:
                    with self.begin(actor, request_id) as work:
                        return run(work)
                except dialect.STATEMENT_FAILED as failure:
                    if not dialect.may_succeed_again(failure):
                        raise
                    if not left:
                        raise DatabaseUnavailable(
                            reason="writers are in each other's way"
                        ) from failure
            raise AssertionError("unreachable")

        return await asyncio.get_running_loop().run_in_executor(self._threads, unit)

    async def read(self, run: Callable[[sa.Connection], T]) -> T:
        """Run a query function on a reader thread."""

        def unit() -> T:
            with self.reading() as connection:
                return run(connection)

        return await asyncio.get_running_loop().run_in_executor(self._threads, unit)

    async def check(self) -> None:
        """Raises DatabaseUnavailable if it cannot be read, or, after a failure, not written."""
        await self.read(lambda db: db.exec_driver_sql("SELECT 1"))
        if self.condition.trouble:
            await self.write(_rewrite)

    def change_counter(self) -> Callable[[], int] | None:
        """On SQLite, a cheap number that moves when another process commits; else None."""
        if not self.is_sqlite:
            return None
        connection = self.engine.raw_connection()

        def counter() -> int:
            with self.condition.watched():
                return int(connection.cursor().execute("PRAGMA data_version").fetchone()[0])

        return counter

    def close(self) -> None:
        if self.is_sqlite and self._writer is not None:
            self._writer.stop()
        self._threads.shutdown(wait=True)
        self.engine.dispose()

    def _start(self, connection: sa.Connection, *, write: bool) -> None:
        if self.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
            return
        if not write:
            connection.execution_options(isolation_level="REPEATABLE READ")
        connection.begin()  # said aloud: hot paths speak to the driver, behind SQLAlchemy's back

    def _commit(self, connection: sa.Connection) -> None:
        if self.is_sqlite:
            # Said aloud: it fails if SQLite has rolled back by itself, where the driver's own
            # commit would find nothing to do.
            connection.exec_driver_sql("COMMIT")
            connection.rollback()
        else:
            connection.commit()


def _rewrite(work: Work) -> None:
    """Writes a row as it is: only to see whether writing works."""
    work.db.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")


class _Writer:
    """SQLite's one writer: takes what waits, runs each in a savepoint, commits once for all."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="db-writer", daemon=True)
        self._thread.start()

    def put(self, job: _Job) -> None:
        self._waiting.put(job)

    def stop(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _loop(self) -> None:
        while (job := self._waiting.get()) is not None:
            group = [job]
            while len(group) < GROUP:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    self._waiting.put(None)
                    break
                group.append(more)
            self._commit([job for job in group if job.done.set_running_or_notify_cancel()])

    def _commit(self, group: list[_Job]) -> None:
        """Run and commit. Who stopped waiting before this is not in `group` any more."""
        results: list[tuple[_Job, Any, BaseException | None]] = []
        if not group:
            return
        try:
            with self._database.begin("system") as work:
                results.extend(self._one(work, job) for job in group)
        except BaseException as failed:  # noqa: BLE001 - handed to every caller of the group
            for job in group:
                job.done.set_exception(failed)
            return
        for job, result, failure in results:
            if failure is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(failure)

    @staticmethod
    def _one(group: Work, job: _Job) -> tuple[_Job, Any, BaseException | None]:
        work = Work(group.db, group.now, group.ids, job.actor, job.request_id)
        work.db.exec_driver_sql("SAVEPOINT one")
        try:
            result = job.run(work)
        except BaseException as failure:
            if dialect.trouble(failure):
                raise  # SQLite may have rolled back all of the group
            work.db.exec_driver_sql("ROLLBACK TO one")
            work.db.exec_driver_sql("RELEASE one")
            return job, None, failure
        work.db.exec_driver_sql("RELEASE one")
        return job, result, None
