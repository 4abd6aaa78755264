"""What the API documents say of the Raw API, made from the same fields as its rows."""

from typing import Any

from comptoir.cloudsync.raw import values
from comptoir.cloudsync.raw.conditions import Filter
from comptoir.cloudsync.raw.fields import Compare, Field, fields
from comptoir.cloudsync.raw.filters import DEFAULT_LIMIT, MOST, parameters
from comptoir.cloudsync.raw.query import SORTED_BY
from comptoir.infra.http import conditional
from comptoir.infra.http.endpoint import Param
from comptoir.infra.http.samples import SHOP_ID
from comptoir.prestashop.catalogue import Api, Content

Schema = dict[str, Any]

SHOP = Param("shop_id", "path", about="The store's id: the account shop UUID.", example=SHOP_ID)
FIELDS = Param(
    "fields",
    about="Only these fields of a row, as `id,createdAt`: names with commas between. `id` is always"
    " among them. Unknown properties show only without `fields`.",
)
HEADERS = {
    "ETag": "Equal tags mean equal answers. Weak: a compressed answer has the same.",
    "Cache-Control": "`private, no-cache`: keep it if you like, but ask before you use it.",
    "Vary": "`Accept-Encoding`: answers come in zstd or gzip to who takes it.",
}
FORMS = {
    Compare.ID: "A row id.",
    Compare.INT: f"Compared by value: {values.NUMBER}.",
    Compare.FLOAT: f"Compared by value: {values.NUMBER}.",
    Compare.BOOL: "`true` or `false`; 1 and 0 too.",
    Compare.TEXT: "A text; two numbers are compared by value.",
    Compare.TIME: f"Write {values.TIME} (UTC).",
    Compare.DAY: f"Write {values.DAY}.",
    Compare.NEVER: "Accepted for old clients: no row has it, so none matches.",
}
MEANINGS = {
    "id": "The row's id, made of its natural key.",
    "shopId": "The store's id, as in the path.",
    "createdAt": "The shop's date where it sends one, else when the row first came.",
    "updatedAt": "The shop's date where it sends one, else when the row last changed.",
    "lastSyncedAt": "When the row last came in with an upload.",
    "deleted": "The row is gone, or the shop itself marks it as deleted.",
    "deletedAt": "When the row was found to be gone.",
}
SAMPLES: dict[str, Any] = {
    "shopId": SHOP_ID,
    "isoCode": "en",
    "name": "Mountain fox notebook",
    "currency": "EUR",
    "reference": "demo_8",
    "createdAt": "2026-01-30T17:21:09Z",
    "updatedAt": "2026-01-31T08:12:44Z",
    "deleted": False,
    "deletedAt": None,
    "features": '{"Paper type":"Ruled"}',
    "attributes": "",
    "availableDateLegacy": "0000-00-00",
    "saleDate": None,
}
BY_COMPARE: dict[Compare, Any] = {
    Compare.INT: 8,
    Compare.FLOAT: 12.9,
    Compare.BOOL: True,
    Compare.TEXT: "text",
    Compare.TIME: "2026-01-31T09:00:00Z",
    Compare.DAY: "2026-01-31",
    Compare.ID: "1-2-3",
    Compare.NEVER: None,
}


def words(content: Content) -> str:
    """`order_details` → `order details`."""
    return content.name.replace("_", " ")


def pascal(content: Content) -> str:
    """`order-details` → `OrderDetails`, `shop` → `Shop`."""
    return "".join(word.capitalize() for word in content.path.split("-"))


def about_list(content: Content) -> str:
    told = (
        "Filters are joined by AND. Without `sort` the rows come by id; every order is stable, so"
        " that pages neither repeat nor skip a row that is there all along. To read everything"
        " while rows come and go, walk by `cursor`."
    )
    if content.shows_deleted:
        told += " Rows that are gone are left out unless `deleted` or `deletedAt` is filtered on."
    return told


def about_item(content: Content) -> str:
    if content.singleton:
        return "404 until the store has sent its description."
    if content.shows_deleted:
        return "A row that is gone still shows, with `deleted` true."
    return "404 for a row that is gone."


def list_params(content: Content) -> tuple[Param, ...]:
    names = list(fields(content))
    return (
        SHOP,
        Param(
            "limit",
            schema={"type": "integer", "minimum": 0, "default": DEFAULT_LIMIT},
            about=f"Rows of a page, {MOST} at most. 0 means {DEFAULT_LIMIT}.",
            example=DEFAULT_LIMIT,
        ),
        Param(
            "offset",
            schema={"type": "integer", "minimum": 0, "default": 0},
            about="Rows to pass over.",
            example=0,
        ),
        Param(
            "cursor",
            about="Empty for the first page, then `pagination.nextCursor` until it is empty, with"
            " the same filters, sort and direction. A row that is there all along comes exactly"
            " once, and the last page costs what the first does. Only a row whose sort value"
            " changes meanwhile moves, before or behind the place reached: the id, the default,"
            " never changes. Not together with `offset`.",
        ),
        FIELDS,
        Param(
            "sort",
            schema={"type": "string", "enum": names, "default": "id"},
            about="Numbers come before texts, and nothing last. Of a text, the first"
            f" {SORTED_BY} characters count.",
        ),
        Param(
            "direction",
            schema={"type": "string", "enum": ["asc", "desc"], "default": "asc"},
            about="In any case.",
        ),
        *(_filter(wanted) for wanted in parameters(content).values()),
        conditional.PARAM,
    )


def _filter(wanted: Filter) -> Param:
    kind = "boolean" if wanted.field.compare is Compare.BOOL else "string"
    side = {
        "": f"Rows whose {wanted.field.name} equals this.",
        "Start": f"Rows from this {wanted.field.name} on, itself included.",
        "End": f"Rows up to this {wanted.field.name}, itself included.",
    }
    return Param(
        wanted.name,
        schema={"type": kind},
        about=f"{side[wanted.end]} {FORMS[wanted.field.compare]}",
    )


def item_params(content: Content) -> tuple[Param, ...]:
    if content.singleton:
        return (SHOP, FIELDS, conditional.PARAM)
    row_id = Param("id", "path", about="The row's id, as in the list.", example=_sample_id(content))
    return (SHOP, row_id, FIELDS, conditional.PARAM)


def _sample_id(content: Content) -> str:
    return "-".join(str(n) for n, _ in enumerate(content.shape.key, 1))


def _shown(content: Content) -> list[Field]:
    return [field for field in fields(content).values() if field.shown]


def row_schema(content: Content) -> Schema:
    return {
        "type": "object",
        "title": pascal(content),
        "description": "All of these, and properties that this version does not know; with"
        " `fields`, those asked for.",
        "required": ["id"],
        "properties": {field.name: _property(content, field) for field in _shown(content)},
        "additionalProperties": True,
    }


def _property(content: Content, field: Field) -> Schema:
    made: Schema = {"type": field.api.value}
    if field.api is Api.INTEGER:
        made["format"] = "int64"
    elif field.compare is Compare.TIME:
        made["format"] = "date-time"
    if field.nullable:
        made["nullable"] = True
    if field.name in MEANINGS:
        made["description"] = MEANINGS[field.name]
    known = {p.camel: p for p in content.properties}.get(field.name)
    if known is not None and known.base64:
        made["description"] = "As text: the base64 of the upload is decoded."
    return made


def list_schema(content: Content) -> Schema:
    page: Schema = {name: {"type": "integer"} for name in ("offset", "limit")}
    page["nextCursor"] = {
        "type": "string",
        "description": "The `cursor` of the page behind this one; empty when nothing is.",
    }
    ways = {name: {"type": "string"} for name in ("first", "last", "prev", "next")}
    return _envelope(
        content,
        total={"type": "integer", "description": "Rows that match, over all pages."},
        pagination={"type": "object", "required": list(page), "properties": page},
        links={
            "type": "object",
            "description": "Other pages, empty where there is none; by cursor, first and next.",
            "required": list(ways),
            "properties": ways,
        },
        items={"type": "array", "items": row_schema(content)},
    )


def item_schema(content: Content) -> Schema:
    return _envelope(content, item=row_schema(content))


def _envelope(content: Content, **members: Schema) -> Schema:
    kind = {"type": "string", "enum": [content.path]}
    return {
        "type": "object",
        "required": ["kind", *members],
        "properties": {"kind": kind, **members},
    }


def row_example(content: Content) -> dict[str, Any]:
    made = {field.name: _sample(field) for field in _shown(content)}
    made["id"] = _sample_id(content)
    return made


def _sample(field: Field) -> Any:
    value = SAMPLES.get(field.name, BY_COMPARE[field.compare])
    if value is None or field.api is Api.BOOLEAN:
        return value
    if field.api is Api.STRING:
        return str(value)
    return value if not isinstance(value, str) else BY_COMPARE[field.compare]


def list_example(content: Content) -> dict[str, Any]:
    return {
        "kind": content.path,
        "total": 1,
        "pagination": {"offset": 0, "limit": DEFAULT_LIMIT, "nextCursor": ""},
        "links": {
            **{name: _page_link(content) for name in ("first", "last")},
            "prev": "",
            "next": "",
        },
        "items": [row_example(content)],
    }


def _page_link(content: Content) -> str:
    path = f"/raw/v1/{SHOP_ID}/{content.path}"
    return f"https://comptoir.example{path}?limit={DEFAULT_LIMIT}&offset=0"


def item_example(content: Content) -> dict[str, Any]:
    return {"kind": content.path, "item": row_example(content)}
