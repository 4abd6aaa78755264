"""The fields of a Raw API row: name, JSON type, and the SQL that gives its value.

One list per content serves the rows, the filters, the sort and the documents, so that they cannot
disagree (spec/rawapi.md §6, §11, §12). In the SQL the content's table is `t`, and the order of a
status line is `o`.
"""

from dataclasses import dataclass
from enum import Enum
from functools import cache

from comptoir.cloudsync.tables import table_name
from comptoir.prestashop.catalogue import Api, Content, Kind, Property, camel, catalogue

NO_DATE = -(10**15)
"""Stands for `0000-00-00`: before every date that a calendar has, as in the order of texts."""


class Compare(Enum):
    """How values of a field are compared, in filters and in the order of a list."""

    ID = "id"
    """A row's id: by its natural order, with the primary key."""
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    TEXT = "text"
    """Texts; numbers among them by value."""
    TIME = "time"
    DAY = "day"
    """A calendar day of the store, as milliseconds of its midnight; NO_DATE for none."""
    NEVER = "never"
    """Always null: nothing matches."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    """camelCase, as in the row."""
    compare: Compare
    api: Api
    sql: str
    """The value. For an ID it is the text of the id; it is compared by `t.sort_id`."""
    shown: bool = True
    nullable: bool = True

    @property
    def order_sql(self) -> str:
        """What is compared."""
        return "t.sort_id" if self.compare is Compare.ID else self.sql

    @property
    def ranged(self) -> bool:
        """`<name>Start` and `<name>End` are parameters of the list."""
        return self.compare is not Compare.BOOL and self.name != "shopId"


KINDS = {
    Kind.BOOL: Compare.BOOL,
    Kind.INT: Compare.INT,
    Kind.FLOAT: Compare.FLOAT,
    Kind.TEXT: Compare.TEXT,
    Kind.JSON: Compare.TEXT,
    Kind.TIME: Compare.TIME,
}

ROW_ID = ("carrier_details_unique_id", "carrier_taxes_unique_id", "id_custom_product_carrier")
"""Fields made here that repeat the row's id (spec/rawapi.md §11): it is the same natural key."""

ORDERS_JOIN = (
    f" LEFT JOIN {table_name(catalogue()['orders'])} o ON o.shop_id = t.shop_id"
    " AND o.removed_at IS NULL"
    " AND o.sort_id = substr('abcdefghijklmnopqrstuvwxy', length(CAST(t.id_order AS text)), 1)"
    " || CAST(t.id_order AS text)"
)
"""The order of a status line, found by its primary key: the digits with their number in front, as
in `prestashop.rowid.sort_key`."""


def fields(content: Content, *, with_orders: bool = False) -> dict[str, Field]:
    """All fields by their name, the generic ones first.

    `with_orders`: the caller may read orders too, so what is joined from them has a value.
    """
    return _fields(content.name, with_orders)


@cache
def _fields(name: str, with_orders: bool) -> dict[str, Field]:
    """Remembered by name: a content's own hash goes through all its properties."""
    content = catalogue()[name]
    found = [
        Field("id", Compare.ID, Api.STRING, "t.id", nullable=False),
        Field("shopId", Compare.TEXT, Api.STRING, "t.shop_id", nullable=False),
        *_dates(content),
    ]
    if content.shows_deleted:
        found += [_deleted(content), _time("deleted_at", "removed_at", nullable=True)]
    taken = {field.name for field in found}
    found += [_field(content, p, with_orders) for p in content.properties if p.camel not in taken]
    return {field.name: field for field in found}


def _dates(content: Content) -> list[Field]:
    """The shop's dates where it sends them, else those of the row here (spec/rawapi.md §6)."""
    made = []
    for name, otherwise in (("created_at", "first_seen_at"), ("updated_at", "changed_at")):
        sent = name in content.by_name
        made.append(_time(name, name if sent else otherwise, nullable=sent))
    return [
        *made,
        Field("lastSyncedAt", Compare.TIME, Api.STRING, _synced(content), nullable=False),
    ]


def _synced(content: Content) -> str:
    """When the row came in last. Rows that did not change are not written: all that live were
    met by the last full run (decision 0013)."""
    return (
        "COALESCE((SELECT s.last_full_at FROM sync_content s WHERE s.shop_id = t.shop_id"
        f" AND s.content = '{content.name}' AND s.last_full_at > t.last_synced_at"
        " AND t.removed_at IS NULL), t.last_synced_at)"
    )


def _deleted(content: Content) -> Field:
    """True for a tombstone, and for what the shop itself marks as deleted."""
    own = content.by_name["deleted"].wire
    gone = "t.removed_at IS NOT NULL"
    sql = f"(COALESCE(t.deleted, false) OR {gone})" if own else f"({gone})"
    return Field("deleted", Compare.BOOL, Api.BOOLEAN, sql, nullable=False)


def _time(name: str, column: str, *, nullable: bool) -> Field:
    return Field(camel(name), Compare.TIME, Api.STRING, f"t.{column}", nullable=nullable)


def _field(content: Content, prop: Property, with_orders: bool) -> Field:
    compare, sql = KINDS[prop.kind], f't."{prop.name}"'
    if prop.suspect or prop.name == "sale_date":
        compare, sql = Compare.NEVER, "NULL"
    elif prop.name in ROW_ID:
        compare, sql = Compare.ID, "t.id"
    elif prop.name == "id_bundle_product":
        parts = ("id_bundle", "id_product", "id_product_attribute")
        # Beginning with nothing of `t.id`, the text sorts as all texts do on PostgreSQL.
        sql = "(substr(t.id, 1, 0) || " + " || '-' || ".join(_text(p) for p in parts) + ")"
    elif prop.name == "id_category_default_bigint":
        sql = "t.id_category_default"
    elif prop.name == "available_date_legacy":
        compare = Compare.DAY
        local = "t.available_date + t.available_date_offset * 60000"
        sql = f"COALESCE({local}, {NO_DATE})"
    elif content.name == "order_status_history" and prop.made:
        compare, sql = (Compare.FLOAT, f"o.{prop.name}") if with_orders else (Compare.NEVER, "NULL")
    return Field(prop.camel, compare, prop.api, sql, shown=not prop.suspect)


def _text(column: str) -> str:
    return f"CAST(t.{column} AS text)"
