"""What the Raw API must answer, worked out from the captured payloads and catalogue.json alone.

Written apart from the product: nothing here imports it. Rules: spec/rawapi.md §5, §6, §11 to §13.
"""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tests.fixtures import captured, shared

Json = dict[str, Any]
COMMON = ("id", "shopId", "createdAt", "updatedAt", "lastSyncedAt")
GONE = ("deleted", "deletedAt")
SHOW_GONE = ("carriers", "categories", "currencies", "customers", "products")
MADE_ROWS = 24


@cache
def contents() -> dict[str, Json]:
    """The contents of catalogue.json by path; a singleton is `shop`."""
    found = json.loads((shared() / "spec" / "catalogue.json").read_text("utf-8"))
    return {c["path"]: c for c in found["collections"]}


LISTS = [path for path, content in contents().items() if path != "shop"]


def by_name(collection: str) -> Json:
    return next(c for c in contents().values() if c["wire_collection"] == collection)


def json_type(content: Json, camel: str) -> str:
    """The JSON type that catalogue.json asks for."""
    for prop in content["properties"].values():
        if prop["camelName"] == camel:
            return str(prop["json_type"])
    return "boolean" if camel == "deleted" else "string"


def shown(content: Json) -> set[str]:
    """The keys of a row."""
    names = {p["camelName"] for p in content["properties"].values() if not p.get("suspect")}
    names.update(COMMON)
    if content["path"] in SHOW_GONE:
        names.update(GONE)
    return names


# --- the captured payloads


@cache
def captured_records(version: str) -> list[Json]:
    return [
        record
        for file in captured("eventbus", version).values()
        for record in json.loads(file.read_text("utf-8"))
    ]


def captured_lines(version: str) -> Iterator[bytes]:
    for record in captured_records(version):
        yield json.dumps(record).encode()


def expected(version: str) -> dict[str, dict[str, Json]]:
    """Path → row id → the properties as the Raw API shows them."""
    records = captured_records(version)
    zone = next(r["properties"]["timezone"] for r in records if r["collection"] == "shops")
    found: dict[str, dict[str, Json]] = {}
    orders = {r["properties"]["id_order"]: r for r in records if r["collection"] == "orders"}
    for record in records:
        content = by_name(record["collection"])
        sent = record["properties"]
        row = expected_row(content, sent, ZoneInfo(zone))
        if content["path"] == "order-status-history":
            order = orders.get(sent["id_order"])
            for name in ("total_paid_tax_excl", "refund_tax_excl"):
                value = order["properties"][name] if order else None
                row[content["properties"][name]["camelName"]] = plain(value)
        found.setdefault(content["path"], {})[row_id(content, sent)] = row
    return found


def row_id(content: Json, sent: Json) -> str:
    if content["path"] == "shop":
        return "1"
    text = "-".join(str(sent[name]) for name in content["key"] if sent.get(name) is not None)
    return "".join(
        c if c.isascii() and (c.isalnum() or c in "-_") else "." + c.encode().hex().upper()
        for c in text
    )


def expected_row(content: Json, sent: Json, zone: ZoneInfo) -> Json:
    row = {}
    for name, prop in content["properties"].items():
        if prop.get("suspect"):
            continue
        if prop["upload_type"] is None:
            value = made_here(content, name, sent)
        else:
            value = shown_value(prop, sent.get(name), zone)
        row[prop["camelName"]] = value
    return row


def shown_value(prop: Json, value: Any, zone: ZoneInfo) -> Any:
    if value is None:
        return None
    if prop["type"] == "datetime":
        return time(value, zone)
    if prop["type"] == "json":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""
    if prop.get("base64"):
        return base64.b64decode(value).decode("utf-8")
    kind = prop["json_type"]
    if kind == "boolean":
        return value in (True, 1, "1", "true")
    if kind == "integer":
        return None if value == "" else int(float(value))
    if kind == "number":
        return None if value == "" else plain(float(value))
    if value is False and prop["upload_type"] == "string":
        return None  # a setting that the shop does not have
    return str(plain(value)) if not isinstance(value, str) else value


def plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value == int(value) else value


def time(value: str, zone: ZoneInfo) -> str | None:
    if not value or value.startswith("0000-00-00"):
        return None
    if len(value) == 10:
        at = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=zone)
    elif len(value) == 19 and value[10] == " ":  # without an offset it is the store's own time
        at = datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    else:
        at = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def made_here(content: Json, name: str, sent: Json) -> Any:
    """The 25 fields that no store sends."""
    templates = {
        "id_bundle_product": "{id_bundle}-{id_product}-{id_product_attribute}",
        "carrier_details_unique_id": "{id_reference}-{id_zone}-{shipping_method}-{id_range}",
        "carrier_taxes_unique_id": "{id_reference}-{id_zone}-{id_range}-{country_id}",
        "id_custom_product_carrier": "{id_product}-{id_carrier_reference}",
    }
    if name in templates:
        return templates[name].format(**sent)
    if name == "id_category_default_bigint":
        return int(sent["id_category_default"])
    if name == "available_date_legacy":
        return sent["available_date"]
    if name == "deleted":
        return False
    if name == "language_changed_count":
        return 0
    return None


# --- rows made for every content


def made_lines(count: int) -> Iterator[bytes]:
    for content in contents().values():
        for number in range(1, 2 if content["path"] == "shop" else count + 1):
            yield made_line(content, number)


def made_line(content: Json, number: int, **changes: Any) -> bytes:
    sent = {
        name: made_value(content, name, prop, number)
        for name, prop in content["properties"].items()
        if prop["upload_type"] is not None
    }
    record = {"action": "upsert", "collection": content["wire_collection"]}
    return json.dumps({**record, "properties": {**sent, **changes}}).encode()


def made_value(content: Json, name: str, prop: Json, number: int) -> Any:
    """A value of row `number`: half of what can be null is null every fifth row."""
    key = name in content["key"]
    if prop.get("nullable") and not key and number % 5 == 0:
        return None
    kind, wire = prop["type"], prop["upload_type"]
    if kind == "datetime":
        return _made_time(wire, number)
    if kind == "bool":
        return number % 3 == 0
    if kind == "json":
        return {"Colour": f"blue {number}", "Größe": "1/2"} if number % 2 else ""
    if kind == "float":
        value: Any = number * 1.25
        return f"{value:.6f}" if wire == "decimal-string" else plain(value)
    if kind == "int" or prop["json_type"] == "integer" or wire == "int":
        return str(number) if wire == "string" else number
    if kind == "decimal-string":
        return number + 0.5
    if prop.get("base64"):
        return base64.b64encode(f"<p>Größe {number}</p>".encode()).decode()
    if name == "timezone":
        return "Europe/Paris"
    if name.startswith("id_") or key:
        return str(number)
    return f"{name} {number}"


def _made_time(wire: str, number: int) -> str:
    at = datetime(2024, 7, 16, 15, 33, 56) + timedelta(days=number, hours=number)
    if wire == "string":  # available_date
        return at.strftime("%Y-%m-%d") if number % 2 else "0000-00-00"
    return at.strftime("%Y-%m-%dT%H:%M:%S+0200")
