"""Apply the records of an upload to the tables, in their order, inside one transaction.

Deletes follow the safe rule of spec/eventbus.md §3.4: a bare product id ends the row without
combination at once, the others only when a finished incremental run has not seen the product.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from comptoir.cloudsync import aside, met, rows, store
from comptoir.cloudsync.rows import Batch
from comptoir.cloudsync.tables import RAW, pending_delete, sync_run
from comptoir.infra.db.dialect import upsert
from comptoir.prestashop.catalogue import Content, Kind, catalogue
from comptoir.prestashop.records import (
    Delete,
    Glance,
    Record,
    Rows,
    Unreadable,
    Upsert,
    columns,
    read_lines,
    read_rows,
)
from comptoir.prestashop.rowid import row_id, sort_key


@dataclass(slots=True)
class Outcome:
    """What became of the records, for the answer, the metrics and the run."""

    written: int = 0
    unchanged: int = 0
    deleted: int = 0
    set_aside: int = 0

    def add(self, other: "Outcome") -> None:
        self.written += other.written
        self.unchanged += other.unchanged
        self.deleted += other.deleted
        self.set_aside += other.set_aside


def apply_glance(batch: Batch, content: Content, seen: Glance, zone: ZoneInfo) -> Outcome:
    """Apply rows of which most have probably not changed: the others are read only now."""
    lines, unchanged = rows.write_changed(batch, content, seen)
    plain = read_rows(lines, zone, content)
    outcome = apply_plain(batch, plain) if plain else apply(batch, read_lines(lines, zone, content))
    outcome.unchanged += unchanged
    return outcome


def apply_plain(batch: Batch, found: Rows) -> Outcome:
    """Apply plain rows."""
    outcome = Outcome()
    outcome.written, outcome.unchanged = rows.write_plain(batch, found)
    _end_short(batch, found.content, found.ids, found.sort_ids)
    return outcome


def apply(batch: Batch, records: Iterable[Record]) -> Outcome:
    """Apply records in order. Idempotent: applying them again changes nothing."""
    outcome = Outcome()
    left: list[aside.Found] = []
    for (kind, content), group in groupby(records, key=_kind):
        if kind is Upsert and content is not None:
            upserts = [r for r in group if isinstance(r, Upsert)]
            _upserts(batch, content, upserts, outcome)
            left.extend(_misfits(content, upserts))
        elif kind is Delete and content is not None:
            for record in group:
                if isinstance(record, Delete):
                    _delete(batch, content, record.id, outcome)
        else:
            left.extend(
                aside.Found(r.content, "", "", r.reason, r.line)
                for r in group
                if isinstance(r, Unreadable)
            )
    aside.keep(batch, left)
    outcome.set_aside = len(left)
    return outcome


def _kind(record: Record) -> tuple[type[Record], Content | None]:
    return type(record), None if isinstance(record, Unreadable) else record.content


def _upserts(batch: Batch, content: Content, found: Sequence[Upsert], outcome: Outcome) -> None:
    language = _languages_before(batch) if content.name == "info" else None
    written, unchanged = rows.write(batch, content, found)
    outcome.written += written
    outcome.unchanged += unchanged
    if language is not None:
        _count_language_changes(batch, language)
    _end_short(batch, content, [row.id for row in found], [row.sort_id for row in found])


def _misfits(content: Content, found: Sequence[Upsert]) -> Iterator[aside.Found]:
    for row in found:
        for name, (reason, value) in (row.misfits or {}).items():
            yield aside.Found(content.name, row.id, name, reason, rows.as_json(value).encode())


def _end_short(batch: Batch, content: Content, ids: Sequence[str], sort_ids: Sequence[str]) -> None:
    """Where the last part of the key came with a PrestaShop version, rows from before have less:
    they end when the longer key comes."""
    key = content.shape.key
    if len(key) > 1 and content.by_name[key[-1]].since:
        short = {sort_key(identifier.rpartition("-")[0] or identifier) for identifier in ids}
        rows.end_by_id(batch, content, short - set(sort_ids))


def _delete(batch: Batch, content: Content, identifier: str, outcome: Outcome) -> None:
    parts = _delete_parts(content, identifier)
    if parts is None:
        done = rows.end_by_id(batch, content, [sort_key(row_id([identifier]))])
        outcome.deleted += done
        return
    c = RAW[content.name].c
    if content.name == "products" and len(parts) == 1:
        ended = rows.end(batch, content, c.id_product == parts[0], c.id_attribute == 0)
        _postpone(batch, content, identifier)
    else:
        names = content.shape.delete_by
        conditions: list[sa.ColumnElement[bool]] = [
            c[name] == value for name, value in zip(names, parts, strict=False)
        ]
        if content.shape.key[: len(names)] == names:
            conditions.append(_key_starts(content, [str(part) for part in parts]))
        cascade = content.shape.cascade
        shared = cascade[0][1][0][1] if cascade else ""
        ended = rows.end(batch, content, *conditions, returning=shared)
        if content.name == "products":
            _combination_gone(batch, parts)
        elif ended:
            _cascade(batch, content, ended)
    outcome.deleted += len(ended)


def _delete_parts(content: Content, identifier: str) -> list[Any] | None:
    """The delete's id as values of `delete_by`; None when it can only be the row's own id.

    A product may come bare: then only the first value is given.
    """
    names = content.shape.delete_by
    texts = identifier.split("-") if len(names) > 1 else [identifier]
    bare = content.name == "products" and len(texts) == 1
    if not names or (len(texts) != len(names) and not bare):
        return None
    parts: list[Any] = []
    for name, value in zip(names, texts, strict=False):
        if content.by_name[name].kind is not Kind.INT:
            parts.append(value)
        elif value.isascii() and value.isdigit() and len(value) <= 18:
            parts.append(int(value))
        else:
            return None
    return parts


def _postpone(batch: Batch, content: Content, identifier: str) -> None:
    upsert(
        batch.db,
        pending_delete,
        {
            "shop_id": batch.shop_id,
            "content": content.name,
            "object_id": identifier,
            "since": _run_started(batch),
        },
    )


def _run_started(batch: Batch) -> int:
    c = sync_run.c
    started = batch.db.execute(
        sa.select(c.started_at).where(c.shop_id == batch.shop_id, c.run_id == batch.run_id)
    ).scalar()
    return int(started) if started is not None else batch.now


def _combination_gone(batch: Batch, parts: Sequence[Any]) -> None:
    """PrestaShop ends the stock line and supplier references of a combination without a word."""
    product, attribute = parts
    for name in ("stocks", "product_suppliers"):
        c = RAW[name].c
        rows.end(
            batch,
            catalogue()[name],
            c.id_product == product,
            c.id_product_attribute == attribute,
        )


def _cascade(batch: Batch, content: Content, values: Sequence[Any]) -> None:
    """End the rows that PrestaShop ends with these, unannounced."""
    for target, pairs in content.shape.cascade:
        dependent = catalogue()[target]
        theirs = pairs[0][0]
        as_text = dependent.by_name[theirs].kind is Kind.TEXT
        wanted = [str(v) if as_text else int(v) for v in values if v is not None]
        conditions: list[sa.ColumnElement[bool]] = [RAW[target].c[theirs].in_(wanted)]
        if wanted and dependent.shape.key[:1] == (theirs,):
            conditions.append(sa.or_(*(_key_starts(dependent, [str(v)]) for v in wanted)))
        rows.end(batch, dependent, *conditions)


def _key_starts(content: Content, parts: Sequence[str]) -> sa.ColumnElement[bool]:
    """Rows whose key starts with these parts, by the primary key: `-` comes just before `.`."""
    found, start = RAW[content.name].c.sort_id, sort_key(row_id(parts))
    if len(parts) == len(content.shape.key):
        return found == start
    return sa.or_(found == start, sa.and_(found >= f"{start}-", found < f"{start}."))


def parents_of_plain(found: Rows) -> set[Any]:
    """As `parents`."""
    return set(found.columns[_parent_column(found.content)]) - {None}


def _parent_column(content: Content) -> int:
    return columns(content).index(content.shape.outbox_id[0])


def settle_deletes(batch: Batch, content: Content) -> None:
    """At the end of an incremental run: whole products that nothing spoke for are gone."""
    c = pending_delete.c
    mine = (c.shop_id == batch.shop_id, c.content == content.name)
    table = RAW[content.name].c
    for object_id, since in batch.db.execute(sa.select(c.object_id, c.since).where(*mine)).all():
        product = int(object_id)
        alive = since > batch.now or rows.exists(  # in doubt: the clock went back meanwhile
            batch.db,
            batch.shop_id,
            content,
            table.id_product == product,
            table.last_synced_at.between(since, batch.now),
        )
        if not alive:
            rows.end(batch, content, table.id_product == product)
            _cascade(batch, content, [product])
    batch.db.execute(pending_delete.delete().where(*mine))


def parents(content: Content, records: Iterable[Record]) -> set[Any]:
    """Of a content whose batches hold whole parents: the parents that these rows belong to."""
    place = _parent_column(content)
    upserts = (r for r in records if isinstance(r, Upsert) and r.content is content)
    return {row.values[place] for row in upserts if row.values[place] is not None}


def settle_parents(batch: Batch, content: Content, found: set[Any], began: int) -> int:
    """At the end of an incremental upload: what a resent parent no longer holds is gone.

    An incremental batch carries all rows of an outbox id (spec/eventbus.md §3.5), so a product
    taken out of a cart shows by its absence. The upload has a run id of its own in `batch`; what
    another one brought since it began stays.
    """
    table = RAW[content.name].c
    parent = table[content.shape.outbox_id[0]]
    keys, ended = list(found), 0
    for start in range(0, len(keys), 1000):
        ended += len(
            rows.end(
                batch,
                content,
                parent.in_(keys[start : start + 1000]),
                table.run_id != batch.run_id,
                # One of the future was brought before the clock went back.
                sa.or_(table.last_synced_at < began, table.last_synced_at > batch.now),
            )
        )
    return ended


def missing(
    db: sa.Connection,
    run: store.Run,
    content: Content,
    languages: Sequence[str],
    passes: Sequence[int],
) -> list[str]:
    """Keys of the live rows that a full run met in none of these passes: the store has them no
    more. Rows of another language belong to another run, unless the store dropped the language.
    """
    table = RAW[content.name].c
    conditions: list[sa.ColumnElement[bool]] = [
        table.run_id.not_in([store.mark(run, number) for number in passes])
    ]
    if content.shape.per_language and run.lang:
        others = [iso for iso in languages if iso != run.lang]
        conditions.append(table.lang.not_in(others))
    met_in = [met.Pass(run.run_id, number) for number in passes]
    return met.missing(db, run.shop_id, content, met_in, *conditions)


def sweep(batch: Batch, content: Content, gone: Sequence[str]) -> int:
    """At the end of a full run: end the rows that are gone from the store."""
    ended = rows.end_by_id(batch, content, gone)
    batch.db.execute(
        pending_delete.delete().where(
            pending_delete.c.shop_id == batch.shop_id, pending_delete.c.content == content.name
        )
    )
    return ended


def _languages_before(batch: Batch) -> str:
    return str(rows.info(batch.db, batch.shop_id).get("default_language") or "")


def _count_language_changes(batch: Batch, before: str) -> None:
    """`languageChangedCount` of the Raw API: how often the default language changed."""
    now = rows.info(batch.db, batch.shop_id)
    changed = bool(before) and now.get("default_language") not in (before, None)
    values: dict[str, Any] = {}
    if now.get("language_changed_count") is None or changed:
        values["language_changed_count"] = (now.get("language_changed_count") or 0) + changed
    if changed:
        values["last_language_changed_at"] = batch.now
    if values:
        table = RAW["info"]
        batch.db.execute(table.update().where(table.c.shop_id == batch.shop_id).values(**values))
