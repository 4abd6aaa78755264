"""The SQL of the raw tables: write what came, end what is gone. The hot path of ingestion."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from comptoir.cloudsync.tables import RAW, table_name
from comptoir.infra.db import dialect
from comptoir.prestashop.catalogue import Content
from comptoir.prestashop.records import Upsert, columns


@dataclass(frozen=True, slots=True)
class Batch:
    """Where rows belong and what carried them."""

    db: sa.Connection
    shop_id: str
    run_id: str
    lang: str
    now: int


@cache
def _upsert_sql(content: Content, mark: str) -> str:
    names = ["shop_id", "sort_id", "id", *columns(content)]
    names += ["extra", "misfits", "digest", "first_seen_at", "changed_at", "last_synced_at"]
    names += ["run_id", "lang"]
    kept = ("shop_id", "sort_id", "id", "first_seen_at")
    changed = ", ".join(f'"{n}" = excluded."{n}"' for n in names if n not in kept)
    quoted = ", ".join(f'"{n}"' for n in names)
    return (
        f"INSERT INTO {table_name(content)} ({quoted}) VALUES ({', '.join([mark] * len(names))})"
        f" ON CONFLICT (shop_id, sort_id) DO UPDATE SET {changed}, removed_at = NULL"
    )


def write(batch: Batch, content: Content, rows: Sequence[Upsert]) -> tuple[int, int]:
    """Write the rows that are new or changed, mark the others as seen. Returns (written, seen).

    Of several rows with one id the last wins, as if they had come one by one.
    """
    latest = {row.sort_id: row for row in rows}
    before = _digests(batch, content, list(latest))
    changed = [row for key, row in latest.items() if before.get(key) != row.digest]
    unchanged = [key for key, row in latest.items() if before.get(key) == row.digest]
    if changed:
        mark = "?" if dialect.is_sqlite(batch.db.dialect.name) else "%s"
        batch.db.exec_driver_sql(
            _upsert_sql(content, mark), [_parameters(batch, row) for row in changed]
        )
    if unchanged:
        _touch(batch, content, unchanged)
    return len(changed), len(unchanged)


def _parameters(batch: Batch, row: Upsert) -> tuple[Any, ...]:
    misfits = {name: why for name, (why, _) in row.misfits.items()} if row.misfits else None
    return (
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
    )


def as_json(value: object) -> str:
    """What a store sent, as ASCII JSON."""
    try:
        return json.dumps(value, ensure_ascii=True)
    except RecursionError:
        return json.dumps({"comptoir": "nested too deeply to be kept"})


def _digests(batch: Batch, content: Content, keys: list[str]) -> dict[str, bytes]:
    """Digests of the live rows among `keys`. A tombstone counts as absent: it must come back."""
    name = batch.db.dialect.name
    found = batch.db.execute(
        sa.text(
            f"SELECT sort_id, digest FROM {table_name(content)} WHERE shop_id = :shop"
            f" AND {dialect.one_of(name, 'sort_id')} AND removed_at IS NULL"
        ),
        {"shop": batch.shop_id, "keys": dialect.bind_list(name, keys)},
    )
    return {row[0]: bytes(row[1]) for row in found}


def _touch(batch: Batch, content: Content, keys: list[str]) -> None:
    name = batch.db.dialect.name
    batch.db.execute(
        sa.text(
            f"UPDATE {table_name(content)} SET last_synced_at = :now, run_id = :run, lang = :lang"
            f" WHERE shop_id = :shop AND {dialect.one_of(name, 'sort_id')}"
        ),
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
    return [row[0] for row in batch.db.execute(changed)]


def end_by_id(batch: Batch, content: Content, sort_ids: Iterable[str]) -> int:
    keys = list(sort_ids)
    return len(end(batch, content, RAW[content.name].c.sort_id.in_(keys))) if keys else 0


def exists(
    db: sa.Connection, shop_id: str, content: Content, *conditions: sa.ColumnElement[bool]
) -> bool:
    """Whether a live row of the store meets all conditions."""
    table = RAW[content.name]
    query = sa.select(sa.literal(1)).where(
        table.c.shop_id == shop_id, table.c.removed_at.is_(None), *conditions
    )
    return db.execute(query.limit(1)).first() is not None


def count(db: sa.Connection, shop_id: str, content: Content) -> int:
    """Live rows of a store's content."""
    table = RAW[content.name]
    query = sa.select(sa.func.count()).where(
        table.c.shop_id == shop_id, table.c.removed_at.is_(None)
    )
    return int(db.execute(query).scalar_one())


def info(db: sa.Connection, shop_id: str) -> dict[str, Any]:
    """The store's own description (content `info`); empty before it came."""
    table = RAW["info"]
    row = db.execute(sa.select(table).where(table.c.shop_id == shop_id)).mappings().first()
    return dict(row) if row else {}
