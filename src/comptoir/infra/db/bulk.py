"""Whole tables in and out, by the fast way of each engine, in the caller's transaction."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa

from comptoir.infra.db.dialect import is_sqlite

Row = Sequence[Any]
Put = Callable[[Iterable[Row]], None]
FAILURES = (psycopg.Error, sqlite3.Error)
"""What a driver raises."""
AT_ONCE = 500
"""Rows fetched from PostgreSQL at a time."""
COPY_TYPES: dict[type[Any], str] = {
    sa.BOOLEAN: "bool",
    sa.SMALLINT: "int2",
    sa.INTEGER: "int4",
    sa.BIGINT: "int8",
    sa.DOUBLE_PRECISION: "float8",
    sa.TEXT: "text",
    sa.VARCHAR: "varchar",
    sa.LargeBinary: "bytea",
}


def rows(connection: sa.Connection, table: str, columns: Sequence[str]) -> Iterator[Row]:
    """Every row, as the driver gives it, a few at a time."""
    sql = f"SELECT {_names(connection, columns)} FROM {_names(connection, [table])}"
    raw = _raw(connection)
    if is_sqlite(connection.dialect.name):
        cursor = raw.cursor()
        try:
            yield from cursor.execute(sql)
        finally:
            cursor.close()
    else:
        with raw.cursor(name="comptoir_rows", binary=True) as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(sql)
            yield from cursor


@contextmanager
def loading(connection: sa.Connection, table: str, columns: Sequence[str]) -> Iterator[Put]:
    """A function that adds rows; they are there when the block has ended."""
    into, names = _names(connection, [table]), _names(connection, columns)
    raw = _raw(connection)
    if is_sqlite(connection.dialect.name):
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {into} ({names}) VALUES ({marks})"
        yield lambda added: raw.executemany(insert, added)
        return
    types = {c["name"]: _copy_type(c["type"]) for c in sa.inspect(connection).get_columns(table)}
    with raw.cursor() as cursor:
        statement = f"COPY {into} ({names}) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(statement) as copy:
            copy.set_types([types[column] for column in columns])

            def put(added: Iterable[Row]) -> None:
                for row in added:
                    copy.write_row(row)

            yield put


def clear(connection: sa.Connection, table: str) -> None:
    """What a migration may have put in."""
    connection.exec_driver_sql(f"DELETE FROM {_names(connection, [table])}")


def refuse_writes(connection: sa.Connection, tables: Sequence[str]) -> None:
    """Nobody changes these tables until the transaction ends. On PostgreSQL; it may wait."""
    connection.exec_driver_sql(f"LOCK TABLE {_names(connection, tables)} IN SHARE MODE")


def keep_shape(connection: sa.Connection, tables: Sequence[str]) -> None:
    """No migration changes these tables until the transaction ends. On PostgreSQL."""
    connection.exec_driver_sql(f"LOCK TABLE {_names(connection, tables)} IN ACCESS SHARE MODE")


def reason(failure: Exception) -> str:
    """What went wrong, without the values that a driver may add."""
    if isinstance(failure, psycopg.Error):
        return failure.diag.message_primary or type(failure).__name__
    return str(failure).partition(" with text ")[0]


def _raw(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _names(connection: sa.Connection, names: Iterable[str]) -> str:
    quote = connection.dialect.identifier_preparer.quote_identifier
    return ", ".join(quote(name) for name in names)


def _copy_type(kind: sa.types.TypeEngine[Any]) -> str:
    return next(name for known, name in COPY_TYPES.items() if isinstance(kind, known))
