"""What differs between SQLite and PostgreSQL, and nothing else does."""

import contextlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

WAL_TRIES = 300
LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
SQLITE_TROUBLE = {
    sqlite3.SQLITE_FULL: "its disk is full",
    sqlite3.SQLITE_IOERR: "its disk fails",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_READONLY: "its file cannot be written",
    sqlite3.SQLITE_CORRUPT: "its file is damaged",
    sqlite3.SQLITE_NOTADB: "its file is damaged",
    **dict.fromkeys(LOCKED, "another process holds it"),
}
POSTGRESQL_TROUBLE = {
    "08": "there is no connection to it",
    "25006": "it takes no writes",
    "53": "it has no room for more",
    "53100": "its disk is full",
    "57P": "it is restarting",
    "58": "its disk fails",
    "XX001": "its files are damaged",
    "XX002": "its files are damaged",
}
"""Beginnings of SQLSTATE (PostgreSQL, appendix A); the longest that fits counts."""
SQLITE_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32768",
)


# The driver asks each of these whether it can adapt itself, which takes longer than to bind it,
# unless an adapter is known. (CPython's Modules/_sqlite/microprotocols.c)
sqlite3.register_adapter(type(None), {}.get)  # type: ignore[arg-type]
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(bytes, bytes)


def is_sqlite(name: str) -> bool:
    return name == "sqlite"


def prepare_sqlite(connection: DBAPIConnection, *also: str) -> None:
    """Settings of every SQLite connection, and `also` of this one. Transactions are begun by us,
    not by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 30000")
    _use_wal(cursor)
    for pragma in (*SQLITE_PRAGMAS, *also):
        cursor.execute(pragma)
    cursor.close()


def make_sqlite_file(path: Path) -> None:
    """Empty and for its owner alone, unless it is there; what SQLite puts beside it is as it is.
    Where that cannot be, SQLite will say why."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o600))


def _use_wal(cursor: DBAPICursor) -> None:
    """Once for a new file, which others may be opening too: this change alone does not wait for
    them by itself, whatever the busy timeout (https://sqlite.org/wal.html §2.2)."""
    for left in reversed(range(WAL_TRIES)):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as failure:
            if not left or failure.sqlite_errorcode & 0xFF not in LOCKED:
                raise
            threading.Event().wait(0.1)
        else:
            return


def upsert(
    db: sa.Connection, table: sa.Table, values: dict[str, Any], *, keep: Sequence[str] = ()
) -> None:
    """Insert, or update all columns but the primary key and `keep` when the row exists."""
    statement: Any
    if is_sqlite(db.dialect.name):
        statement = sqlite.insert(table).values(values)
    else:
        statement = postgresql.insert(table).values(values)
    primary = [column.name for column in table.primary_key]
    changed = {n: statement.excluded[n] for n in values if n not in primary and n not in keep}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=primary, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=primary)
    db.execute(statement)


def insert_new(db: sa.Connection, table: sa.Table, values: dict[str, Any]) -> bool:
    """Insert unless the row exists; whether it was inserted. On PostgreSQL it waits for a
    transaction that is inserting the same row."""
    statement: Any
    if is_sqlite(db.dialect.name):
        statement = sqlite.insert(table).values(values)
    else:
        statement = postgresql.insert(table).values(values)
    statement = statement.on_conflict_do_nothing().returning(*table.primary_key)
    return db.execute(statement).first() is not None


def one_of(dialect: str, column: str, parameter: str = "keys") -> str:
    """SQL for "column is one of the list bound as `parameter`", any number of values."""
    if is_sqlite(dialect):
        return f"{column} IN (SELECT value FROM json_each(:{parameter}))"
    return f"{column} = ANY(:{parameter})"


def bind_list(dialect: str, values: Sequence[str] | Sequence[int]) -> Any:
    """The value to bind for `one_of`."""
    return msgspec.json.encode(values).decode() if is_sqlite(dialect) else list(values)


def texts_of(dialect: str, parameter: str) -> str:
    """SQL for the texts of the JSON array bound as `parameter`, a row each: follows SELECT."""
    if is_sqlite(dialect):
        return f"value FROM json_each(:{parameter})"
    return f"value FROM json_array_elements_text(CAST(:{parameter} AS json))"


def joined(dialect: str, text: str) -> str:
    """SQL for a text expression of all rows, with a blank between one and the next."""
    return f"{'group_concat' if is_sqlite(dialect) else 'string_agg'}({text}, ' ')"


def in_hex(dialect: str, binary: str) -> str:
    """SQL for a binary column in hex, as `hexes` writes it."""
    return f"hex({binary})" if is_sqlite(dialect) else f"encode({binary}, 'hex')"


def rows_at_once(dialect: str) -> int:
    """Rows that are best read and written together. SQLite works in our process: a few, while they
    are in the processor's cache. To ask PostgreSQL costs more than the cache brings."""
    return 100 if is_sqlite(dialect) else 1000


def native(dialect: str, sql: str) -> str:
    """SQL with `:name` parameters for the driver itself; no other colons in it."""
    return sql if is_sqlite(dialect) else re.sub(r":(\w+)", r"%(\1)s", sql)


def hexes(dialect: str, values: Iterable[bytes]) -> list[str]:
    """Each in hex: capitals on SQLite."""
    text = " ".join(map(bytes.hex, values))
    return (text.upper() if is_sqlite(dialect) else text).split(" ")


def bytewise(db: sa.Connection) -> str:
    """What a text column's definition needs so that it compares as our own do."""
    return "" if is_sqlite(db.dialect.name) else ' COLLATE "C"'


def numeric_text(dialect: str, column: str) -> str:
    """SQL giving the number that a text column holds, NULL if it holds something else."""
    if is_sqlite(dialect):
        digits = f"ltrim({column}, '-')"
        return (
            f"CASE WHEN {digits} <> '' AND {digits} NOT GLOB '*[^0-9.]*'"
            f" AND {digits} NOT GLOB '*.*.*' AND {digits} <> '.'"
            f" THEN CAST({column} AS REAL) END"
        )
    return (
        f"CASE WHEN {column} ~ '^-*([0-9]+\\.?[0-9]*|\\.[0-9]+)$'"
        f" THEN CAST(ltrim({column}, '-') AS double precision)"
        f" * (CASE WHEN {column} LIKE '-%' THEN -1 ELSE 1 END) END"
    )


STATEMENT_FAILED = (sa.exc.DBAPIError, psycopg.Error)
"""Hot paths speak to the driver, whose errors come as they are."""
LOST = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)


def may_succeed_again(failure: BaseException) -> bool:
    """Whether the database ended the transaction to resolve a conflict: running it again helps."""
    state = getattr(getattr(failure, "orig", failure), "sqlstate", None)
    return isinstance(failure, STATEMENT_FAILED) and state in ("40P01", "40001")


def trouble(failure: BaseException) -> str:
    """Why the database cannot serve, if that is what the failure means; else ""."""
    if isinstance(failure, sa.exc.TimeoutError):
        return "all connections to it are busy"
    orig = getattr(failure, "orig", None) or failure
    if isinstance(orig, sqlite3.Error):
        return SQLITE_TROUBLE.get(getattr(orig, "sqlite_errorcode", 0) & 0xFF, "")
    if not isinstance(failure, STATEMENT_FAILED):
        return ""
    state = getattr(orig, "sqlstate", None) or ""
    fitting = [start for start in POSTGRESQL_TROUBLE if state.startswith(start)]
    if fitting:
        return POSTGRESQL_TROUBLE[max(fitting, key=len)]
    lost = isinstance(failure, LOST) and not state
    invalid = getattr(failure, "connection_invalidated", False)
    return POSTGRESQL_TROUBLE["08"] if lost or invalid else ""


def lock_store(db: sa.Connection, shop_id: str) -> None:
    """Writers of one store take turns until commit. SQLite has one writer anyway."""
    if not is_sqlite(db.dialect.name):
        known = shop_id.replace("\0", "")  # PostgreSQL knows no such text; who asks finds nothing
        db.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:shop, 0))"), {"shop": known}
        )
