"""The databases at both ends of a copy: a source that lives, a source at rest, an empty target."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from comptoir.base.clock import monotonic
from comptoir.infra.db import bulk, dialect, migrate, snapshot
from comptoir.infra.db.snapshot import TransferError
from comptoir.infra.publish import publish

BESIDE = ("", "-wal", "-shm", "-journal")
"""Ends of the names of the files that SQLite keeps."""
LIVING = ("PRAGMA busy_timeout = 30000",)
AT_REST = ("PRAGMA busy_timeout = 3000", "PRAGMA locking_mode = EXCLUSIVE")
"""Nobody else may have the file open: https://sqlite.org/wal.html §8."""
NEW = ("PRAGMA journal_mode = MEMORY", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -65536")
"""A file that is thrown away unless it becomes whole needs no care on the way."""
LOCK_WAIT = "10s"
ENDING = 3.0
"""Seconds in which PostgreSQL may end the sessions of a server that has just stopped."""
OTHERS = """
SELECT coalesce(nullif(application_name, ''), 'without a name') || ' from '
       || coalesce(host(client_addr), 'this machine')
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def shown(url: sa.URL) -> str:
    """The address as it is set, without its password."""
    plain = url.set(drivername=url.get_backend_name())
    return plain.render_as_string(hide_password=True)


def sqlite_file(url: sa.URL) -> Path | None:
    """Where the database is; None on PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


@contextmanager
def living(url: sa.URL) -> Iterator[sa.Connection]:
    """A consistent view of a database that others go on writing to."""
    with ExitStack() as stack:
        engine = stack.enter_context(_engine(url, LIVING))
        if sqlite_file(url) is not None:
            connection = stack.enter_context(engine.connect())
            connection.exec_driver_sql("BEGIN")
            stack.callback(connection.exec_driver_sql, "ROLLBACK")
        else:
            repeatable = engine.execution_options(isolation_level="REPEATABLE READ")
            connection = stack.enter_context(repeatable.connect())
            with engine.connect() as guard:  # no migration between the view and its shape
                migrate.take_turn(guard)
                bulk.keep_shape(connection, [table.name for table in snapshot.tables(guard)])
                migrate.current(connection)
        yield connection


@contextmanager
def at_rest(url: sa.URL, *, stopped: bool) -> Iterator[sa.Connection]:
    """A database that nobody else writes to until the block ends: nothing can be left behind.

    `stopped`: other sessions on PostgreSQL are known not to be servers.

    Raises:
        TransferError: a server or another program uses it.
    """
    with ExitStack() as stack:
        connection = stack.enter_context(stack.enter_context(_engine(url, AT_REST)).connect())
        if sqlite_file(url) is not None:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except sa.exc.OperationalError as busy:
                raise TransferError(
                    f"another program uses {url.database}: stop the server, then repeat"
                ) from busy
            stack.callback(connection.exec_driver_sql, "ROLLBACK")
            yield connection
            return
        if not stopped:
            _check_alone(connection)
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        bulk.refuse_writes(connection, [table.name for table in snapshot.tables(connection)])
        yield connection
        if not stopped:
            _check_alone(connection)


def _check_alone(connection: sa.Connection) -> None:
    until = monotonic() + ENDING
    while (others := _others(connection)) and monotonic() < until:
        connection.exec_driver_sql("SELECT pg_sleep(0.1)")
    if others:
        raise TransferError(
            f"{len(others)} other sessions use the database ({', '.join(sorted(set(others)))}):"
            " stop every server, then repeat. If none of them is a server, add --stopped"
        )


def _others(connection: sa.Connection) -> list[str]:
    connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
    return list(connection.exec_driver_sql(OTHERS).scalars())


@contextmanager
def empty(url: sa.URL) -> Iterator[sa.Connection]:
    """A database without any table. What the block makes of it is kept whole, or not at all.

    Raises:
        TransferError: it is not empty.
    """
    file = sqlite_file(url)
    with _new_file(file) if file is not None else _empty_database(url) as connection:
        yield connection


@contextmanager
def _empty_database(url: sa.URL) -> Iterator[sa.Connection]:
    with _engine(url, ()) as engine, engine.begin() as connection:
        migrate.take_turn(connection)
        if sa.inspect(connection).get_table_names():
            raise TransferError(
                f"{shown(url)} is not empty: name a new database, or drop this one and create it"
                " again if what it holds may go"
            )
        yield connection


@contextmanager
def _new_file(file: Path) -> Iterator[sa.Connection]:
    """Written under another name, so that a crash leaves no database; what it left goes first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.part")
    with ExitStack() as stack:
        _lock(stack, file.parent)
        _check_absent(file)
        for end in BESIDE:
            draft.with_name(draft.name + end).unlink(missing_ok=True)
        stack.callback(draft.unlink, missing_ok=True)
        dialect.make_sqlite_file(draft)
        url = sa.URL.create("sqlite", database=str(draft))
        with _engine(url, NEW) as engine, engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")
        try:
            publish(draft, file)
        except FileExistsError:
            _check_absent(file)
            raise


def _check_absent(file: Path) -> None:
    there = [p for p in (file.with_name(file.name + end) for end in BESIDE) if p.exists()]
    if there:
        raise TransferError(
            f"{there[0]} is there already: name another directory, or move this installation away"
        )


def _lock(stack: ExitStack, folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    stack.callback(os.close, held)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        raise TransferError(f"another restore or move into {folder} is under way") from busy


@contextmanager
def _engine(url: sa.URL, pragmas: tuple[str, ...]) -> Iterator[sa.Engine]:
    engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)

    def prepare(raw: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
        raw.isolation_level = None
        cursor = raw.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    if sqlite_file(url) is not None:
        event.listen(engine, "connect", prepare)
    try:
        yield engine
    finally:
        engine.dispose()
