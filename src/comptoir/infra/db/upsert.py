"""Many rows into one table, as fast as each engine takes them.

SQLite: one statement, run for each row. PostgreSQL: COPY into a temporary table and one INSERT from
there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from comptoir.infra.db.dialect import is_sqlite

COPY_FROM = 40
"""Rows from which COPY is faster than an INSERT each."""
COPIED = {
    sa.Boolean: "bool",
    sa.BigInteger: "int8",
    sa.SmallInteger: "int2",
    sa.Double: "float8",
    sa.LargeBinary: "bytea",
}
"""PostgreSQL's name of a column's type; every other is text."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What an upsert writes. Make one and keep it: its statements are remembered."""

    table: sa.Table
    columns: tuple[str, ...]
    """The order of the values in each row."""
    key: tuple[str, ...]
    changed: tuple[str, ...]
    """Columns that a row which is there takes from the new one."""
    also: str = ""
    """One more assignment for such a row."""


def upsert_all(db: sa.Connection, target: Target, rows: Iterable[Sequence[Any]], many: int) -> None:
    """Insert the rows, or update those that are there. No two may have the same key."""
    cursor: Any = db.connection.cursor()
    try:
        if is_sqlite(db.dialect.name):
            cursor.executemany(_sql(target, "?"), rows)
        elif many < COPY_FROM:
            cursor.executemany(_sql(target, "%s"), list(rows))
        else:
            _copy(cursor, target, rows)
    finally:
        cursor.close()


def _copy(cursor: Any, target: Target, rows: Iterable[Sequence[Any]]) -> None:
    name = f"incoming_{target.table.name}"
    cursor.execute(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} (LIKE {target.table.name})"
        " ON COMMIT DELETE ROWS"
    )
    columns = _names(target.columns)
    with cursor.copy(f"COPY {name} ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_types(target))
        for row in rows:
            copy.write_row(row)
    cursor.execute(
        f"INSERT INTO {target.table.name} ({columns}) SELECT {columns} FROM {name}"
        f" {_conflict(target)}"
    )
    cursor.execute(f"DELETE FROM {name}")


@cache
def _types(target: Target) -> list[str]:
    kinds = [type(target.table.c[name].type) for name in target.columns]
    return [COPIED.get(kind, "text") for kind in kinds]


@cache
def _sql(target: Target, mark: str) -> str:
    row = f"({', '.join([mark] * len(target.columns))})"
    return (
        f"INSERT INTO {target.table.name} ({_names(target.columns)})"
        f" VALUES {row} {_conflict(target)}"
    )


def _conflict(target: Target) -> str:
    taken = [f'"{name}" = excluded."{name}"' for name in target.changed]
    changes = ", ".join([*taken, target.also] if target.also else taken)
    return f"ON CONFLICT ({_names(target.key)}) DO UPDATE SET {changes}"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
