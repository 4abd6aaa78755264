"""The SQL of the raw tables: write what came, end what is gone. The hot path of ingestion.

Rows that did not change are not written. A full run notes their keys in `met.py`; an incremental
one, which brings few of them, marks them in place.
"""

import json
import operator
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from itertools import compress, repeat
from typing import Any

import sqlalchemy as sa

from comptoir.cloudsync import met
from comptoir.cloudsync.tables import BROUGHT, RAW, row_count, table_name
from comptoir.infra.db import dialect
from comptoir.infra.db.upsert import Target, upsert_all
from comptoir.prestashop.catalogue import Content
from comptoir.prestashop.records import Glance, Rows, Upsert, columns

BETWEEN = "sort_id BETWEEN :first AND :last"
AT_ONCE = 1000
"""Rows ended by one statement, at most."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Where rows belong and what carried them."""

    db: sa.Connection
    shop_id: str
    run_id: str
    lang: str
    now: int
    full: met.Pass | None = None
    """The pass of a full run that met the rows; None for an incremental run."""
    unchanged: list[str] = field(default_factory=list)
    """Keys of rows that a full run met and found unchanged: `note_met` writes them down."""


@cache
def _target(content: Content) -> Target:
    kept = ("shop_id", "sort_id", "id", "first_seen_at")
    names = ("shop_id", "sort_id", "id", *columns(content), *BROUGHT)
    return Target(
        table=RAW[content.name],
        columns=names,
        key=("shop_id", "sort_id"),
        changed=tuple(name for name in names if name not in kept),
        also="removed_at = NULL",
    )


def write(batch: Batch, content: Content, rows: Sequence[Upsert]) -> tuple[int, int]:
    """Write the rows that are new or changed, mark the others as seen. Returns (written, seen).

    Of several rows with one id the last wins, as if they had come one by one.
    """
    latest = {row.sort_id: row for row in rows}
    keys = list(latest)
    before = _digests(batch, content, keys)
    changed = _changed(batch, before, keys, (row.digest for row in latest.values()))
    unchanged = _unchanged(keys, changed)
    many = sum(changed)
    if many:
        made = (_parameters(batch, row) for row in compress(latest.values(), changed))
        upsert_all(batch.db, _target(content), made, many)
        _count(batch, content, len(keys) - _there(before, keys))
    _see(batch, content, unchanged)
    return many, len(unchanged)


def write_plain(batch: Batch, rows: Rows) -> tuple[int, int]:
    """As `write`, a column at a time: no row is touched by itself."""
    before = _digests(batch, rows.content, rows.sort_ids)
    changed = _changed(batch, before, rows.sort_ids, rows.digests)
    many = sum(changed)
    if many:
        brought: list[Iterable[Any]] = [rows.sort_ids, rows.ids, *rows.columns, rows.digests]
        if many < len(changed):
            brought = [compress(column, changed) for column in brought]
        sort_ids, ids, *values, digests = brought
        now, none = repeat(batch.now), repeat(None)
        carried = (repeat(batch.run_id), repeat(batch.lang))
        made = zip(
            repeat(batch.shop_id),
            sort_ids,
            ids,
            *values,
            none,
            none,
            digests,
            now,
            now,
            now,
            *carried,
        )
        upsert_all(batch.db, _target(rows.content), made, many)
        _count(batch, rows.content, len(rows.sort_ids) - _there(before, rows.sort_ids))
    _see(batch, rows.content, _unchanged(rows.sort_ids, changed))
    return many, len(changed) - many


def write_changed(batch: Batch, content: Content, seen: Glance) -> tuple[list[bytes], int]:
    """Mark the rows that did not change as seen. Returns (lines of the others, seen).

    A row of which something was set aside counts among the others: it is set aside again.
    """
    before = _digests(batch, content, seen.sort_ids, whole=True)
    changed = _changed(batch, before, seen.sort_ids, seen.digests)
    unchanged = _unchanged(seen.sort_ids, changed)
    _see(batch, content, unchanged)
    return list(compress(seen.lines, changed)), len(unchanged)


def _changed(
    batch: Batch, before: dict[str, str], sort_ids: list[str], digests: Iterable[bytes]
) -> list[bool]:
    """Of each row, whether it is new or other than before."""
    now = dialect.hexes(batch.db.dialect.name, digests)
    return list(map(operator.ne, map(before.get, sort_ids), now))


def _there(before: dict[str, str], sort_ids: Iterable[str]) -> int:
    return sum(map(before.__contains__, sort_ids))


def _unchanged(sort_ids: list[str], changed: list[bool]) -> list[str]:
    return list(compress(sort_ids, map(operator.not_, changed)))


def _parameters(batch: Batch, row: Upsert) -> list[Any]:
    misfits = {name: why for name, (why, _) in row.misfits.items()} if row.misfits else None
    return [
        batch.shop_id,
        row.sort_id,
        row.id,
        *row.values,
        as_json(row.extra) if row.extra else None,
        json.dumps(misfits) if misfits else None,
        row.digest,
        batch.now,
        batch.now,
        batch.now,
        batch.run_id,
        batch.lang,
    ]


def as_json(value: object) -> str:
    """What a store sent, as ASCII JSON."""
    try:
        return json.dumps(value, ensure_ascii=True)
    except RecursionError:
        return json.dumps({"comptoir": "nested too deeply to be kept"})


@cache
def _digests_sql(content: Content, name: str, which: str, whole: bool) -> str:
    """All in one row: a statement that gives a thousand rows would hand the interpreter over, and
    wait to have it back, a thousand times."""
    both = ", ".join(dialect.joined(name, it) for it in ("sort_id", dialect.in_hex(name, "digest")))
    return dialect.native(
        name,
        f"SELECT {both} FROM {table_name(content)}"
        f" WHERE shop_id = :shop AND {which} AND removed_at IS NULL"
        f"{' AND misfits IS NULL' if whole else ''}",
    )


@cache
def _between_sql(content: Content, name: str) -> str:
    """How many rows have a key in the range, ended ones too; `most` at most."""
    return dialect.native(
        name,
        f"SELECT COUNT(*) FROM (SELECT 1 FROM {table_name(content)}"
        f" WHERE shop_id = :shop AND {BETWEEN} LIMIT :most) AS found",
    )


def _digests(
    batch: Batch, content: Content, keys: list[str], *, whole: bool = False
) -> dict[str, str]:
    """Digests, as `dialect.hexes`, of the live rows among `keys`, and perhaps of some between
    them. A tombstone counts as absent: it must come back.

    The rows of a page follow each other mostly: then a range of keys is read, in half the time.
    """
    name = batch.db.dialect.name
    most = 2 * len(keys)
    span = {"shop": batch.shop_id, "first": min(keys), "last": max(keys)}
    with closing(batch.db.connection.cursor()) as cursor:
        (many,) = cursor.execute(_between_sql(content, name), {**span, "most": most}).fetchone()
        if not many:
            return {}
        if many < most:
            which, bound = BETWEEN, span
        else:
            which = dialect.one_of(name, "sort_id")
            bound = {"shop": batch.shop_id, "keys": dialect.bind_list(name, keys)}
        sql = _digests_sql(content, name, which, whole)
        found, digests = cursor.execute(sql, bound).fetchone()
    return dict(zip(found.split(" "), digests.split(" "), strict=True)) if found else {}


def note_met(batch: Batch, content: Content) -> None:
    """Write down which unchanged rows a full run has met. Call it before the transaction ends."""
    if batch.full is not None and batch.unchanged:
        met.note(batch.db, batch.shop_id, batch.full, content, batch.unchanged)


@cache
def _see_sql(content: Content, name: str) -> sa.TextClause:
    return sa.text(
        f"UPDATE {table_name(content)} SET last_synced_at = :now, run_id = :run, lang = :lang"
        f" WHERE shop_id = :shop AND {dialect.one_of(name, 'sort_id')}"
    )


def _see(batch: Batch, content: Content, keys: list[str]) -> None:
    if not keys:
        return
    if batch.full is not None:
        batch.unchanged.extend(keys)
        return
    name = batch.db.dialect.name
    batch.db.execute(
        _see_sql(content, name),
        {
            "shop": batch.shop_id,
            "now": batch.now,
            "run": batch.run_id,
            "lang": batch.lang,
            "keys": dialect.bind_list(name, keys),
        },
    )


def end(
    batch: Batch, content: Content, *conditions: sa.ColumnElement[bool], returning: str = ""
) -> list[Any]:
    """Make tombstones of the live rows that meet all conditions.

    Returns their values of `returning`, or of `sort_id`.
    """
    table = RAW[content.name]
    changed = (
        table.update()
        .where(table.c.shop_id == batch.shop_id, table.c.removed_at.is_(None), *conditions)
        .values(
            removed_at=batch.now,
            changed_at=batch.now,
            last_synced_at=batch.now,
            run_id=batch.run_id,
        )
        .returning(table.c[returning or "sort_id"])
    )
    ended = [row[0] for row in batch.db.execute(changed)]
    _count(batch, content, -len(ended))
    return ended


def end_by_id(batch: Batch, content: Content, sort_ids: Iterable[str]) -> int:
    keys, ended = list(sort_ids), 0
    for start in range(0, len(keys), AT_ONCE):
        these = RAW[content.name].c.sort_id.in_(keys[start : start + AT_ONCE])
        ended += len(end(batch, content, these))
    return ended


def exists(
    db: sa.Connection, shop_id: str, content: Content, *conditions: sa.ColumnElement[bool]
) -> bool:
    """Whether a live row of the store meets all conditions."""
    table = RAW[content.name]
    query = sa.select(sa.literal(1)).where(
        table.c.shop_id == shop_id, table.c.removed_at.is_(None), *conditions
    )
    return db.execute(query.limit(1)).first() is not None


_COUNT = sa.text(
    "INSERT INTO row_count (shop_id, content, live) VALUES (:shop, :content, :more)"
    " ON CONFLICT (shop_id, content) DO UPDATE SET live = row_count.live + :more"
)


def _count(batch: Batch, content: Content, more: int) -> None:
    """Keep the number of live rows, so that nobody has to count them."""
    if more:
        batch.db.execute(_COUNT, {"shop": batch.shop_id, "content": content.name, "more": more})


_LIVE = sa.select(row_count.c.live).where(
    row_count.c.shop_id == sa.bindparam("shop"), row_count.c.content == sa.bindparam("what")
)


def count(db: sa.Connection, shop_id: str, content: Content) -> int:
    """Live rows of a store's content."""
    return int(db.execute(_LIVE, {"shop": shop_id, "what": content.name}).scalar() or 0)


_TIMEZONE = sa.select(RAW["info"].c.timezone).where(RAW["info"].c.shop_id == sa.bindparam("shop"))


def timezone(db: sa.Connection, shop_id: str) -> str:
    """As the store's own description says; empty before it came."""
    return str(db.execute(_TIMEZONE, {"shop": shop_id}).scalar() or "")


def info(db: sa.Connection, shop_id: str) -> dict[str, Any]:
    """The store's own description (content `info`); empty before it came."""
    table = RAW["info"]
    row = db.execute(sa.select(table).where(table.c.shop_id == shop_id)).mappings().first()
    return dict(row) if row else {}
