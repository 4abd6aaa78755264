"""What is written for one store names it, and nothing grows without end."""

import contextlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from comptoir.cloudsync import aside, report, schedule
from comptoir.cloudsync import store as state
from comptoir.cloudsync.overview import finished_since, overview
from comptoir.cloudsync.tables import pending_delete, set_aside, sync_run
from comptoir.infra.db.tables import metadata
from tests.cloudsync.ground import Ground, Store, gone, line

EVERY_STORE = ("SET lease_owner", "due_at <=")
"""The worker's own: which stores are due, and leases after a restart."""


@contextlib.contextmanager
def heard(ground: Ground) -> Iterator[list[str]]:
    """The statements that reach the database."""
    found: list[str] = []

    def hear(_: Any, __: Any, statement: str, *___: Any) -> None:
        found.append(statement)

    event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(sa.Engine, "before_cursor_execute", hear)


def test_every_statement_names_the_store(ground: Ground, shop: Store) -> None:
    with heard(ground) as statements:
        shop.full("info", line("shops", {"timezone": "UTC", "default_language": "en"}))
        for content, key in (
            ("products", "unique_product_id"),
            ("cart_products", "id_cart_product"),
        ):
            sent = {"id_product": 1, "id_attribute": 0, "id_cart": "1", key: "1-0-en"}
            shop.full(content, line(content, sent), lang="en", languages=["en", "fr"])
            shop.changes(content, line(content, sent | {"quantity": "x"}), b"{", lang="en")
        shop.changes("products", gone("products", "1-0"), gone("products", 1), lang="en")
        for content, key in (("carriers", "id_reference"), ("stores", "id_store")):
            shop.full(content, line(content, {key: 1, "id_carrier": "1", "id_lang": 1}))
            shop.changes(content, gone(content, 1))
        with ground.context.db.begin("test") as work:
            schedule.want(work, shop.shop_id, ["products"], full=True, asked=True)
            schedule.refresh(work, shop.shop_id)
            schedule.on_shop_unverified(work, {"shop_id": shop.shop_id})
            state.lease(work.db, shop.shop_id, "me", 1)
            state.release(work.db, shop.shop_id, "me", None)
            state.forget_runs(work.db, shop.shop_id, work.now_ms)
            aside.forget(work.db, shop.shop_id, 0)
            overview(work.db, shop.shop_id)
            finished_since(work.db, shop.shop_id, 0)
            report.summary(work.db, shop.shop_id, {"products"}, "")

    ours = {name for name, table in metadata.tables.items() if "shop_id" in table.c}
    tables = re.compile(r"\b(?:FROM|INTO|UPDATE) (\w+)")
    about = [s for s in statements if ours & set(tables.findall(s))]
    assert len(about) > 100
    wrong = [s for s in about if not named(s) and not any(t in s for t in EVERY_STORE)]
    assert not wrong


def named(statement: str) -> bool:
    """The store is a condition, or a value that is written."""
    where = statement.partition("WHERE")[2]
    return bool(re.search(r"shop_id\s*=", where)) or statement.startswith("INSERT")


DELETES = {
    "customers": "5",
    "manufacturers": "5",
    "custom_product_carriers": "5-6",
    "categories": "5",
    "carriers": "5",
    "stores": "5",
    "products": "5-6",
}


def test_a_delete_looks_at_few_rows(ground: Ground, shop: Store) -> None:
    """One that read all rows of a large store would keep every other store waiting."""
    if not ground.context.db.is_sqlite:
        return  # plans depend on how full PostgreSQL finds its tables
    for content, identifier in DELETES.items():
        with heard(ground) as statements:
            shop.changes(content, gone(content, identifier))
        updates = [s for s in statements if s.startswith(f"UPDATE raw_{content} ")]
        assert updates, content
        with ground.context.db.reading() as db:
            for statement in updates:
                blanks = ("x",) * statement.count("?")
                plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", blanks).all()
                found = [str(row[3]) for row in plan if f"raw_{content}" in str(row[3])]
                assert found and all("(shop_id=? AND" in step for step in found), found


def count(ground: Ground, table: sa.Table, shop: Store) -> int:
    with ground.context.db.reading() as db:
        query = sa.select(sa.func.count()).where(table.c.shop_id == shop.shop_id)
        return int(db.execute(query).scalar_one())


def tidy(ground: Ground, shop: Store) -> None:
    with ground.context.db.begin("test") as work:
        state.forget_runs(work.db, shop.shop_id, work.now_ms)
        aside.forget(work.db, shop.shop_id, work.now_ms - state.KEEP_MS)


def test_runs_that_brought_nothing_are_soon_forgotten(
    ground: Ground, shop: Store, other: Store
) -> None:
    for each in (shop, other):
        for _ in range(3):
            each.settle(each.open("customers"))
        brought = each.open("orders")
        with ground.context.db.begin("test") as work:
            state.change_run(work.db, each.shop_id, brought.run_id, records=1)
        each.settle(brought)
        each.open("customers")
    tidy(ground, shop)
    assert count(ground, sync_run, shop) == 5

    ground.clock.advance(timedelta(milliseconds=state.KEEP_EMPTY_MS))
    tidy(ground, shop)
    assert count(ground, sync_run, shop) == 2

    ground.clock.advance(timedelta(milliseconds=state.KEEP_MS))
    tidy(ground, shop)
    assert count(ground, sync_run, shop) == 1
    assert count(ground, sync_run, other) == 5


def test_what_was_set_aside_long_ago_is_forgotten(ground: Ground, shop: Store) -> None:
    run = shop.open("customers")
    shop.send(run, b"{1", b"{2")
    tidy(ground, shop)
    assert count(ground, set_aside, shop) == 2

    ground.clock.advance(timedelta(milliseconds=state.KEEP_MS + 1000))
    tidy(ground, shop)

    assert count(ground, set_aside, shop) == 0


def test_no_delete_waits_for_ever(ground: Ground, shop: Store) -> None:
    run = shop.open("products")
    shop.send(run, *[gone("products", n) for n in range(50)])
    assert count(ground, pending_delete, shop) == 50
    shop.settle(run)
    assert count(ground, pending_delete, shop) == 0

    run = shop.open("products")
    shop.send(run, gone("products", 1))
    shop.full("products")

    assert count(ground, pending_delete, shop) == 0
