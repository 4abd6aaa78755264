"""The SQL of the Raw API. Built once for each shape of a request, then only bound.

Rows keep their place: every order ends with the row's key, which an update never changes. Pages
therefore neither repeat nor skip a row that is there all along; a row that comes or goes moves
the later ones, as offsets do (spec/rawapi.md §4.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from comptoir.cloudsync.raw.conditions import MARK, numeric
from comptoir.cloudsync.raw.fields import ORDERS_JOIN, Compare, Field, fields
from comptoir.cloudsync.raw.filters import Listing
from comptoir.cloudsync.tables import table_name
from comptoir.infra.db import dialect
from comptoir.prestashop.catalogue import Content, catalogue
from comptoir.prestashop.rowid import sort_key

SHAPES = 2048
"""Shapes of requests remembered."""


@dataclass(frozen=True, slots=True)
class Statements:
    page: str
    count: str


def selected(content: Content, *, with_orders: bool) -> list[Field]:
    """The fields whose columns a row is made of, in the order of the result."""
    found = fields(content, with_orders=with_orders).values()
    return [field for field in found if field.shown]


def page(
    db: sa.Connection, content: Content, shop_id: str, wanted: Listing, *, with_orders: bool
) -> tuple[int, Sequence[Sequence[Any]]]:
    """(rows that match over all pages, the rows of this page)."""
    statements = _statements(
        content.name,
        db.dialect.name,
        with_orders,
        tuple(c.sql for c in wanted.conditions),
        wanted.tombstones,
        wanted.sort,
        wanted.descending,
    )
    bound = (shop_id, *(value for c in wanted.conditions for value in c.values))
    rows = _run(db, statements.page, (*bound, wanted.limit, wanted.offset))
    if len(rows) < wanted.limit and (rows or not wanted.offset):
        return wanted.offset + len(rows), rows
    return int(_run(db, statements.count, bound)[0][0]), rows


def one(
    db: sa.Connection, content: Content, shop_id: str, identifier: str, *, with_orders: bool
) -> Sequence[Sequence[Any]]:
    """The row of that id, if there is one to show: a list of one or none."""
    if "\0" in identifier:
        return []
    sql = _single(content.name, db.dialect.name, with_orders)
    return _run(db, sql, (shop_id, sort_key(identifier)))


def _run(db: sa.Connection, sql: str, bound: tuple[object, ...]) -> Sequence[Sequence[Any]]:
    """On the driver's own cursor: rows of a hot path need no wrapping."""
    cursor = db.connection.cursor()
    try:
        cursor.execute(sql, bound)
        found: Sequence[Sequence[Any]] = cursor.fetchall()
        return found
    finally:
        cursor.close()


def _for_driver(sql: str, engine: str) -> str:
    if dialect.is_sqlite(engine):
        return sql.replace(MARK, "?")
    return sql.replace("%", "%%").replace(MARK, "%s")


def _select(content: Content, with_orders: bool) -> str:
    columns = [field.sql for field in selected(content, with_orders=with_orders)]
    return f"SELECT {', '.join([*columns, 't.extra'])}"


@lru_cache(maxsize=256)
def _single(name: str, engine: str, with_orders: bool) -> str:
    content = catalogue()[name]
    live = "" if content.shows_deleted else " AND t.removed_at IS NULL"
    sql = (
        f"{_select(content, with_orders)} FROM {_from(content, with_orders)}"
        f" WHERE t.shop_id = {MARK} AND t.sort_id = {MARK}{live}"
    )
    return _for_driver(sql, engine)


@lru_cache(maxsize=SHAPES)
def _statements(
    name: str,
    engine: str,
    with_orders: bool,
    conditions: tuple[str, ...],
    tombstones: bool,
    sort: str,
    descending: bool,
) -> Statements:
    content = catalogue()[name]
    where = [f"t.shop_id = {MARK}", *conditions]
    if not tombstones:
        where.append("t.removed_at IS NULL")
    rest = f" WHERE {' AND '.join(where)}"
    by = _order(fields(content, with_orders=with_orders)[sort], engine, descending)
    joined = _from(content, with_orders)
    needed = _from(content, with_orders and any("o." in c for c in conditions))
    return Statements(
        page=_for_driver(
            f"{_select(content, with_orders)} FROM {joined}{rest}"
            f" ORDER BY {by} LIMIT {MARK} OFFSET {MARK}",
            engine,
        ),
        count=_for_driver(f"SELECT count(*) FROM {needed}{rest}", engine),
    )


def _from(content: Content, with_orders: bool) -> str:
    status_line = content.name == "order_status_history"
    return f"{table_name(content)} t{ORDERS_JOIN if with_orders and status_line else ''}"


def _order(field: Field, engine: str, descending: bool) -> str:
    """Numbers before texts, nothing last; downwards it is the exact reverse."""
    how = "DESC NULLS FIRST" if descending else "ASC NULLS LAST"
    key = f"t.sort_id {'DESC' if descending else 'ASC'}"
    if field.compare in (Compare.ID, Compare.NEVER) or field.name == "shopId":
        return key
    if field.compare is Compare.TEXT:
        return f"{numeric(field.sql, engine)} {how}, {field.sql} {how}, {key}"
    return f"{field.order_sql} {how}, {key}"
