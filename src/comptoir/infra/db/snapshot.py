"""The content of a database as a stream that belongs to neither engine.

Backup, restore and move all speak it: a `Header`, then for each table a `Table` and its `Rows`, and
a `Trailer` with what must have come. The tables are those that the database itself has, not those
this program would make: a stream of any schema can be made and read.
"""

from collections.abc import Iterator, Sequence
from types import GenericAlias
from typing import Any

import msgspec
import sqlalchemy as sa
from xxhash import xxh3_128_intdigest

from comptoir.infra.db import bulk, migrate
from comptoir.infra.db.dialect import is_sqlite

FORMAT = 1
VERSION_TABLE = "alembic_version"
CHUNK = 1 << 20
"""Bytes of rows in one `Rows`, about."""
MODULUS = 1 << 128
KINDS: tuple[tuple[type[Any], str], ...] = (
    (sa.Boolean, "bool"),
    (sa.Integer, "int"),
    (sa.Double, "float"),
    (sa.String, "text"),
    (sa.LargeBinary, "bytes"),
)
PLAIN: dict[str, Any] = {"bool": bool, "int": int, "float": float, "text": str, "bytes": bytes}
encode = msgspec.msgpack.Encoder().encode
UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding damaged msgpack raises."""


class TransferError(Exception):
    """What cannot be copied, or must not be. The text says what to do."""


class Header(msgspec.Struct, tag="header", frozen=True, kw_only=True):
    format: int = FORMAT
    product: str
    schema: str
    engine: str
    made_at: str
    secret_key: str | None = None
    """The installation key, when it was a file of the data directory."""
    sealed_with: bytes = b""
    """Tells whether a key is the installation's, without being it."""


class Column(msgspec.Struct, array_like=True, frozen=True):
    name: str
    kind: str


class Table(msgspec.Struct, tag="table", frozen=True):
    name: str
    columns: list[Column]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def row_type(self) -> Any:
        return GenericAlias(tuple, tuple(PLAIN[c.kind] | None for c in self.columns))


class Rows(msgspec.Struct, tag="rows", frozen=True):
    rows: list[msgspec.Raw]
    """Each a msgpack array with a value for each column of the table before."""


class Sum(msgspec.Struct, array_like=True):
    """Rows counted and hashed. The order does not matter, a row that comes twice does."""

    rows: int = 0
    hash: bytes = bytes(16)

    def added(self, rows: Sequence[bytes | msgspec.Raw]) -> "Sum":
        total = int.from_bytes(self.hash)
        for row in rows:
            total += xxh3_128_intdigest(memoryview(row))
        return Sum(self.rows + len(rows), (total % MODULUS).to_bytes(16))


class Trailer(msgspec.Struct, tag="trailer", frozen=True):
    tables: dict[str, Sum]


Message = Header | Table | Rows | Trailer


def check_schema(schema: str) -> None:
    """Raises: TransferError, when only another program knows it."""
    if not migrate.knows(schema):
        raise TransferError(
            f"its schema {schema} is not known here, only those up to {migrate.head()}: a newer"
            " Comptoir made it, install that one, then repeat"
        )


def tables(connection: sa.Connection) -> list[Table]:
    """The tables of the installation, each after those it refers to. What else may be in the
    database is none of ours.

    Raises:
        TransferError: the schema is newer than this program, or a column's type has no form that
            both engines know.
    """
    schema = migrate.current(connection)
    if schema is None:
        raise TransferError("there is no installation in it")
    check_schema(schema)
    own = migrate.tables_at(schema) - {VERSION_TABLE}
    seen = sa.inspect(connection)
    ordered = [name for name, _ in seen.get_sorted_table_and_fkc_names() if name]
    return [
        Table(name, [Column(c["name"], _kind(name, c)) for c in seen.get_columns(name)])
        for name in ordered
        if name in own
    ]


def _kind(table: str, column: Any) -> str:
    for known, kind in KINDS:
        if isinstance(column["type"], known):
            return kind
    raise TransferError(f"{table}.{column['name']} has the type {column['type']!r}, unknown here")


def stream(connection: sa.Connection, header: Header) -> Iterator[Message]:
    """Everything in the database, within the caller's transaction.

    Raises:
        TransferError: a value does not fit its column (SQLite would keep any).
    """
    yield header
    sums: dict[str, Sum] = {}
    for table in tables(connection):
        yield table
        total = Sum()
        for rows in packed_rows(connection, table):
            total = total.added(rows)
            yield Rows([msgspec.Raw(row) for row in rows])
        sums[table.name] = total
    yield Trailer(sums)


def sums(connection: sa.Connection) -> dict[str, Sum]:
    """What each table holds now."""
    found = {}
    for table in tables(connection):
        total = Sum()
        for rows in packed_rows(connection, table):
            total = total.added(rows)
        found[table.name] = total
    return found


def packed_rows(connection: sa.Connection, table: Table) -> Iterator[list[bytes]]:
    """The rows of a table as `Rows` carries them, some at a time.

    Raises:
        TransferError: a value does not fit its column.
    """
    row_type = table.row_type
    booleans = [i for i, column in enumerate(table.columns) if column.kind == "bool"]
    if not is_sqlite(connection.dialect.name):
        booleans = []
    held: list[bytes] = []
    size = 0
    try:
        for row in bulk.rows(connection, table.name, table.names):
            packed = encode(msgspec.convert(_true_false(row, booleans), row_type))
            held.append(packed)
            size += len(packed)
            if size >= CHUNK:
                yield held
                held, size = [], 0
    except (msgspec.ValidationError, UnicodeError, OverflowError) as wrong:
        raise TransferError(f"{table.name} holds a value that does not fit: {wrong}") from wrong
    except bulk.FAILURES as wrong:
        raise TransferError(f"{table.name} cannot be read: {bulk.reason(wrong)}") from wrong
    if held:
        yield held


def _true_false(row: bulk.Row, booleans: Sequence[int]) -> bulk.Row:
    """SQLite keeps 0 and 1."""
    if not booleans:
        return row
    values = list(row)
    for index in booleans:
        if values[index] in (0, 1):
            values[index] = bool(values[index])
    return tuple(values)
