"""Any history of uploads leaves the rows that a simple model leaves; twice is as once."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comptoir.cloudsync.merge import apply
from comptoir.cloudsync.rows import Batch
from comptoir.cloudsync.tables import RAW
from comptoir.infra.work import Work
from comptoir.prestashop.records import read_line
from tests.cloudsync.ground import Ground, Json, Store, gone, line

UTC = ZoneInfo("UTC")
KEYS = st.integers(1, 6)
WORDS = st.sampled_from(["a", "b", "é", "日本", "", "\U0001f600"])
CHANGE = st.one_of(
    st.tuples(st.just("customer"), KEYS, WORDS),
    st.tuples(st.just("theme"), KEYS, WORDS),
    st.tuples(st.just("no customer"), KEYS, st.just("")),
    st.tuples(st.just("store"), KEYS, WORDS),
    st.tuples(st.just("no store"), KEYS, st.just("")),
)
PAGES = st.lists(st.lists(CHANGE, max_size=8), max_size=6)


@dataclass
class Model:
    """What a store's rows should be: dictionaries, and nothing clever."""

    rows: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"customers": {}, "themes": {}, "stores": {}}
    )

    def change(self, kind: str, key: int, word: str) -> None:
        if kind == "customer":
            self.rows["customers"][str(key)] = word
        elif kind == "theme":
            self.rows["themes"][str(key)] = word
        elif kind == "store":
            self.rows["stores"][f"{key}-1"] = word
        elif kind == "no customer":
            self.rows["customers"].pop(str(key), None)
        else:
            self.rows["stores"].pop(f"{key}-1", None)


def lines(page: list[tuple[str, int, str]]) -> list[bytes]:
    made = {
        "customer": lambda k, w: line("customers", {"id_customer": k, "email_hash": w}),
        "theme": lambda k, w: line("themes", {"theme_id": str(k), "name": w}),
        "store": lambda k, w: line("stores", {"id_store": k, "id_lang": 1, "name": w}),
        "no customer": lambda k, _: gone("customers", k),
        "no store": lambda k, _: gone("stores", str(k)),
    }
    return [made[kind](key, word) for kind, key, word in page]


def shown(work: Work, shop_id: str) -> dict[str, dict[str, str]]:
    names = {"customers": "email_hash", "themes": "name", "stores": "name"}
    found: dict[str, dict[str, str]] = {}
    for content, name in names.items():
        c = RAW[content].c
        query = RAW[content].select().where(c.shop_id == shop_id, c.removed_at.is_(None))
        found[content] = {r["id"]: r[name] for r in work.db.execute(query).mappings()}
    return found


@contextlib.contextmanager
def undone(ground: Ground) -> Iterator[Work]:
    """A unit of work that leaves the database as it was."""

    class Undo(Exception):
        pass

    with contextlib.suppress(Undo), ground.context.db.begin("test") as work:
        yield work
        raise Undo


def taken(work: Work, ground: Ground, shop_id: str, page: list[bytes]) -> Any:
    ground.clock.advance(timedelta(seconds=1))
    batch = Batch(work.db, shop_id, "run", "", work.now_ms)
    return apply(batch, [record for sent in page for record in read_line(sent, UTC)])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=PAGES, again=st.data())
def test_any_history_with_pages_sent_again(
    ground: Ground, pages: list[list[tuple[str, int, str]]], again: st.DataObject
) -> None:
    """A page comes again before the next one: the store goes on only after a 201."""
    model = Model()
    with undone(ground) as work:
        for page in pages:
            for _ in range(again.draw(st.integers(1, 3))):
                cut = again.draw(st.integers(0, len(page)))
                taken(work, ground, "s", lines(page[:cut]))
            taken(work, ground, "s", lines(page))
            for change in page:
                model.change(*change)
            assert shown(work, "s") == model.rows
        assert shown(work, "other") == Model().rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(page=st.lists(CHANGE, max_size=20))
def test_twice_is_as_once(ground: Ground, page: list[tuple[str, int, str]]) -> None:
    sent = lines(page)
    kinds = [kind for kind, _, _ in page]
    with undone(ground) as work:
        taken(work, ground, "s", sent)
        before = shown(work, "s")
        second = taken(work, ground, "s", sent)
        assert shown(work, "s") == before
        if not any(kind.startswith("no ") for kind in kinds) and len(
            {(kind, key) for kind, key, _ in page}
        ) == len(page):
            assert (second.written, second.unchanged) == (0, len(page))


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["\0", "\ud800", "x" * 5000, 10**40, -(2**63), 2**63, "2024-02-30", "0"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["products", "shops", "carriers", "cart_products", "customers", "stores", "images", "nothing"]
)
IDS = ["id", "id_product", "unique_product_id", "id_carrier", "id_reference", "id_cart", "id_lang"]
IDS += ["id_cart_product", "id_customer", "id_store", "created_at", "features", "timezone", "other"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.lists(
        st.tuples(
            NAMES,
            st.sampled_from(["upsert", "delete", "deleted"]),
            st.dictionaries(st.sampled_from(IDS), ANY),
        ),
        max_size=5,
    )
)
def test_nothing_that_a_store_sends_is_refused_by_the_database(
    ground: Ground, sent: list[tuple[str, str, Json]]
) -> None:
    """What is refused would be sent again for ever."""
    page = [
        json.dumps({"collection": c, "action": a, "properties": p}).encode() for c, a, p in sent
    ]
    with undone(ground) as work:
        found = taken(work, ground, "s", page)
        assert found.written + found.unchanged + found.deleted + found.set_aside >= 0


def test_dates_are_read_in_the_rows_zone_else_in_the_stores(ground: Ground) -> None:
    shop = ground.store(zone="America/New_York")
    dates = ("2024-01-15T12:00:00+0100", "2024-01-15 12:00:00", "0000-00-00 00:00:00")
    lines = [line("orders", {"id_order": i, "created_at": d}) for i, d in enumerate(dates)]

    def read(content: str) -> list[tuple[int | None, int | None]]:
        return [(r["created_at"], r["created_at_offset"]) for r in shop.rows(content).values()]

    shop.full("orders", *lines)
    assert read("orders") == [(1705316400000, 60), (1705338000000, -300), (None, None)]

    shop.full("info", line("shops", {"timezone": "Asia/Tokyo", "created_at": dates[1]}))
    assert read("info") == [(1705287600000, 540)]

    shop.full("orders", *lines)
    assert read("orders") == [(1705316400000, 60), (1705287600000, 540), (None, None)]


def test_text_extra_properties_and_misfits(shop: Store) -> None:
    sent = {
        "id_product": 1,
        "id_attribute": 0,
        "unique_product_id": "1-0-en",
        "description": "PHA+w6l0w6k8L3A+",
        "description_short": "%%%",
        "quantity": "many",
        "new_property": {"a": [1, "é\0"]},
        "features": {"Color": "é"},
        "attributes": "",
    }
    shop.full("products", line("products", sent))

    (row,) = shop.rows("products").values()

    assert row["description"] == "<p>été</p>"
    assert (row["description_short"], row["quantity"]) == (None, None)
    assert json.loads(row["extra"]) == {"new_property": {"a": [1, "é\0"]}}
    assert json.loads(row["misfits"]) == {
        "description_short": "not base64 of UTF-8 text",
        "quantity": "not a whole number",
    }
    assert (row["features"], row["attributes"]) == ('{"Color":"é"}', "")
    shop.changes("products", line("products", sent | {"quantity": 1, "description_short": ""}))
    (row,) = shop.rows("products").values()
    assert (row["misfits"], row["quantity"]) == (None, 1)


def test_of_rows_that_come_twice_in_a_batch_the_last_wins(shop: Store) -> None:
    names = [{"id_currency": 1, "name": n} for n in ("Euro", "Eurò", "euro")]
    shop.full("currencies", *[line("currencies", sent) for sent in names])

    assert [r["name"] for r in shop.rows("currencies").values()] == ["euro"]

    found = shop.changes("currencies", *[line("currencies", sent) for sent in names])

    assert (found["written"], [r["name"] for r in shop.rows("currencies").values()]) == (
        0,
        ["euro"],
    )
