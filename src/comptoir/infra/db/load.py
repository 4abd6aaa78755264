"""Fill an empty database from a stream, and prove that it holds what came, before any commit."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec
import sqlalchemy as sa

from comptoir.infra.db import bulk, migrate, snapshot
from comptoir.infra.db.dialect import is_sqlite
from comptoir.infra.db.snapshot import Header, Message, Rows, Sum, Table, Trailer, TransferError

Told = Callable[[str, int], None]
"""Is told the name of a table and how many of its rows have just gone by."""


def told_to(messages: Iterator[Message], told: Told) -> Iterator[Message]:
    """The same messages; `told` follows them."""
    name = ""
    for message in messages:
        if isinstance(message, Table):
            name = message.name
            told(name, 0)
        elif isinstance(message, Rows):
            told(name, len(message.rows))
        yield message


def fill(connection: sa.Connection, header: Header, messages: Iterator[Message]) -> Trailer:
    """Make the schema of `header`, load what follows it, verify, and bring the schema to today's.

    In the caller's transaction: whatever is raised, nothing must be committed.

    Raises:
        TransferError: what came is not whole, or the database does not hold what came.
    """
    snapshot.check_schema(header.schema)
    migrate.apply(connection, header.schema)
    with ExitStack() as opened:
        filling = _Filling(connection, opened)
        for message in messages:
            filling.take(message)
    trailer = filling.ended()
    held = snapshot.sums(connection)
    for name, wanted in filling.expected.items():
        if held[name] != wanted:
            raise TransferError(
                f"{name} was copied wrong: {wanted.rows} rows were sent, {held[name].rows} are"
                " there, or their values differ. Nothing was kept; please report this"
            )
    migrate.apply(connection)
    return trailer


class _Filling:
    """Takes the messages of a stream one by one."""

    def __init__(self, connection: sa.Connection, opened: ExitStack) -> None:
        """`opened` holds the table that is being loaded."""
        self._connection = connection
        self._open = opened
        self._sqlite = is_sqlite(connection.dialect.name)
        self._there = {table.name: table for table in snapshot.tables(connection)}
        for name in reversed(self._there):
            bulk.clear(connection, name)
        self._loader: _Loader | None = None
        self._trailer: Trailer | None = None
        self._came: dict[str, Sum] = {}
        self.expected: dict[str, Sum] = {}

    def take(self, message: Message) -> None:
        if isinstance(message, Rows) and self._loader is not None:
            self._loader.take(message)
        elif isinstance(message, Table):
            self._end_table()
            self._begin_table(message)
        elif isinstance(message, Trailer):
            self._end_table()
            self._trailer = message
        else:
            raise TransferError("its parts are not in order: it is damaged")

    def _begin_table(self, table: Table) -> None:
        mine = self._there.get(table.name)
        if mine is None or set(mine.columns) != set(table.columns) or table.name in self._came:
            raise TransferError(f"its table {table.name} is not the one of its schema")
        put = self._open.enter_context(bulk.loading(self._connection, table.name, table.names))
        self._loader = _Loader(table, put, sqlite=self._sqlite)

    def _end_table(self) -> None:
        ended, self._loader = self._loader, None
        if ended is None:
            return
        name = ended.table.name
        try:
            self._open.close()
        except bulk.FAILURES as wrong:
            raise TransferError(f"{name}: {bulk.reason(wrong)}") from wrong
        self._came[name], self.expected[name] = ended.came, ended.kept

    def ended(self) -> Trailer:
        """Raises: TransferError, unless everything came that the trailer tells of."""
        if self._trailer is None or self._trailer.tables != self._came:
            raise TransferError("what came is not what was sent: it is damaged")
        if missing := self._there.keys() - self._came.keys():
            raise TransferError(f"the table {min(missing)} did not come: it is damaged")
        return self._trailer


class _Loader:
    """Loads the rows of one table; counts what came, and what the engine keeps of it."""

    def __init__(self, table: Table, put: bulk.Put, *, sqlite: bool) -> None:
        self.table = table
        self.came = self.kept = Sum()
        self._put = put
        self._sqlite = sqlite
        self._decode = msgspec.msgpack.Decoder(table.row_type).decode
        self._floats = [i for i, c in enumerate(table.columns) if c.kind == "float"]
        self._texts = [i for i, c in enumerate(table.columns) if c.kind == "text"]

    def take(self, message: Rows) -> None:
        self.came = self.came.added(message.rows)
        try:
            rows = [self._decode(row) for row in message.rows]
            if self._sqlite:
                pairs = zip(message.rows, rows, strict=True)
                self.kept = self.kept.added([self._kept(raw, row) for raw, row in pairs])
            else:
                self._check_texts(rows)
                self.kept = self.came
            self._put(rows)
        except (*snapshot.UNDECODABLE, OverflowError, *bulk.FAILURES) as wrong:
            raise TransferError(f"{self.table.name}: {bulk.reason(wrong)}") from wrong

    def _kept(self, raw: msgspec.Raw, row: tuple[Any, ...]) -> msgspec.Raw | bytes:
        """SQLite keeps -0.0 as 0.0, the same number, and would make NaN of a row NULL."""
        odd = [i for i in self._floats if row[i] is not None and not _usual(row[i])]
        if not odd:
            return raw
        if any(math.isnan(row[i]) for i in odd):
            raise TransferError(f"{self._place(row)} holds NaN, which SQLite cannot keep")
        return snapshot.encode(tuple(v + 0.0 if i in odd else v for i, v in enumerate(row)))

    def _check_texts(self, rows: Sequence[tuple[Any, ...]]) -> None:
        for row in rows:
            for index in self._texts:
                if row[index] is not None and "\0" in row[index]:
                    raise TransferError(
                        f"{self._place(row)}: {self.table.columns[index].name} holds a NUL"
                        " character, which PostgreSQL cannot keep: take it out, then repeat"
                    )

    def _place(self, row: tuple[Any, ...]) -> str:
        """The row by its first two columns: the store and the key."""
        first = zip(self.table.names[:2], row, strict=False)
        where = ", ".join(f"{name} {value!r}" for name, value in first)
        return f"{self.table.name} ({where})"


def _usual(number: float) -> bool:
    return number > 0 or number < 0 or (number == 0 and math.copysign(1, number) > 0)
