"""Rows that end without a word: whole parents, full runs, languages; and a store's upgrade."""

import asyncio
import json
from itertools import islice
from typing import Any

import pytest

from comptoir.cloudsync import rules
from comptoir.cloudsync import store as state
from comptoir.prestashop.catalogue import catalogue
from tests.cloudsync.ground import Json, Store, gone, line, multipart
from tests.fixtures import captured


def row(collection: str, **sent: Any) -> bytes:
    return line(collection, sent)


def cart(number: int, *products: int) -> list[bytes]:
    return [
        row(
            "cart_products",
            id_cart_product=f"{number}-{p}-0",
            id_cart=str(number),
            id_product=str(p),
        )
        for p in products
    ]


def customers(*numbers: int) -> list[bytes]:
    return [row("customers", id_customer=n) for n in numbers]


def product(number: int, lang: str) -> bytes:
    return row(
        "products", id_product=number, id_attribute=0, unique_product_id=f"{number}-0-{lang}"
    )


# --- whole parents


def test_a_cart_that_comes_again_without_a_product_has_lost_it(shop: Store, other: Store) -> None:
    for each in (shop, other):
        each.full("cart_products", *cart(1, 5, 6, 7), *cart(2, 5))

    assert shop.changes("cart_products", *cart(1, 5, 8))["deleted"] == 2

    assert shop.ids("cart_products") == ["1-5-0", "1-8-0", "2-5-0"]
    assert len(other.ids("cart_products")) == 4


def test_a_cart_that_changes_twice_in_a_run_is_as_it_was_last(shop: Store) -> None:
    run = shop.open("cart_products")
    shop.send(run, *cart(1, 5, 6))

    shop.send(run, *cart(1, 6))
    shop.settle(run)

    assert shop.ids("cart_products") == ["1-6-0"]


def test_a_cart_of_which_an_upload_broke_off_is_as_it_came_in_the_end(shop: Store) -> None:
    run = shop.open("cart_products")
    big = multipart(cart(1, *range(1, 2501)))
    path = f"/collector/upload/{run.run_id}"
    assert shop.post(path, big[: len(big) * 9 // 10]).status == 400
    assert 0 < len(shop.ids("cart_products")) < 2500

    shop.send(run, *cart(1, 2, 3))
    shop.settle(run)

    assert shop.ids("cart_products") == ["1-2-0", "1-3-0"]


def test_a_cart_larger_than_a_chunk_is_whole(shop: Store) -> None:
    shop.changes("cart_products", *cart(1, *range(1, 2501)))

    shop.changes("cart_products", *cart(2, 1), *cart(1, *range(2, 2502)))

    assert len(shop.ids("cart_products")) == 2501


def test_a_page_of_a_full_sync_is_no_whole_parent(shop: Store) -> None:
    run = shop.open("cart_products", full=True)
    shop.send(run, *cart(1, 5, 6), Full_Sync_Requested="1")
    shop.send(run, *cart(1, 7), Full_Sync_Requested="1")
    shop.settle(run)
    asked_for_changes = shop.open("cart_products")

    shop.send(asked_for_changes, *cart(1, 5), Full_Sync_Requested="1")

    assert shop.ids("cart_products") == ["1-5-0", "1-6-0", "1-7-0"]


def test_other_parents_have_the_same_rule(shop: Store) -> None:
    for content, parent in (
        ("product_suppliers", "id_product"),
        ("wishlist_products", "id_wishlist"),
    ):
        key = catalogue()[content].shape.key[0]
        shop.full(content, *[row(content, **{key: i, parent: 1 + i // 3}) for i in (1, 2, 3)])

        shop.changes(content, row(content, **{key: 2, parent: 1}))

        assert shop.ids(content) == ["2", "3"]


# --- full runs


def test_a_full_run_ends_what_it_has_not_seen(shop: Store, other: Store) -> None:
    for each in (shop, other):
        each.full("customers", *customers(1, 2, 3))

    shop.full("customers", *customers(1, 3))

    assert shop.ids("customers") == ["1", "3"]
    assert other.ids("customers") == ["1", "2", "3"]
    assert [r["id"] for r in shop.all_rows("customers")] == ["1", "2", "3"]


def test_an_empty_store_is_empty(shop: Store) -> None:
    shop.full("customers", *customers(1, 2))

    assert shop.settle(shop.open("customers", full=True)) == []

    assert shop.ids("customers") == []


def test_a_pass_in_doubt_is_made_again_before_rows_end(shop: Store) -> None:
    shop.full("customers", *customers(1, 2, 3))
    run = shop.open("customers", full=True)
    shop.send(run, *customers(1))
    for _ in range(rules.PASSES - 1):
        (again,) = shop.settle(run, doubt="moved")
        assert (again.run_id, again.received) == (run.run_id, 0)
        assert shop.ids("customers") == ["1", "2", "3"]
        shop.send(run, *customers(3))

    assert shop.settle(run, doubt="moved") == []

    assert shop.ids("customers") == ["1", "3"]


def test_a_pass_in_doubt_that_lacks_nothing_is_enough(shop: Store) -> None:
    shop.full("customers", *customers(1, 2))
    run = shop.open("customers", full=True)
    shop.send(run, *customers(1, 2))

    assert shop.settle(run, doubt="moved") == []


def test_one_language_in_doubt_makes_all_pass_again(shop: Store) -> None:
    """The first page of one empties the store's outbox for all."""
    runs = shop.open_all("products", ["en", "fr"], full=True)
    for run in runs:
        shop.send(run, product(1, run.lang), product(2, run.lang))
    assert shop.settle(*runs, languages=["en", "fr"]) == []
    runs = shop.open_all("products", ["en", "fr"], full=True)
    for run in runs:
        shop.send(run, product(1, run.lang))

    again = shop.settle(*runs, languages=["en", "fr"], doubt="moved")

    assert [run.lang for run in again] == ["en", "fr"]
    assert {run.received for run in again} == {0}
    assert len(shop.ids("products")) == 4


def test_a_pass_that_ended_unheard_is_made_again(shop: Store) -> None:
    """The store answered with changes: some may be of rows that the pass had read before."""
    run = shop.open("products", "en", full=True)
    shop.send(run, product(1, "en"))
    shop.send(run, gone("products", 1))

    assert len(shop.settle(run, doubt="resumed-late")) == 1


def test_a_language_that_had_passed_starts_again_with_one_that_has_not_begun(shop: Store) -> None:
    runs = shop.open_all("products", ["en", "fr"], full=True)
    shop.send(runs[0], product(1, "en"))
    with shop.context.db.begin("test") as work:
        state.change_run(work.db, shop.shop_id, runs[0].run_id, state=state.PASSED)

    again = shop.open_all("products", ["en", "fr"], full=True)

    assert [(r.run_id, r.received, r.state) for r in again] == [
        (runs[0].run_id, 0, "running"),
        (runs[1].run_id, 0, "running"),
    ]


def test_a_language_that_had_passed_waits_for_one_under_way(shop: Store) -> None:
    runs = shop.open_all("products", ["en", "fr"], full=True)
    shop.send(runs[0], product(1, "en"))
    shop.send(runs[1], product(1, "fr"))
    with shop.context.db.begin("test") as work:
        state.change_run(work.db, shop.shop_id, runs[0].run_id, state=state.PASSED)

    again = shop.open_all("products", ["en", "fr"], full=True)

    assert [(r.received, r.state) for r in again] == [(1, "passed"), (1, "running")]
    assert (shop.job(runs[0].run_id), shop.job(runs[1].run_id)) == (404, 201)


# --- languages


def test_a_sweep_looks_at_its_own_language(shop: Store) -> None:
    both = ["en", "fr"]
    for lang in both:
        shop.full("products", product(1, lang), product(2, lang), lang=lang, languages=both)

    shop.full("products", product(1, "en"), lang="en", languages=both)

    assert shop.ids("products") == ["1-0-en", "1-0-fr", "2-0-fr"]


def test_a_language_that_the_store_dropped_is_gone(shop: Store) -> None:
    for lang in ("en", "fr"):
        shop.full("products", product(1, lang), lang=lang, languages=["en", "fr"])

    shop.full("products", product(1, "en"), lang="en", languages=["en"])

    assert shop.ids("products") == ["1-0-en"]


def test_how_often_the_default_language_changed(shop: Store) -> None:
    def told() -> tuple[Any, Any]:
        (info,) = shop.all_rows("info")
        return info["language_changed_count"], info["last_language_changed_at"]

    shop.full("info", row("shops", default_language="en", languages="en;fr"))
    assert told() == (0, None)
    shop.full("info", row("shops", default_language="en", languages="en"))
    assert told() == (0, None)
    shop.full("info", row("shops", default_language="fr", languages="fr;en"))
    count, at = told()
    assert count == 1 and at is not None
    shop.full("info", row("shops", default_language="fr", languages="fr"))
    assert told() == (1, at)


# --- upgrades


def test_stores_get_their_language_with_the_upgrade(shop: Store, other: Store) -> None:
    for each in (shop, other):
        each.full("stores", row("stores", id_store=1), row("stores", id_store=12), lang="en")

    shop.changes("stores", row("stores", id_store=1, id_lang=1, id_shop=1), lang="en")

    assert shop.ids("stores") == ["1-1", "12"]
    assert other.ids("stores") == ["1", "12"]


def payloads(version: str, content: str) -> list[Json]:
    file = captured("eventbus", version)[content]
    return [record["properties"] for record in json.loads(file.read_text("utf-8"))]


@pytest.mark.parametrize("before", ["1.6", "1.7"])
def test_an_upgraded_store_has_the_rows_of_its_new_version(shop: Store, before: str) -> None:
    keys: dict[str, set[str]] = {}
    for version in (before, "8"):
        for name, content in catalogue().items():
            lines = [line(content.collection, p) for p in payloads(version, name)]
            shop.full(
                name, *lines, lang="en" if content.shape.per_language else "", languages=["en"]
            )
            keys[name] = set(shop.ids(name))
    fresh = shop.ground.store()
    for name, content in catalogue().items():
        lines = [line(content.collection, p) for p in payloads("8", name)]
        fresh.full(name, *lines, lang="en" if content.shape.per_language else "", languages=["en"])

        assert _plain(shop, name) == _plain(fresh, name), name


def _plain(shop: Store, name: str) -> dict[str, Json]:
    ours = ("shop_id", "first_seen_at", "changed_at", "last_synced_at", "run_id")
    ours += ("language_changed_count", "last_language_changed_at", "digest")
    return {
        key: {n: v for n, v in sent.items() if n not in ours}
        for key, sent in shop.rows(name).items()
    }


def test_two_stores_at_once_do_not_meet(shop: Store, other: Store) -> None:
    """The same ids in both, sent at the same time, one of them deleting."""
    lines = customers(*range(1, 301))
    for each in (shop, other):
        each.full("customers", *lines)

    async def scenario() -> None:
        await asyncio.gather(
            asyncio.to_thread(
                shop.changes, "customers", *[gone("customers", i) for i in range(1, 301)]
            ),
            asyncio.to_thread(other.full, "customers", *islice(lines, 200)),
        )

    asyncio.run(scenario())

    assert (len(shop.ids("customers")), len(other.ids("customers"))) == (0, 200)


def test_a_row_of_an_earlier_pass_that_a_steady_one_lacks_is_gone(shop: Store) -> None:
    shop.full("customers", *customers(1, 2, 3))
    run = shop.open("customers", full=True)
    shop.send(run, *customers(1, 2))
    (again,) = shop.settle(run, doubt="moved")
    shop.send(again, *customers(2, 3))

    assert shop.settle(run) == []

    assert shop.ids("customers") == ["2", "3"]


def test_rows_that_slipped_make_a_first_sync_pass_again(shop: Store) -> None:
    run = shop.open("customers", full=True)
    shop.send(run, *customers(1, 3))
    (again,) = shop.settle(run, doubt="slipped")
    shop.send(again, *customers(2, 3))

    assert shop.settle(run, doubt="slipped") != []
    shop.send(again, *customers(2, 3))
    assert shop.settle(run) == []

    assert shop.ids("customers") == ["2", "3"]
