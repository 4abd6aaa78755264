"""Tables of CloudSync: one typed table per shop content, and the state of the syncs.

The 35 tables `raw_<content>` are made from the catalogue. Beside the properties each has:
`sort_id` (the row's id in the form that sorts), `id`, `extra` (unknown properties, JSON),
`misfits` (values that did not fit, JSON), `digest` (equal means unchanged), `first_seen_at`,
`changed_at`, `last_synced_at`, `run_id` and `lang` (the run that wrote or marked it last),
`removed_at` (a tombstone). A time is kept in milliseconds, with its original offset in minutes
beside it.
"""

from functools import cache
from typing import Any

import sqlalchemy as sa

from comptoir.infra.db.tables import Text, flag, instant, key, metadata, number, text
from comptoir.prestashop.catalogue import Content, Kind, Property, catalogue

TYPES: dict[Kind, Any] = {
    Kind.BOOL: sa.Boolean,
    Kind.INT: sa.BigInteger,
    Kind.FLOAT: sa.Double,
    Kind.TEXT: Text,
    Kind.TIME: sa.BigInteger,
    Kind.JSON: Text,
}
KEPT_BY_US: dict[str, tuple[tuple[str, Kind], ...]] = {
    "info": (("language_changed_count", Kind.INT), ("last_language_changed_at", Kind.TIME)),
}
"""Columns that the cloud counts itself: they survive an upload."""
BROUGHT = (
    "extra",
    "misfits",
    "digest",
    "first_seen_at",
    "changed_at",
    "last_synced_at",
    "run_id",
    "lang",
)
"""Columns beside the properties that an upload writes."""


def table_name(content: Content) -> str:
    return f"raw_{content.name}"


@cache
def looked_up_by(name: str) -> tuple[str, ...]:
    """Properties by which rows of a content are found other than by their id: each has an index."""
    content = catalogue()[name]
    found = set(content.shape.delete_by[:1])
    if content.shape.whole_parent:
        found.update(content.shape.outbox_id[:1])
    for other in catalogue().values():
        for target, pairs in other.shape.cascade:
            if target == name:
                found.add(pairs[0][0])
    return tuple(sorted(found - set(content.shape.key[:1])))


def _property_columns(prop: Property) -> list[sa.Column[object]]:
    columns: list[sa.Column[object]] = [sa.Column(prop.name, TYPES[prop.kind], nullable=True)]
    if prop.kind is Kind.TIME:
        columns.append(sa.Column(f"{prop.name}_offset", sa.SmallInteger, nullable=True))
    return columns


def _raw_table(content: Content) -> sa.Table:
    kept = [sa.Column(n, TYPES[k], nullable=True) for n, k in KEPT_BY_US.get(content.name, ())]
    indexes = [
        sa.Index(f"ix_raw_{content.name}_{prop}", "shop_id", prop)
        for prop in looked_up_by(content.name)
    ]
    return sa.Table(
        table_name(content),
        metadata,
        key("shop_id"),
        key("sort_id"),
        text("id"),
        *[column for prop in content.sent for column in _property_columns(prop)],
        *kept,
        sa.Column("extra", Text, nullable=True),
        sa.Column("misfits", Text, nullable=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        instant("first_seen_at", nullable=False),
        instant("changed_at", nullable=False),
        instant("last_synced_at", nullable=False),
        text("run_id"),
        text("lang"),
        instant("removed_at"),
        *indexes,
    )


RAW: dict[str, sa.Table] = {content.name: _raw_table(content) for content in catalogue().values()}

row_count = sa.Table(
    "row_count",
    metadata,
    key("shop_id"),
    key("content"),
    number("live"),
)

row_met = sa.Table(
    "row_met",
    metadata,
    key("shop_id"),
    key("run_id"),
    sa.Column("pass", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("part", sa.BigInteger, primary_key=True, autoincrement=False),
    text("content"),
    sa.Column("sort_ids", sa.LargeBinary, nullable=False),
)

set_aside = sa.Table(
    "set_aside",
    metadata,
    key("shop_id"),
    key("id"),
    text("content"),
    text("row_id"),
    text("property"),
    text("reason"),
    sa.Column("value", sa.LargeBinary, nullable=False),
    text("run_id"),
    number("times", 1),
    instant("first_seen_at", nullable=False),
    instant("last_seen_at", nullable=False),
)

pending_delete = sa.Table(
    "pending_delete",
    metadata,
    key("shop_id"),
    key("content"),
    key("object_id"),
    instant("since", nullable=False),
)

sync_store = sa.Table(
    "sync_store",
    metadata,
    key("shop_id"),
    instant("due_at"),
    text("lease_owner"),
    instant("lease_until"),
    number("failures"),
    instant("backoff_until"),
    text("reason"),
    text("detail"),
    instant("called_at"),
    text("health", "{}"),
    sa.Index("ix_sync_store_due_at", "due_at"),
)

sync_content = sa.Table(
    "sync_content",
    metadata,
    key("shop_id"),
    key("content"),
    flag("active"),
    flag("want_full"),
    flag("want_incremental"),
    instant("wanted_at"),
    instant("next_full_at"),
    instant("next_incremental_at"),
    instant("first_finished_at"),
    instant("last_finished_at"),
    instant("last_full_at"),
    number("failures"),
    instant("backoff_until"),
    number("http_status"),
    text("reason"),
    text("detail"),
    number("page"),
)

sync_run = sa.Table(
    "sync_run",
    metadata,
    key("shop_id"),
    key("run_id"),
    text("content"),
    text("lang"),
    flag("full"),
    text("state"),
    number("pass"),
    number("pages"),
    number("records"),
    number("received"),
    instant("started_at", nullable=False),
    instant("touched_at", nullable=False),
    instant("finished_at"),
    text("reason"),
    text("detail"),
    number("written"),
    number("unchanged"),
    sa.Index("ix_sync_run_content", "shop_id", "content", "state"),
)
