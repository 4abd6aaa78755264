"""Filters, ranges and sort of every list, against the rows that the list itself shows."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

from tests.conftest import SLICE
from tests.contract.raw_reference import LISTS, contents, json_type, shown
from tests.contract.raw_world import World, world

Row = dict[str, Any]
ROW_IDS = ("id", "carrierDetailsUniqueId", "carrierTaxesUniqueId", "idCustomProductCarrier")
"""They sort, and range, as the rows do without `sort`: 9-1 before 10-1."""


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with world(request.param, tmp_path_factory.mktemp("raw")) as made:
        yield made


def is_time(content: dict[str, Any], name: str) -> bool:
    kinds = {p["camelName"]: p["type"] for p in content["properties"].values()}
    return name in ("createdAt", "updatedAt", "lastSyncedAt") or kinds.get(name) == "datetime"


def as_number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def go_spelled(value: Decimal) -> str:
    """A number as Go's shortest float form writes it: 1e+06, 1.2345678925e+08."""
    mantissa, _, exponent = f"{value.normalize():e}".partition("e")
    return f"{mantissa}e{'-' if int(exponent) < 0 else '+'}{abs(int(exponent)):02d}"


def equal(one: Any, other: Any) -> bool:
    a, b = as_number(one), as_number(other)
    return one == other or (a is not None and a == b)


@pytest.mark.parametrize("path", LISTS)
def test_every_field_is_a_filter_by_value(there: World, path: str) -> None:
    rows = there.page("made", path, limit=1000)["items"]
    for name in sorted(shown(contents()[path])):
        present = [row[name] for row in rows if row[name] is not None]
        for value in (*present[:1], *present[-1:]):
            wanted = [row["id"] for row in rows if equal(row[name], value)]
            assert wanted
            assert there.ids("made", path, **{name: spelled(value)}) == wanted, (name, value)
            number = as_number(value)
            if number is not None and name != "shopId":
                asked = {name: go_spelled(number)}
                assert there.ids("made", path, **asked) == wanted, asked


@pytest.mark.parametrize("path", LISTS)
def test_ranges_include_both_ends(there: World, path: str) -> None:
    rows = there.page("made", path, limit=1000)["items"]
    content = contents()[path]
    for name in sorted(shown(content) - {"shopId", *ROW_IDS}):
        present = [row for row in rows if row[name] is not None]
        if json_type(content, name) == "boolean" or not present:
            continue
        value = present[len(present) // 2][name]
        before = [row["id"] for row in present if compare(content, name, row[name], value) <= 0]
        after = [row["id"] for row in present if compare(content, name, row[name], value) >= 0]
        both = [identifier for identifier in before if identifier in after]

        text = spelled(value)
        assert there.ids("made", path, **{f"{name}End": text}) == before, (name, value)
        assert there.ids("made", path, **{f"{name}Start": text}) == after, (name, value)
        assert there.ids("made", path, **{f"{name}Start": text, f"{name}End": text}) == both


def compare(content: dict[str, Any], name: str, one: Any, other: Any) -> int:
    a: Any = one
    b: Any = other
    if is_time(content, name):
        a, b = (datetime.fromisoformat(v) for v in (one, other))
    elif (x := as_number(one)) is not None and (y := as_number(other)) is not None:
        a, b = x, y
    elif isinstance(one, str):
        a, b = one.encode(), str(other).encode()
    return int(a > b) - int(a < b)


@pytest.mark.parametrize("path", LISTS)
def test_every_field_sorts_both_ways(there: World, path: str) -> None:
    rows = there.page("made", path, limit=1000)["items"]
    content = contents()[path]
    by_id = {row["id"]: number for number, row in enumerate(rows)}
    for name in sorted(shown(content)):
        wanted = sorted(rows, key=order(content, name, by_id))
        ids = [row["id"] for row in wanted]

        assert there.ids("made", path, sort=name) == ids, name
        assert there.ids("made", path, sort=name, direction="DESC") == ids[::-1], name


def order(
    content: dict[str, Any], name: str, by_id: dict[str, int]
) -> Callable[[Row], tuple[Any, ...]]:
    """Numbers by value, then texts by their bytes, nothing last; then the row's place by id."""

    def key(row: Row) -> tuple[Any, ...]:
        value = row[name]
        place = by_id[row["id"]]
        if value is None:
            return (2, 0, b"", place)
        if name in ROW_IDS:
            return (0, 0, b"", place)
        if is_time(content, name):
            return (0, datetime.fromisoformat(value), b"", place)
        number = as_number(value)
        if isinstance(value, bool):
            number = Decimal(int(value))
        if number is not None:
            return (0, number, b"", place)
        return (1, 0, value.encode(), place)

    return key


def test_rows_come_by_id_as_numbers_do(there: World) -> None:
    assert there.ids("made", "orders") == [str(n) for n in range(1, 25)]
    assert there.ids("made", "orders", direction="desc") == [str(n) for n in range(24, 0, -1)]


@pytest.mark.parametrize(
    ("path", "asked", "ids"),
    [
        ("orders", {"idOrder": "1.2e+01"}, ["12"]),
        ("orders", {"idOrder": "1.2e 01"}, ["12"]),
        ("orders", {"idOrder": "12.5"}, []),
        ("orders", {"idOrderStart": "11.5", "idOrderEnd": "13.5"}, ["12", "13"]),
        ("orders", {"idOrderStart": "1e+30"}, []),
        ("orders", {"idOrderEnd": "-1e+30"}, []),
        ("orders", {"idOrder": "99999999999999999999"}, []),
        ("orders", {"idOrderStart": "-1e+30", "idOrderEnd": "2"}, ["1", "2"]),
        ("orders", {"id": "1.2e+01"}, ["12"]),
        ("orders", {"idStart": "9", "idEnd": "11"}, ["9", "10", "11"]),
        ("orders", {"isPaid": "true", "idOrderEnd": "6"}, ["3", "6"]),
        ("orders", {"isPaid": "1", "idOrderEnd": "6"}, ["3", "6"]),
        ("orders", {"isPaid": "FALSE", "idOrderEnd": "3"}, ["1", "2"]),
        ("order-details", {"productId": "7e+00"}, ["7"]),
        ("carrier-details", {"delimiter1SEnd": "1.25"}, ["1-1-1-1"]),
        ("carrier-details", {"delimiter2SEnd": "2.5"}, ["1-1-1-1", "2-2-2-2"]),
        ("carrier-details", {"delimiter1": "2.5"}, ["2-2-2-2"]),
        ("carrier-details", {"carrierDetailsUniqueId": "3-3-3-3"}, ["3-3-3-3"]),
        ("products", {"idCategoryDefaultBigint": "4"}, None),
        ("products", {"pricePerUnit": "1.5e+00"}, None),
        ("products", {"availableDateLegacy": "0000-00-00"}, None),
        ("currencies", {"idParent": "1"}, []),
        ("currencies", {"metaTitle": "x"}, []),
        ("carts", {"idCart": "7.0"}, ["7"]),
        ("carts", {"idCartStart": "9", "idCartEnd": "10"}, ["9", "10"]),
        ("carts", {"shopId": "another"}, []),
    ],
)
def test_filters_go_by_value(
    there: World, path: str, asked: dict[str, str], ids: list[str] | None
) -> None:
    found = there.page("made", path, limit=1000, **asked)

    if ids is None:
        (name,) = asked
        assert found["items"]
        for row in found["items"]:
            assert equal(row[name], asked[name]), row[name]
    else:
        assert [row["id"] for row in found["items"]] == ids


def test_the_floats_of_the_go_client_match_string_ids(there: World) -> None:
    """1000000 arrives as 1e+06 for a field that is a string (spec/rawapi.md §4.2)."""
    shop = there.shops.get("large") or there.add_shop("large")
    there.consent("large", "acme_all")
    from tests.contract.raw_reference import by_name, made_line

    there.ingest(
        "large",
        [
            made_line(by_name("order_details"), 1, product_id=1_000_000),
            made_line(by_name("order_details"), 2, product_id=1_000_001),
            made_line(by_name("cart_products"), 1, id_product="1000000"),
            made_line(by_name("cart_products"), 2, id_product="1000001"),
            made_line(by_name("orders"), 1, total_paid_tax_incl=123456789.25),
        ],
    )

    assert shop
    assert there.ids("large", "order-details", productId="1e+06") == ["1"]
    assert there.ids("large", "cart-products", idProduct="1e+06") == ["1"]
    assert there.ids("large", "orders", totalPaidTaxIncl="1.2345678925e+08") == ["1"]


def test_times_match_at_the_precision_shown(there: World) -> None:
    row = there.page("made", "orders", limit=1)["items"][0]
    at = datetime.fromisoformat(row["updatedAt"])
    first = there.ids("made", "orders", updatedAt=row["updatedAt"])
    paris = (at + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S")

    assert first == [row["id"]]
    for text in (
        f"{paris}+02:00",
        f"{paris}+0200",
        f"{paris} 02:00",
        f"{paris}.000+02:00",
        paris.replace("T", " ") + "+02:00",
    ):
        assert there.ids("made", "orders", updatedAt=text) == first, text
    just_after = (at + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
    assert there.ids("made", "orders", updatedAt=just_after) == []
    assert row["id"] not in there.ids("made", "orders", updatedAtStart=just_after)

    synced = row["lastSyncedAt"]
    assert synced.endswith(".250Z")
    everything = there.ids("made", "orders")
    assert there.ids("made", "orders", lastSyncedAt=synced) == everything
    for end in ("Start", "End"):
        assert there.ids("made", "orders", **{f"lastSyncedAt{end}": synced}) == everything
    assert there.ids("made", "orders", lastSyncedAtEnd="2026-01-31T09:00:00Z") == []
    assert there.ids("made", "orders", lastSyncedAtStart="2026-01-31T09:00:00Z") == everything


def test_a_bare_day_is_the_whole_day_in_utc(there: World) -> None:
    everything = there.ids("made", "orders")

    assert there.ids("made", "orders", lastSyncedAt="2026-01-31") == everything
    assert there.ids("made", "orders", lastSyncedAt="2026-01-30") == []
    assert there.ids("made", "orders", lastSyncedAtStart="2026-01-31") == everything
    assert there.ids("made", "orders", lastSyncedAtEnd="2026-01-31") == everything
    assert there.ids("made", "orders", lastSyncedAtStart="2026-02-01") == []
    assert there.ids("made", "orders", lastSyncedAtEnd="2026-01-30") == []


def test_the_raw_day_of_availability(there: World) -> None:
    rows = there.page("made", "products", limit=1000)["items"]
    without = [r["id"] for r in rows if r["availableDateLegacy"] == "0000-00-00"]
    days = sorted({r["availableDateLegacy"] for r in rows} - {"0000-00-00"})

    assert without and days
    assert there.ids("made", "products", availableDateLegacy="0000-00-00") == without
    assert there.ids("made", "products", availableDateLegacyEnd="0000-00-00") == without
    assert there.ids("made", "products", availableDateLegacyStart="0000-00-00") == [
        r["id"] for r in rows
    ]
    assert there.ids("made", "products", availableDateLegacyStart=days[-1]) == [
        r["id"] for r in rows if r["availableDateLegacy"] == days[-1]
    ]


def test_texts_that_look_like_numbers_sort_as_numbers(there: World) -> None:
    """Numbers before texts, nothing last; the same on both engines."""
    shop = "texts"
    if shop not in there.shops:
        there.add_shop(shop)
        there.consent(shop, "acme_all")
    from tests.contract.raw_reference import by_name, made_line

    texts = ["10", "9", "-5", "-.5", "1e3", "--5", "é", "Z", "a", "", " 1", "007", "9" * 400, None]
    texts += ["1.5.2", "٣", "1-2", "+1", ".", "-"]
    there.ingest(
        shop,
        [made_line(by_name("themes"), n, name=text) for n, text in enumerate(texts)],
    )
    numbers = ["-5", "-.5", "007", "9", "10"]
    others = sorted((t for t in texts if t is not None and t not in numbers), key=str.encode)

    found = there.page(shop, "themes", sort="name", limit=1000)["items"]
    assert [row["name"] for row in found] == [*numbers, *others, None]
    back = there.page(shop, "themes", sort="name", direction="Desc", limit=1000)["items"]
    assert [row["name"] for row in back] == [None, *others[::-1], *numbers[::-1]]

    named = {row["id"]: row["name"] for row in found}
    for asked, wanted in (
        ({"name": "7"}, {"007"}),
        ({"name": "9e+00"}, {"9"}),
        ({"name": "9" * 400}, {"9" * 400}),
        ({"name": ""}, {""}),
        ({"name": "é"}, {"é"}),
        ({"name": "--5"}, {"--5"}),
        ({"nameEnd": "9", "nameStart": "-1"}, {"-.5", "007", "9", ".", "1-2", "1.5.2", "1e3"}),
    ):
        got = {named[i] for i in there.ids(shop, "themes", **asked)}
        assert got == wanted, asked
