"""The database: one writer thread with group commit on SQLite, a pool on PostgreSQL.

Use cases are plain functions of a `Work`. Web handlers and the worker hand them to `write` and
`read`; the command line uses `write_here`, and `begin` where it does more than one thing. Nothing
else opens a transaction or commits.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from comptoir.base.clock import Clock
from comptoir.base.ids import Ids
from comptoir.infra.db import dialect
from comptoir.infra.db.checkpoints import NONE_BY_ITSELF, Checkpoints
from comptoir.infra.db.condition import Condition, DatabaseUnavailable
from comptoir.infra.gather import Gather
from comptoir.infra.work import Work
from comptoir.infra.writer import Job, Writer

T = TypeVar("T")
G = TypeVar("G", Work, sa.Connection)
READERS = 4
POOL = 16
TRIES = 3
"""Times a unit is run when the database ended it to resolve a conflict with another one."""


def sqlite_engine(url: sa.URL, connections: int, *also: str) -> sa.Engine:
    """`also`: more settings of its connections. The last one used is taken first: its pages are in
    memory."""
    engine = sa.create_engine(
        url,
        connect_args={"check_same_thread": False},
        pool_size=connections,
        max_overflow=8,
        pool_use_lifo=True,
        hide_parameters=True,
    )
    event.listen(engine, "connect", lambda raw, _: dialect.prepare_sqlite(raw, *also))
    return engine


class Database:
    """Open it once per process. `close` waits for what is under way."""

    def __init__(self, url: str, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self.condition = Condition()
        self._gathers: dict[object, Gather] = {}
        self._hasty: sa.Connection | None = None
        self._closed = False
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.dialect = "sqlite" if self.is_sqlite else "postgresql"
        if self.is_sqlite:
            dialect.make_sqlite_file(Path(self.url.database or ""))
            self.engine = sqlite_engine(self.url, READERS + 2)
            self._writing = sqlite_engine(self.url, 2, NONE_BY_ITSELF)
            self._writer: Writer | None = None
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
        with self._transaction(self.engine, actor, request_id) as work:
            yield work

    def _grouped(self) -> AbstractContextManager[Work]:
        return self._transaction(self._writing, "system", "")

    @contextmanager
    def _transaction(self, engine: sa.Engine, actor: str, request_id: str) -> Iterator[Work]:
        with self.condition.watched(), engine.connect() as connection:
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

        `run` may be run again, after a conflict or because another unit of its transaction failed:
        it must change nothing but the database.

        Raises: DatabaseUnavailable.
        """
        run = _plainly(run)
        if self.is_sqlite:
            if self._writer is None:
                self._writer = Writer(Checkpoints(self._writing), self._grouped)
            job = Job(run, actor, request_id, Future())
            self._writer.put(job)
            return await asyncio.wrap_future(job.done)

        here = partial(self.write_here, run, actor=actor, request_id=request_id)
        return await asyncio.get_running_loop().run_in_executor(self._threads, here)

    def write_here(
        self, run: Callable[[Work], T], *, actor: str = "system", request_id: str = ""
    ) -> T:
        """The same on this thread: for commands, which nobody waits beside.

        Raises: DatabaseUnavailable.
        """
        for left in reversed(range(TRIES)):
            try:
                with self.begin(actor, request_id) as work:
                    return run(work)
            except dialect.STATEMENT_FAILED as failure:
                if not dialect.may_succeed_again(failure):
                    raise
                if not left:
                    raise DatabaseUnavailable(reason="writers are in each other's way") from failure
        raise AssertionError("unreachable")

    async def read(self, run: Callable[[sa.Connection], T]) -> T:
        """Run a query function on a reader thread."""
        run = _plainly(run)

        def unit() -> T:
            with self.reading() as connection:
                return run(connection)

        return await asyncio.get_running_loop().run_in_executor(self._threads, unit)

    async def look_up(
        self, find: Callable[[sa.Connection, Sequence[str]], Mapping[str, T]], key: str
    ) -> T | None:
        """What `find`, a function of a module, finds of one key by one statement; for what is asked
        for often. SQLite answers at once, on this thread, if it need not wait for anybody;
        otherwise look-ups that wait go together, and without a transaction of ours.

        Raises: DatabaseUnavailable.
        """
        if self.is_sqlite and not self._closed:
            try:
                return find(self._at_once(), (key,)).get(key)
            except (sqlite3.Error, sa.exc.SQLAlchemyError):
                self._end_hasty()
        if find not in self._gathers:

            async def together(keys: Sequence[str]) -> Mapping[str, T]:
                def unit() -> Mapping[str, T]:
                    with self.condition.watched(), self.engine.connect() as connection:
                        return find(connection, keys)

                return await asyncio.get_running_loop().run_in_executor(self._threads, unit)

            self._gathers[find] = Gather(together)
        found: T | None = await self._gathers[find].get(key)
        return found

    def _at_once(self) -> sa.Connection:
        """A connection that fails where others wait. To wake a thread costs more than a row."""
        if self._hasty is None:
            self._hasty = self.engine.connect()
            self._hasty.connection.cursor().execute("PRAGMA busy_timeout = 0")
        return self._hasty

    def _end_hasty(self) -> None:
        if self._hasty is not None:
            self._hasty.invalidate()
            self._hasty.close()
            self._hasty = None

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
        self._closed = True
        if self.is_sqlite and self._writer is not None:
            self._writer.stop()
        self._threads.shutdown(wait=True)
        self._end_hasty()
        self.engine.dispose()
        if self.is_sqlite:
            self._writing.dispose()

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


def _plainly(run: Callable[[G], T]) -> Callable[[G], T]:
    """A future takes any failure but this one, and who waits for it would wait for ever."""

    def unit(given: G) -> T:
        try:
            return run(given)
        except StopIteration as ended:
            raise RuntimeError("a unit of work asked for more than there is") from ended

    return unit
