"""Pages of the Raw API: limit, offset, links, totals, and rows that change while one reads."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import SLICE
from tests.contract.raw_reference import LISTS, MADE_ROWS, by_name, made_line
from tests.contract.raw_world import World, world


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with world(request.param, tmp_path_factory.mktemp("raw")) as made:
        yield made


def fresh(there: World, name: str, path: str = "orders", count: int = 30) -> str:
    """A store of its own with `count` rows of one content."""
    there.add_shop(name)
    there.consent(name, "acme_all")
    content = by_name(path.replace("-", "_"))
    there.ingest(name, [made_line(content, n) for n in range(1, count + 1)])
    return name


@pytest.mark.parametrize("path", LISTS)
def test_the_envelope_of_every_list(there: World, path: str) -> None:
    found = there.page("made", path)

    assert list(found) == ["kind", "total", "pagination", "links", "items"]
    assert found["kind"] == path
    assert found["total"] == MADE_ROWS
    cursor = found["pagination"].pop("nextCursor")
    assert cursor and found["pagination"] == {"offset": 0, "limit": 10}
    assert len(found["items"]) == 10


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list(there: World, path: str) -> None:
    found = there.page("empty", path)

    assert found == {
        "kind": path,
        "total": 0,
        "pagination": {"offset": 0, "limit": 10, "nextCursor": ""},
        "links": {"first": "", "last": "", "prev": "", "next": ""},
        "items": [],
    }


@pytest.mark.parametrize(
    ("asked", "limit", "rows"),
    [
        ({}, 10, 10),
        ({"limit": "0", "offset": "0"}, 10, 10),
        ({"limit": ""}, 10, 10),
        ({"limit": "7"}, 7, 7),
        ({"limit": "2e+01"}, 20, 20),
        ({"limit": "1000"}, 1000, MADE_ROWS),
        ({"limit": "1001"}, 1000, MADE_ROWS),
        ({"limit": "999999999"}, 1000, MADE_ROWS),
        ({"offset": "20"}, 10, 4),
        ({"offset": "24"}, 10, 0),
        ({"offset": "9000000000000000000"}, 10, 0),
    ],
)
def test_limit_and_offset(there: World, asked: dict[str, str], limit: int, rows: int) -> None:
    found = there.page("made", "orders", **asked)

    assert found["pagination"]["limit"] == limit
    assert found["total"] == MADE_ROWS
    assert len(found["items"]) == rows


def test_links_lead_through_all_rows(there: World) -> None:
    asked = {"limit": 5, "sort": "reference", "direction": "desc", "isPaid": "false"}
    whole = there.ids("made", "orders", **{**asked, "limit": 1000})
    first = there.page("made", "orders", **asked)
    forward = follow(there, first, "next")
    last = there.get(relative(first["links"]["last"])).json
    backward = follow(there, last, "prev")

    assert [row["id"] for page in forward for row in page["items"]] == whole
    assert forward[-1] == last
    assert backward[-1] == forward[0] == first
    assert [p["links"]["next"] == "" for p in forward] == [False] * (len(forward) - 1) + [True]
    assert first["links"]["prev"] == ""
    for link in first["links"].values():
        if link:
            parts = urlsplit(link)
            assert link.startswith(there.context.settings.base + "/raw/v1/")
            query = parse_qs(parts.query)
            assert {k: query[k] for k in ("limit", "sort", "direction", "isPaid")} == {
                "limit": ["5"],
                "sort": ["reference"],
                "direction": ["desc"],
                "isPaid": ["false"],
            }


def relative(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def follow(there: World, page: dict[str, Any], way: str) -> list[dict[str, Any]]:
    pages = [page]
    while pages[-1]["links"][way]:
        pages.append(there.get(relative(pages[-1]["links"][way])).json)
    return pages


def test_links_beyond_the_end_lead_back(there: World) -> None:
    links = there.page("made", "orders", offset=500, limit=10)["links"]

    assert links["next"] == ""
    assert links["prev"] == links["last"]
    assert "offset=20" in links["last"]
    assert "offset=0" in there.page("made", "orders", offset=3)["links"]["prev"]


@pytest.mark.parametrize("asked", [{}, {"sort": "name"}, {"sort": "updatedAt"}])
def test_pages_of_equal_rows_neither_repeat_nor_skip(there: World, asked: dict[str, str]) -> None:
    shop = fresh(there, f"equal {asked}", "manufacturers", 0)
    line = by_name("manufacturers")
    there.ingest(
        shop, [made_line(line, 1, id_manufacturer=n, id_lang=1, name="same") for n in range(47)]
    )
    seen = []
    for offset in range(0, 60, 6):
        found = there.page(shop, "manufacturers", limit=6, offset=offset, **asked)
        assert found["total"] == 47
        seen += [row["id"] for row in found["items"]]

    assert len(seen) == len(set(seen)) == 47


def test_updates_between_pages_move_no_row(there: World) -> None:
    """Every row is changed, in an order of its own, while a reader goes from page to page."""
    shop = fresh(there, "changing")
    order = by_name("orders")
    seen = []
    for offset in range(0, 30, 5):
        page = there.page(shop, "orders", limit=5, offset=offset)
        assert page["total"] == 30
        seen += [row["id"] for row in page["items"]]
        there.clock.advance(timedelta(seconds=7))
        changed = [
            made_line(order, n, reference=f"r{offset}-{n}") for n in range(30 - offset, 0, -3)
        ]
        there.ingest(shop, changed)

    assert seen == [str(n) for n in range(1, 31)]
    assert there.page(shop, "orders", reference="r25-5")["total"] == 1


def test_a_new_row_takes_its_place_by_id(there: World) -> None:
    """Rows get higher ids in the shop: a new one comes behind the pages already read."""
    shop = fresh(there, "growing", count=12)
    first = [row["id"] for row in there.page(shop, "orders", limit=6)["items"]]
    there.ingest(shop, [made_line(by_name("orders"), 13)])
    rest = [row["id"] for row in there.page(shop, "orders", limit=7, offset=6)["items"]]

    assert [*first, *rest] == [str(n) for n in range(1, 14)]


def test_going_on_from_the_last_id_skips_nothing_when_rows_go(there: World) -> None:
    """`idStart` includes the row it names, and goes by the order of the list: 9 before 10."""
    shop = fresh(there, "shrinking", "employees", 30)
    seen: list[str] = []
    while True:
        asked = {"idStart": seen[-1]} if seen else {}
        page = [row["id"] for row in there.page(shop, "employees", limit=6, **asked)["items"]]
        if page[-1:] == seen[-1:]:
            break
        seen += [identifier for identifier in page if identifier not in seen[-1:]]
        there.ingest(shop, [deletion("employees", seen[0]), deletion("employees", seen[-2])])

    assert seen == [str(n) for n in range(1, 31)]


def deletion(collection: str, identifier: str) -> bytes:
    record = {"action": "delete", "collection": collection, "properties": {"id": identifier}}
    return json.dumps(record).encode()


def test_an_incremental_reader_goes_by_updated_or_synced(there: World) -> None:
    shop = fresh(there, "synced", "stocks", 4)
    before = there.page(shop, "stocks")["items"][0]["lastSyncedAt"]
    there.clock.advance(timedelta(seconds=1))
    there.ingest(shop, [made_line(by_name("stocks"), 3, quantity=99)])
    found = there.page(shop, "stocks", sort="lastSyncedAt", direction="desc", limit=1)["items"][0]

    assert found["id"] == "3"
    assert found["updatedAt"] == found["lastSyncedAt"] > before == found["createdAt"]
    assert there.ids(shop, "stocks", lastSyncedAtStart=found["lastSyncedAt"]) == ["3"]
    assert there.ids(shop, "stocks", lastSyncedAtEnd=before) == ["1", "2", "4"]
