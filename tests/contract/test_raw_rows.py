"""Rows of the Raw API: every property of the captured payloads, of the right JSON type."""

import json
import re
from collections.abc import Iterator
from typing import Any, Self

import pytest

from tests.conftest import ENGINES
from tests.contract.raw_reference import (
    LISTS,
    SHOW_GONE,
    by_name,
    captured_lines,
    captured_records,
    contents,
    expected,
    json_type,
    shown,
)
from tests.contract.raw_world import VERSIONS, World, world

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


@pytest.fixture(scope="module", params=ENGINES)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with world(request.param, tmp_path_factory.mktemp("raw")) as made:
        yield made


def rows(there: World, shop: str, path: str) -> list[dict[str, Any]]:
    if path == "shop":
        answer = there.get(there.path(shop, path))
        return [answer.json["item"]] if answer.status == 200 else []
    found = there.page(shop, path, limit=1000)
    assert found["kind"] == path
    assert found["total"] == len(found["items"])
    return list(found["items"])


@pytest.mark.parametrize("version", VERSIONS)
def test_every_captured_property_reads_back(there: World, version: str) -> None:
    wanted = expected(version)

    for path in contents():
        found = {row["id"]: row for row in rows(there, version, path)}
        assert found.keys() == wanted.get(path, {}).keys(), path
        for identifier, row in wanted.get(path, {}).items():
            assert {name: found[identifier][name] for name in row} == row, (path, identifier)


def test_the_captured_payloads_are_not_empty() -> None:
    assert {v: len(captured_records(v)) for v in VERSIONS} == {"1.6": 287, "1.7": 337, "8": 360}


def test_a_store_is_upgraded_in_place(there: World) -> None:
    """1.6 payloads, then those of 8: what 8 sends is what shows, whatever 1.6 had sent."""
    there.add_shop("upgraded")
    there.consent("upgraded", "acme_all")
    for version in ("1.6", "8"):
        there.ingest("upgraded", captured_lines(version))

    for path, wanted in expected("8").items():
        found = {row["id"]: row for row in rows(there, "upgraded", path)}
        for identifier, row in wanted.items():
            assert {name: found[identifier][name] for name in row} == row, (path, identifier)


@pytest.mark.parametrize("shop", [*VERSIONS, "made"])
def test_json_types_are_those_of_the_catalogue(there: World, shop: str) -> None:
    for path, content in contents().items():
        for row in rows(there, shop, path):
            names = shown(content)
            assert names <= row.keys(), (path, names - row.keys())
            assert len({name.lower() for name in row}) == len(row), path
            assert row["shopId"] == there.shops[shop]
            for name in names:
                assert fits(row[name], json_type(content, name)), (path, name, row[name])


def fits(value: Any, kind: str) -> bool:
    if value is None:
        return True
    return isinstance(value, KINDS[kind]) and (kind == "boolean") == isinstance(value, bool)


@pytest.mark.parametrize("path", contents())
def test_made_rows_fill_every_field(there: World, path: str) -> None:
    """No field is null in all rows but those that nothing can fill."""
    found = rows(there, "made", path)
    filled = {name for row in found for name, value in row.items() if value is not None}

    empty = {"deletedAt", "saleDate", "lastLanguageChangedAt"}
    assert shown(contents()[path]) - filled <= empty


def test_the_json_type_of_a_field_does_not_depend_on_the_version(there: World) -> None:
    for path in contents():
        kinds: dict[str, set[str]] = {}
        for version in VERSIONS:
            for row in rows(there, version, path):
                for name, value in row.items():
                    if value is not None:
                        kind = "number" if type(value) is float else type(value).__name__
                        kinds.setdefault(name, set()).add(kind)
        for name, seen in kinds.items():
            wanted = json_type(contents()[path], name)
            assert seen <= ({"int", "number"} if wanted == "number" else seen), (path, name)
            assert len(seen) == 1 or wanted == "number", (path, name, seen)


@pytest.mark.parametrize("shop", [*VERSIONS, "made"])
def test_the_go_client_can_decode_every_row(there: World, shop: str) -> None:
    """Its decoder refuses `7.0` and `7e0` for an integer, and any wrong kind (rawapi.md §5)."""
    for path in contents():
        if not contents()[path]["in_go_client"]:
            continue
        where = there.path(shop, path)
        answer = there.get(where) if path == "shop" else there.get(where, limit=1000)
        if answer.status == 404:
            continue
        found = json.loads(answer.text, parse_float=Spelled)
        for row in [found["item"]] if path == "shop" else found["items"]:
            go_decode(contents()[path], row)


class Spelled(float):
    """A number with a fraction or an exponent, and how it was written."""

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str


def go_decode(content: dict[str, Any], row: dict[str, Any]) -> None:
    known = [p for p in content["properties"].values() if "go_type" in p and not p.get("suspect")]
    by_camel = {p["camelName"]: p for p in known}
    for name, value in row.items():
        if value is None or name not in by_camel:
            continue
        kind = by_camel[name]["go_type"].lstrip("*")
        if kind == "string":
            assert isinstance(value, str), (name, value)
        elif kind == "bool":
            assert isinstance(value, bool), (name, value)
        elif isinstance(value, Spelled):
            # A true fraction stays true, even where the client has an integer (rawapi.md §12.2).
            assert kind == "float64" or by_camel[name].get("go_int_only"), (name, value)
            assert not value.is_integer(), f"{name}: a whole number written as {value.text}"
        else:
            assert type(value) is int, (name, value)


def test_times_are_rfc_3339_in_utc(there: World) -> None:
    for shop in (*VERSIONS, "made"):
        for path, content in contents().items():
            times = {
                p["camelName"]
                for p in content["properties"].values()
                if p["type"] == "datetime" and not p.get("suspect")
            }
            for row in rows(there, shop, path):
                for name in times | {"createdAt", "updatedAt", "lastSyncedAt"}:
                    assert row[name] is None or TIME.fullmatch(row[name]), (path, name, row[name])
                assert row["lastSyncedAt"] == "2026-01-31T09:00:00.250Z"


@pytest.mark.parametrize("path", LISTS)
def test_a_single_item_equals_its_row_in_the_list(there: World, path: str) -> None:
    for row in there.page("made", path, limit=3)["items"]:
        answer = there.get(there.path("made", path, row["id"]))

        assert answer.status == 200
        assert answer.json == {"kind": path, "item": row}


def test_ids_can_stand_in_a_path(there: World) -> None:
    for shop in (*VERSIONS, "made"):
        for path in LISTS:
            for row in rows(there, shop, path):
                assert re.fullmatch(r"[A-Za-z0-9._-]+", row["id"]), (path, row["id"])


def test_without_dates_of_the_shop_the_rows_own_dates_show(there: World) -> None:
    at = "2026-01-31T09:00:00.250Z"
    for row in rows(there, "made", "stocks"):
        assert (row["createdAt"], row["updatedAt"]) == (at, at)
    for row in rows(there, "made", "cart-products"):
        assert row["updatedAt"] == at != row["createdAt"]
    assert {row["createdAt"] for row in rows(there, "made", "products")} >= {None}


def test_only_five_collections_show_what_is_deleted(there: World) -> None:
    for path in LISTS:
        row = rows(there, "made", path)[0]
        assert ("deletedAt" in row) == (path in SHOW_GONE), path


def test_unknown_properties_show_as_they_came(there: World) -> None:
    shop = "odd"
    if shop not in there.shops:
        there.add_shop(shop)
        there.consent(shop, "acme_all")
    line = json.loads(made_cart(1))
    line["properties"] |= {
        "new_thing": {"a_b": [1, 2.0, None]},
        "NEW_thing": "hidden by the first of this name",
        "id": "v3 sends one",
        "shop_id": 5,
        "idCart": 7,
        "text": "é",
    }
    text = json.dumps(line).replace('"é"', '"\\ud800"')
    there.ingest(shop, [text.encode()])

    (row,) = rows(there, shop, "carts")

    assert row["newThing"] == {"a_b": [1, 2.0, None]}
    assert (row["id"], row["idCart"], row["shopId"]) == ("1", "1", there.shops[shop])
    assert "NEWThing" not in row
    assert len({name.lower() for name in row}) == len(row)


def made_cart(number: int) -> bytes:
    from tests.contract.raw_reference import made_line

    return made_line(by_name("carts"), number)
