"""The SQL of the Raw API. Built once for each shape of a request, then only bound.

Rows keep their place: every order ends with the row's key, which an update never changes. Pages
by offset therefore neither repeat nor skip a row that is there all along; a row that comes or goes
moves the later ones (spec/rawapi.md §4.1). Pages by cursor begin behind a place in the order
(`cursors`): nothing moves them, and page 1,000 costs what page 1 does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from comptoir.cloudsync.raw.conditions import MARK, Condition, numeric
from comptoir.cloudsync.raw.cursors import KEY, Place, behind
from comptoir.cloudsync.raw.fields import ORDERS_JOIN, Compare, Field, fields
from comptoir.cloudsync.raw.filters import Listing
from comptoir.cloudsync.rows import count
from comptoir.cloudsync.tables import table_name
from comptoir.infra.db import dialect
from comptoir.prestashop.catalogue import Content, catalogue
from comptoir.prestashop.rowid import sort_key

SHAPES = 2048
"""Shapes of requests remembered."""
SORTED_BY = 200
"""Characters of a text that count in an order: a cursor holds them."""
ALL: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Statements:
    page: str
    count: str


def selected(content: Content, *, with_orders: bool, chosen: frozenset[str] = ALL) -> list[Field]:
    """The fields whose columns a row is made of, in the order of the result; `id` is the first."""
    found = fields(content, with_orders=with_orders).values()
    return [field for field in found if field.shown and (not chosen or field.name in chosen)]


def page(
    db: sa.Connection,
    content: Content,
    shop_id: str,
    wanted: Listing,
    *,
    with_orders: bool,
    after: Place | None = None,
) -> tuple[int, Sequence[Sequence[Any]]]:
    """(rows that match over all pages, the rows of this page and, if there are more, the next).

    `after`: begin behind this place.
    """
    asked = ask(db.dialect.name, content, shop_id, wanted, with_orders=with_orders, after=after)
    rows = _run(db, asked.page, asked.page_values)
    if not after and len(rows) <= wanted.limit and (rows or not wanted.offset):
        return wanted.offset + len(rows), rows
    if not wanted.conditions and not wanted.tombstones:
        return count(db, shop_id, content), rows
    return int(_run(db, asked.count, asked.count_values)[0][0]), rows


@dataclass(frozen=True, slots=True)
class Asked:
    """The statements of one request, with their values."""

    page: str
    page_values: tuple[object, ...]
    count: str
    count_values: tuple[object, ...]


def ask(
    engine: str,
    content: Content,
    shop_id: str,
    wanted: Listing,
    *,
    with_orders: bool,
    after: Place | None = None,
) -> Asked:
    columns = _columns(content, engine, wanted, with_orders)
    begin = behind(columns, after, descending=wanted.descending) if after else Condition("")
    statements = _statements(
        content.name,
        engine,
        with_orders,
        tuple(c.sql for c in wanted.conditions),
        wanted.tombstones,
        wanted.sort,
        wanted.descending,
        wanted.chosen,
        begin.sql,
    )
    bound = (shop_id, *(value for c in wanted.conditions for value in c.values))
    page_values = (*bound, *begin.values, wanted.limit + 1, wanted.offset)
    return Asked(statements.page, page_values, statements.count, bound)


def place(
    db: sa.Connection,
    content: Content,
    shop_id: str,
    wanted: Listing,
    identifier: str,
    *,
    with_orders: bool,
) -> Place:
    """The place of a row that a page has just shown."""
    key = sort_key(identifier)
    columns = _columns(content, db.dialect.name, wanted, with_orders)
    if not columns:
        return Place((), key)
    sql = (
        f"SELECT {', '.join(columns)} FROM {_from(content, with_orders)}"
        f" WHERE t.shop_id = {MARK} AND {KEY} = {MARK}"
    )
    (values,) = _run(db, _for_driver(sql, db.dialect.name), (shop_id, key))
    return Place(tuple(values), key)


def one(
    db: sa.Connection,
    content: Content,
    shop_id: str,
    identifier: str,
    *,
    with_orders: bool,
    chosen: frozenset[str] = ALL,
) -> Sequence[Sequence[Any]]:
    """The row of that id, if there is one to show: a list of one or none."""
    if "\0" in identifier:
        return []
    sql = _single(content.name, db.dialect.name, with_orders, chosen)
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


def _select(content: Content, with_orders: bool, chosen: frozenset[str]) -> str:
    shown = selected(content, with_orders=with_orders, chosen=chosen)
    columns = [field.sql for field in shown]
    return f"SELECT {', '.join(columns if chosen else [*columns, 't.extra'])}"


@lru_cache(maxsize=SHAPES)
def _single(name: str, engine: str, with_orders: bool, chosen: frozenset[str]) -> str:
    content = catalogue()[name]
    live = "" if content.shows_deleted else " AND t.removed_at IS NULL"
    sql = (
        f"{_select(content, with_orders, chosen)} FROM {_from(content, with_orders)}"
        f" WHERE t.shop_id = {MARK} AND {KEY} = {MARK}{live}"
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
    chosen: frozenset[str],
    begin: str,
) -> Statements:
    content = catalogue()[name]
    where = [f"t.shop_id = {MARK}", *conditions]
    if not tombstones:
        where.append("t.removed_at IS NULL")
    rest = f" WHERE {' AND '.join(where)}"
    by = _order(_sorted_by(fields(content, with_orders=with_orders)[sort], engine), descending)
    joined = _from(content, with_orders)
    needed = _from(content, with_orders and any("o." in c for c in conditions))
    behind_it = f" AND {begin}" if begin else ""
    return Statements(
        page=_for_driver(
            f"{_select(content, with_orders, chosen)} FROM {joined}{rest}{behind_it}"
            f" ORDER BY {by} LIMIT {MARK} OFFSET {MARK}",
            engine,
        ),
        count=_for_driver(f"SELECT count(*) FROM {needed}{rest}", engine),
    )


def _from(content: Content, with_orders: bool) -> str:
    status_line = content.name == "order_status_history"
    return f"{table_name(content)} t{ORDERS_JOIN if with_orders and status_line else ''}"


def _columns(content: Content, engine: str, wanted: Listing, with_orders: bool) -> tuple[str, ...]:
    return _sorted_by(fields(content, with_orders=with_orders)[wanted.sort], engine)


def _sorted_by(field: Field, engine: str) -> tuple[str, ...]:
    """What an order compares before the key. Texts that are numbers come first, by value."""
    if field.compare in (Compare.ID, Compare.NEVER) or field.name == "shopId":
        return ()
    if field.compare is Compare.TEXT:
        return numeric(field.sql, engine), f"substr({field.sql}, 1, {SORTED_BY})"
    return (field.order_sql,)


def _order(columns: Sequence[str], descending: bool) -> str:
    """Nothing last; downwards it is the exact reverse."""
    how = "DESC NULLS FIRST" if descending else "ASC NULLS LAST"
    key = f"{KEY} {'DESC' if descending else 'ASC'}"
    return ", ".join([*(f"{column} {how}" for column in columns), key])
