"""Walks by cursor: every row that is there all along comes once, whatever else happens."""

import base64
import json
import random
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from comptoir.cloudsync.raw import filters, query
from comptoir.cloudsync.raw.cursors import Place
from comptoir.prestashop.catalogue import catalogue
from tests.conftest import SLICE, VERIFY
from tests.contract.raw_reference import LISTS, MADE_ROWS, by_name, contents, made_line, shown
from tests.contract.raw_world import World, small_world
from tests.contract.test_raw_pages import deletion, fresh, relative

PLAIN = re.compile(r"[A-Za-z0-9_-]+")


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with small_world(request.param, tmp_path_factory.mktemp("raw")) as made:
        yield made


def walk(there: World, shop: str, path: str, **asked: Any) -> list[dict[str, Any]]:
    """The pages from the first to the last, by `nextCursor`."""
    pages = [there.listed(shop, path, **asked, cursor="")]
    while cursor := pages[-1]["pagination"]["nextCursor"]:
        assert len(pages) < 100
        pages.append(there.listed(shop, path, **asked, cursor=cursor))
    return pages


def ids(pages: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for page in pages for row in page["items"]]


@pytest.mark.parametrize("path", LISTS)
def test_a_walk_meets_the_rows_of_the_list_in_its_order(there: World, path: str) -> None:
    """By every field, nulls among them; `make verify` goes by each of them both ways."""
    for number, name in enumerate(sorted(shown(contents()[path]))):
        for direction in ("asc", "desc") if VERIFY else (("asc", "desc")[number % 2],):
            asked = {"sort": name, "direction": direction, "fields": "id"}
            pages = walk(there, "made", path, limit=9, **asked)

            assert ids(pages) == ids([there.listed("made", path, limit=1000, **asked)]), asked
            assert [len(page["items"]) for page in pages] == [9, 9, 6]
            assert {page["total"] for page in pages} == {MADE_ROWS}


def test_a_page_by_cursor(there: World) -> None:
    asked = {"limit": 10, "isPaid": "false", "sort": "reference"}
    first = there.page("made", "orders", **asked, cursor="")
    cursor = first["pagination"]["nextCursor"]
    last = there.page("made", "orders", **asked, cursor=cursor)

    assert PLAIN.fullmatch(cursor)
    assert first["pagination"] == {"offset": 0, "limit": 10, "nextCursor": cursor}
    assert first["links"].keys() == {"first", "last", "prev", "next"}
    assert there.get(relative(first["links"]["next"])).json == last
    assert there.get(relative(last["links"]["first"])).json == first
    assert last["pagination"]["nextCursor"] == last["links"]["next"] == ""
    assert first["links"]["prev"] == last["links"]["prev"] == last["links"]["last"] == ""
    assert ids([first, last]) == there.ids("made", "orders", **asked | {"limit": 1000})


def test_from_offsets_to_cursors(there: World) -> None:
    """A page by offset tells the cursor of the next one, whose limit may be another."""
    page = there.page("made", "orders", limit=5, offset=10)
    rest = there.page("made", "orders", limit=50, cursor=page["pagination"]["nextCursor"])

    assert "offset=15" in page["links"]["next"]
    assert ids([rest]) == [str(n) for n in range(16, 25)]
    for edge in ({"limit": 24}, {"limit": 4, "offset": 20}, {"offset": 500}):
        assert there.page("made", "orders", **edge)["pagination"]["nextCursor"] == ""
    assert there.page("made", "orders", limit=23)["pagination"]["nextCursor"] != ""


def test_texts_that_are_alike_for_long(there: World) -> None:
    """A cursor holds 200 characters of a text; the rest does not count in the order."""
    shop = fresh(there, "long", "manufacturers", 0)
    texts = ["é" * 199 + end for end in "ba"] + ["é" * 200 + end for end in "dcbax"]
    texts += ["9" * 40, "9" * 41, "-0", "0", "0.0", "", "é", None, None, "x" * 100_000]
    kind = by_name("manufacturers")
    numbered = list(enumerate(texts, 1))
    there.ingest(
        shop, [made_line(kind, 1, id_manufacturer=n, id_lang=1, name=text) for n, text in numbered]
    )
    for direction in ("asc", "desc"):
        asked = {"sort": "name", "direction": direction, "limit": 2}
        pages = walk(there, shop, "manufacturers", **asked)
        assert ids(pages) == there.ids(shop, "manufacturers", **asked | {"limit": 1000})
        assert len(ids(pages)) == len(texts)
        assert all(len(p["pagination"]["nextCursor"]) < 2000 for p in pages)


def test_a_cursor_tells_nobody_what_is_in_the_row(there: World) -> None:
    page = there.page("made", "orders", sort="reference", limit=3)
    cursor = page["pagination"]["nextCursor"]
    sealed = base64.urlsafe_b64decode(cursor[1:] + "==")

    assert page["items"][2]["reference"] == "reference 12"
    assert b"reference" not in sealed


def refused(there: World, path: str, **asked: Any) -> None:
    answer = there.get(path, **asked)
    assert (answer.status, answer.json["error"]) == (400, "cloudsync.parameter_invalid")
    assert "'cursor'" in answer.json["message"]
    assert "same filters, sort and direction" in answer.json["message"]


def test_a_cursor_serves_the_list_that_it_was_made_for(there: World) -> None:
    asked = {"isPaid": "false", "idOrderStart": "2", "sort": "reference", "direction": "desc"}
    where = there.path("made", "orders")
    cursor = there.page("made", "orders", **asked, limit=3)["pagination"]["nextCursor"]

    backwards = dict(reversed(list(asked.items())))
    assert there.get(where, **backwards, limit=9, fields="id", cursor=cursor).status == 200
    for other in (
        {"isPaid": "true"},
        {"isPaid": None},
        {"idOrderStart": "3"},
        {"idOrderEnd": "2"},
        {"sort": "id"},
        {"sort": None},
        {"direction": "asc"},
    ):
        changed = {n: v for n, v in (asked | other).items() if v is not None}
        refused(there, where, **changed, cursor=cursor)
    plain = there.page("made", "products")["pagination"]["nextCursor"]
    assert there.get(there.path("made", "products"), cursor=plain).status == 200
    refused(there, there.path("partly", "products"), cursor=plain)
    refused(there, there.path("made", "carts"), cursor=plain)


def test_orders_beside_status_lines_may_be_withdrawn_meanwhile(there: World) -> None:
    asked = {"sort": "totalPaidTaxExcl", "limit": 5}
    cursor = there.page("made", "order-status-history", **asked)["pagination"]["nextCursor"]

    assert there.page("made", "order-status-history", **asked, cursor=cursor)["items"]
    there.ingest("partly", [made_line(by_name("order_status_history"), n) for n in range(1, 9)])
    refused(there, there.path("partly", "order-status-history"), **asked, cursor=cursor)
    assert len(ids(walk(there, "partly", "order-status-history", **asked))) == 8


def test_with_an_offset_it_is_refused(there: World) -> None:
    for offset in ("0", "5"):
        answer = there.get(there.path("made", "orders"), cursor="", offset=offset)
        assert (answer.status, answer.json["error"]) == (400, "cloudsync.parameter_invalid")
        assert "no offset beside a cursor" in answer.json["message"]
    assert there.get(there.path("made", "orders"), cursor="", offset="").status == 200


@given(
    st.text(st.characters(codec="utf-8"), max_size=90)
    | st.text(st.sampled_from("1AZaz09_-=%/+"), max_size=90)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_is_refused(there: World, text: str) -> None:
    assume(text.strip())
    refused(there, there.path("made", "orders"), cursor=text)


def test_a_changed_cursor_is_refused(there: World) -> None:
    cursor = there.page("made", "orders", sort="reference")["pagination"]["nextCursor"]
    where = there.path("made", "orders")
    assert there.get(where, sort="reference", cursor=cursor).status == 200
    drawn = random.Random(5)
    for at in range(len(cursor)):
        changed = cursor[:at] + drawn.choice("ABCxyz0189_-".replace(cursor[at], ""))
        refused(there, where, sort="reference", cursor=changed + cursor[at + 1 :])
    for changed in (cursor[:-1], cursor + "A", cursor + "=", cursor + "\n!", "2" + cursor[1:]):
        refused(there, where, sort="reference", cursor=changed)
    refused(there, where, sort="reference", cursor="1" + "A" * 20_000)


STEADY = ["id", "idOrder", "invoiceDate", "createdAt", "isPaid", "totalPaidTaxIncl"]
"""What nothing below changes of a row that stays."""
plans = st.tuples(
    st.sampled_from(STEADY),
    st.sampled_from(["asc", "desc"]),
    st.integers(3, 9),
    st.lists(
        st.lists(st.tuples(st.sampled_from(["new", "change", "end"]), st.integers(0, 60))),
        max_size=9,
    ),
)
SHOPS = iter(range(10**6))


def order_line(number: int, note: str) -> bytes:
    changes: dict[str, Any] = {"reference": note, "is_paid": number % 2 == 0}
    changes["total_paid_tax_incl"] = None if number % 4 == 0 else float(number % 3)
    changes["invoice_date"] = None if number % 3 == 0 else f"2026-01-{number % 5 + 1:02} 10:00:00"
    return made_line(by_name("orders"), number, **changes)


@given(plans)
@settings(
    max_examples=200 if VERIFY else 12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_happens_rows_that_stay_come_once(there: World, plan: Any) -> None:
    """Between pages rows come, change and go; only what the walk sorts by stays as it is."""
    sort, direction, limit, between = plan
    shop = f"walked {next(SHOPS)}"
    there.add_shop(shop)
    there.consent(shop, "acme_all")
    present = set(range(0, 60, 2))
    there.ingest(shop, [order_line(n, "first") for n in sorted(present)])
    stayed = set(present)
    asked = {"sort": sort, "direction": direction, "limit": limit, "fields": "id"}
    pages = [there.listed(shop, "orders", **asked, cursor="")]
    steps = iter(between)
    while cursor := pages[-1]["pagination"]["nextCursor"]:
        there.clock.advance(timedelta(seconds=3))
        lines = []
        for what, number in next(steps, []):
            if what == "end":
                lines.append(deletion("orders", str(number)))
                present.discard(number)
                stayed.discard(number)
            elif (number in present) == (what == "change"):
                lines.append(order_line(number, f"page {len(pages)}"))
                present.add(number)
        there.ingest(shop, lines)
        pages.append(there.listed(shop, "orders", **asked, cursor=cursor))
    seen = ids(pages)

    assert len(seen) == len(set(seen)), "no row twice"
    assert {str(n) for n in stayed} <= set(seen)


def test_a_row_whose_sort_value_changes_moves(there: World) -> None:
    """As the documents say: it is met where it is when the walk gets there. By `updatedAt` or
    `lastSyncedAt` upwards a change moves a row ahead, so that its newest state is always met."""
    shop = fresh(there, "moving", "stocks", 12)
    asked = {"sort": "lastSyncedAt", "limit": 4}
    pages = [there.page(shop, "stocks", **asked, cursor="")]
    there.clock.advance(timedelta(seconds=1))
    there.ingest(shop, [made_line(by_name("stocks"), n, quantity=990 + n) for n in (2, 7)])
    while cursor := pages[-1]["pagination"]["nextCursor"]:
        pages.append(there.page(shop, "stocks", **asked, cursor=cursor))

    assert ids(pages) == ["1", "2", "3", "4", "5", "6", "8", "9", "10", "11", "12", "2", "7"]
    newest = {row["id"]: row["quantity"] for page in pages for row in page["items"]}
    assert (newest["2"], newest["7"]) == (992, 997)


def test_a_row_that_ends_and_comes_again_comes_once(there: World) -> None:
    shop = fresh(there, "again", "employees", 9)
    first = there.page(shop, "employees", limit=4, cursor="")
    there.ingest(shop, [deletion("employees", "4"), deletion("employees", "6")])
    there.ingest(shop, [made_line(by_name("employees"), 6)])
    cursor = first["pagination"]["nextCursor"]
    rest = there.page(shop, "employees", limit=9, cursor=cursor)

    assert ids([first, rest]) == [str(n) for n in range(1, 10)]


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_the_last_page_costs_what_the_first_does(there: World, direction: str) -> None:
    """The plan walks the primary key from the cursor on: no sort, and only a page of rows read."""
    shop = there.shops.get("planned") or there.add_shop("planned")
    content = catalogue()["employees"]
    with there.context.db.begin("tests") as work:
        if not work.db.execute(sa.text(COUNT), {"shop": shop}).scalar():
            work.db.execute(sa.text(FILL), [{"shop": shop, "key": key(n)} for n in range(5000)])
        work.db.execute(sa.text("ANALYZE raw_employees"))
    with there.context.db.reading() as db:
        wanted = filters.read(content, f"direction={direction}&limit=10".encode(), db.dialect.name)
        for at in (100, 4900):
            behind = Place((), key(at))
            asked = query.ask(
                db.dialect.name, content, shop, wanted, with_orders=False, after=behind
            )
            found = plan_of(db, asked.page, asked.page_values)
            if db.dialect.name == "sqlite":
                found = [
                    step for step in found if "SUBQUERY" not in step and "SEARCH s" not in step
                ]
                sign = ">" if direction == "asc" else "<"
                index = "sqlite_autoindex_raw_employees_1"
                assert found == [f"SEARCH t USING INDEX {index} (shop_id=? AND sort_id{sign}?)"]
            else:
                (plan,) = json.loads(found[0])
                scan = plan["Plan"]["Plans"][0]
                assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", "pk_raw_employees")
                assert "sort_id" in scan["Index Cond"]
                assert scan["Actual Rows"] == 11
                assert scan["Shared Hit Blocks"] + scan["Shared Read Blocks"] < 40


COUNT = "SELECT count(*) FROM raw_employees WHERE shop_id = :shop"
FILL = (
    "INSERT INTO raw_employees (shop_id, sort_id, id, digest, first_seen_at, changed_at,"
    " last_synced_at, run_id, lang) VALUES (:shop, :key, :key, '', 0, 0, 0, '', '')"
)


def key(number: int) -> str:
    return f"d{1000 + number}"


def plan_of(db: sa.Connection, sql: str, bound: tuple[object, ...]) -> list[str]:
    if db.dialect.name == "sqlite":
        rows = db.connection.cursor().execute(f"EXPLAIN QUERY PLAN {sql}", bound).fetchall()
        return [row[3] for row in rows]
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"
    rows = db.connection.cursor().execute(explain, bound).fetchall()
    return [json.dumps(row[0]) for row in rows]
