"""Rows that come again as they were: not written, yet known to be there."""

from typing import Any

import pytest
import sqlalchemy as sa

from comptoir.cloudsync import rows
from comptoir.cloudsync import store as state
from comptoir.cloudsync.tables import RAW, row_met
from comptoir.prestashop.catalogue import catalogue
from tests.cloudsync.ground import Store, gone, line


def customer(number: int, **more: Any) -> bytes:
    return line("customers", {"id_customer": number, "active": True, **more})


def met_rows(shop: Store) -> int:
    with shop.context.db.reading() as db:
        query = sa.select(sa.func.count()).where(row_met.c.shop_id == shop.shop_id)
        return int(db.execute(query).scalar_one())


def tidy(shop: Store) -> None:
    with shop.context.db.begin("test") as work:
        state.forget_runs(work.db, shop.shop_id, work.now_ms)


def counted(shop: Store, content: str) -> tuple[int, int]:
    """(the number that is kept, the number of rows there are)."""
    with shop.context.db.reading() as db:
        return rows.count(db, shop.shop_id, catalogue()[content]), len(shop.rows(content))


def test_a_full_run_of_unchanged_rows_touches_none_of_them(shop: Store, other: Store) -> None:
    shop.full("customers", *map(customer, range(1, 8)))
    other.full("customers", *map(customer, range(1, 8)))
    before = shop.all_rows("customers")

    run = shop.open("customers", full=True)
    first = shop.send(run, *map(customer, range(1, 5)), Full_Sync_Requested="1")
    second = shop.send(run, *map(customer, range(5, 8)), Full_Sync_Requested="1")
    assert shop.settle(run) == []

    assert (first["unchanged"], second["unchanged"], first["written"]) == (4, 3, 0)
    assert shop.all_rows("customers") == before
    assert met_rows(shop) == 2
    tidy(shop)
    assert met_rows(shop) == 0


def test_what_a_full_run_neither_wrote_nor_met_is_gone(shop: Store, other: Store) -> None:
    for each in (shop, other):
        each.full("customers", *map(customer, range(1, 8)))

    shop.full("customers", customer(1), customer(3, optin=True), customer(4), customer(9))

    assert shop.ids("customers") == ["1", "3", "4", "9"]
    assert len(other.ids("customers")) == 7
    assert counted(shop, "customers") == (4, 4)
    shop.full("customers", *map(customer, range(1, 8)))
    assert shop.ids("customers") == [str(n) for n in range(1, 8)]
    assert counted(shop, "customers") == (7, 7)


def test_rows_met_in_another_language_or_pass_do_not_count(shop: Store) -> None:
    sent = [line("stores", {"id_store": 1, "id_lang": n, "name": "x"}) for n in (1, 2)]
    first, second = shop.open_all("stores", ["en", "fr"], full=True)
    shop.send(first, sent[0])
    shop.send(second, sent[1])
    assert shop.settle(first, second, languages=["en", "fr"]) == []
    assert len(shop.ids("stores")) == 2

    first, second = shop.open_all("stores", ["en", "fr"], full=True)
    shop.send(first, sent[0])
    again = shop.settle(first, second, languages=["en", "fr"], doubt="slipped")

    assert [run.passes for run in again] == [1, 1]
    assert shop.settle(*again, languages=["en", "fr"], doubt="") == []
    assert shop.ids("stores") == []


def test_a_deleted_row_comes_back_though_it_is_as_it_was(shop: Store) -> None:
    shop.full("customers", *map(customer, range(1, 4)))
    shop.changes("customers", gone("customers", 2))
    assert counted(shop, "customers") == (2, 2)

    shop.full("customers", *map(customer, range(1, 4)))

    assert shop.ids("customers") == ["1", "2", "3"]
    assert counted(shop, "customers") == (3, 3)


def test_a_delete_beside_unchanged_rows_is_applied_in_its_place(shop: Store) -> None:
    shop.full("customers", *map(customer, range(1, 4)))

    shop.full("customers", customer(1), gone("customers", 1), customer(2), customer(3))

    assert shop.ids("customers") == ["2", "3"]
    shop.full("customers", customer(2), gone("customers", 1), customer(1), customer(3))
    assert shop.ids("customers") == ["1", "2", "3"]


def test_what_was_set_aside_of_an_unchanged_row_is_counted_again(shop: Store) -> None:
    for _ in range(3):
        shop.full("customers", customer(1), customer(2, id_lang="many"))

    (kept,) = shop.aside()
    assert (kept["property"], kept["times"]) == ("id_lang", 3)


def test_a_changed_row_among_unchanged_ones_is_read_whole(shop: Store) -> None:
    shop.full("customers", *map(customer, range(1, 50)))

    run = shop.open("customers", full=True)
    answer = shop.send(run, *map(customer, range(1, 49)), customer(49, new_thing=[1]), b"{")
    shop.settle(run)

    assert (answer["unchanged"], answer["written"], answer["setAside"]) == (48, 1, 1)
    assert shop.rows("customers")["49"]["extra"] == '{"new_thing": [1]}'


def test_of_two_lines_of_one_row_the_last_counts_also_if_the_first_is_known(shop: Store) -> None:
    shop.full("customers", customer(1))

    shop.full("customers", customer(1, optin=True), customer(1))
    assert shop.rows("customers")["1"]["optin"] is not True

    shop.full("customers", customer(1), customer(1, optin=True))
    assert shop.rows("customers")["1"]["optin"]


def test_counts_follow_cascades_and_whole_parents(shop: Store) -> None:
    parts = [
        line("cart_products", {"id_cart_product": f"1-{p}-0", "id_cart": "1", "id_product": str(p)})
        for p in range(5)
    ]
    shop.full("cart_products", *parts)
    shop.changes("cart_products", *parts[:2])
    shop.full(
        "products",
        *[
            line(
                "products",
                {"id_product": 7, "id_attribute": a, "unique_product_id": f"7-{a}-en"},
            )
            for a in range(3)
        ],
    )
    shop.full(
        "stocks",
        *[
            line("stocks", {"id_stock_available": a, "id_product": 7, "id_product_attribute": a})
            for a in range(3)
        ],
    )
    shop.changes("products", gone("products", "7-1"))

    for content in ("cart_products", "products", "stocks"):
        kept, there = counted(shop, content)
        assert kept == there, content


@pytest.mark.parametrize("many", [1, 39, 40, 49, 50, 51, 1000, 1001])
def test_batches_of_any_size_arrive_whole(shop: Store, many: int) -> None:
    shop.full("customers", *[customer(n, id_lang=n % 7) for n in range(many)])

    assert counted(shop, "customers") == (many, many)
    assert all(row["id_lang"] == int(key) % 7 for key, row in shop.rows("customers").items())


def test_many_rows_gone_at_once_are_ended_some_at_a_time(shop: Store) -> None:
    for start in range(0, 3000, 1000):
        run = shop.open("customers", full=True)
        shop.send(run, *map(customer, range(start, start + 1000)))
    shop.settle(run)
    assert len(shop.ids("customers")) == 3000

    shop.full("customers", customer(2999))

    assert shop.ids("customers") == ["2999"]
    assert table_rows(shop) == 3000
    assert counted(shop, "customers") == (1, 1)


def table_rows(shop: Store) -> int:
    with shop.context.db.reading() as db:
        c = RAW["customers"].c
        query = sa.select(sa.func.count()).where(c.shop_id == shop.shop_id)
        return int(db.execute(query).scalar_one())
