"""What the hooks queue and how it leaves (spec/eventbus.md §1.3, §3.4, §3.5)."""

from typing import Any

import pytest

from comptoir.simulator import SimulatedStore
from comptoir.simulator.module import RULES
from tests.simulator.reference import Reference
from tests.simulator.stage import Stage, played


def queued(store: SimulatedStore, content: str, lang: str) -> dict[str, str]:
    waiting = store.tables.outbox.get((content, lang), {})
    return {object_id: change.action for object_id, change in waiting.items()}


async def finish(there: Reference, *contents: str) -> None:
    for content in contents:
        for lang in there.store.languages:
            await there.run(content, lang, full=True, limit=1000)
    there.cloud.uploads.clear()


def test_nothing_is_queued_before_the_full_run_of_that_language_ended() -> None:
    async def scenario(there: Stage) -> None:
        store, agent = there.store, there.reference()
        store.hooks.saved("categories", 3)
        assert store.tables.outbox == {}
        await agent.call(shop_content="categories", job_id="j", limit=2, full=1)
        store.hooks.saved("categories", 3)
        assert queued(store, "categories", "en") == {}
        await agent.run("categories", "fr", full=True, limit=100)
        store.hooks.saved("categories", 3)
        assert queued(store, "categories", "en") == {}
        assert queued(store, "categories", "fr") == {"3": "upsert"}

    played(scenario, languages=("en", "fr"))


@pytest.mark.parametrize("content", sorted(RULES))
def test_languages_of_upserts_and_deletes_are_those_of_the_table(content: str) -> None:
    everywhere = {
        "products", "product_suppliers", "bundles", "custom_product_carriers", "carts",
        "cart_products", "categories", "currencies", "customers", "languages", "manufacturers",
        "stores", "suppliers", "wishlists", "wishlist_products", "image_types", "images",
        "stocks", "stock_movements",
    }  # fmt: skip
    no_delete = {
        "product_suppliers", "bundles", "carrier_details", "carrier_taxes", "carts",
        "cart_products", "wishlist_products", "images", "orders", "order_carriers",
        "order_cart_rules", "order_details", "order_status_history", "stocks", "stock_movements",
    }  # fmt: skip

    async def scenario(there: Stage) -> None:
        store = there.store
        await finish(there.reference(), content)
        store.hooks.saved(content, "7")
        assert queued(store, content, "fr") == {"7": "upsert"}
        assert queued(store, content, "en") == ({"7": "upsert"} if content in everywhere else {})
        store.hooks.deleted(content, "8")
        expected = "upsert" if content in no_delete else "delete"
        assert queued(store, content, "fr")["8"] == expected
        both = content in ("image_types", "custom_product_carriers")
        assert ("8" in queued(store, content, "en")) == (
            both or (content in no_delete & everywhere)
        )

    played(scenario, languages=("fr", "en"))


def test_products_queue_every_row_and_a_combination_deletes_the_bare_id() -> None:
    async def scenario(there: Stage) -> None:
        store = there.store
        await finish(there.reference(), "products", "product_suppliers", "custom_product_carriers")
        product = store.data.products[1]
        rows = {f"1-{c}": "upsert" for c in product.combinations}
        store.hooks.product_saved(store.data, product)
        for lang in ("en", "fr"):
            assert queued(store, "products", lang) == rows
            assert queued(store, "product_suppliers", lang) == {"1": "upsert"}
            assert queued(store, "custom_product_carriers", lang) == {
                f"1-{c}": "upsert" if c in product.carriers else "delete"
                for c in store.data.carriers
            }
        store.hooks.combination_saved(store.data, product)
        for lang in ("en", "fr"):
            assert queued(store, "products", lang) == rows | {"1": "delete"}
        store.hooks.combination_deleted(1, product.combinations[0])
        gone = f"1-{product.combinations[0]}"
        assert queued(store, "products", "en")[gone] == "delete"
        assert queued(store, "products", "fr")[gone] == "upsert"
        store.tables.clear("products")
        store.hooks.product_deleted(1, product.images)
        assert queued(store, "products", "en") == {"1": "delete"}
        assert queued(store, "products", "fr") == {}

    played(scenario, languages=("en", "fr"))


def test_upserts_go_first_then_deletes_and_only_201_removes_them() -> None:
    async def scenario(there: Stage) -> None:
        store, agent = there.store, there.reference()
        await finish(agent, "customers")
        for number in (3, 1, 2):
            store.hooks.saved("customers", number)
        store.hooks.deleted("customers", 1)
        store.hooks.saved("customers", 99_999)
        there.cloud.upload_status = 202
        asked: dict[str, Any] = {"shop_content": "customers", "job_id": "j", "limit": 10}
        _, _, answer = await agent.call(**asked)
        assert (answer["total_objects"], answer["remaining_objects"]) == (3, 4)
        there.cloud.upload_status = 201
        _, _, answer = await agent.call(**asked)
        assert (answer["syncType"], answer["remaining_objects"]) == ("incremental", 0)
        first, second = there.cloud.uploads
        assert first.records == second.records
        assert second.headers["Full-Sync-Requested"] == "0"
        assert [r["action"] for r in second.records] == ["upsert", "upsert", "delete"]
        assert second.records[2] == {
            "action": "delete",
            "collection": "customers",
            "properties": {"id": "1"},
        }

    played(scenario)


def test_remaining_counts_outbox_rows_and_pages_take_limit_of_them() -> None:
    async def scenario(there: Stage) -> None:
        store, agent = there.store, there.reference()
        await finish(agent, "customers")
        store.hooks.saved("customers", *range(1, 6))
        left = []
        for _ in range(3):
            _, _, answer = await agent.call(shop_content="customers", job_id="j", limit=2)
            left.append((answer["total_objects"], answer["remaining_objects"]))
        assert left == [(2, 3), (2, 1), (1, 0)]

    played(scenario)


def test_ids_without_rows_are_forgotten_without_an_upload() -> None:
    async def scenario(there: Stage) -> None:
        store, agent = there.store, there.reference()
        await finish(agent, "images")
        store.hooks.deleted("images", 99_999)
        assert queued(store, "images", "en") == {"99999": "upsert"}
        status, _, answer = await agent.call(shop_content="images", job_id="j")
        assert (status, answer["total_objects"]) == (200, 0)
        assert queued(store, "images", "en") == {}
        assert there.cloud.uploads == []

    played(scenario)


def test_the_row_limit_cuts_images_whose_ids_are_removed_all_the_same() -> None:
    async def scenario(there: Stage) -> None:
        store, agent = there.store, there.reference()
        await finish(agent, "images")
        store.hooks.saved("images", 1, 2, 3)
        _, _, answer = await agent.call(shop_content="images", job_id="j", limit=3)
        assert (answer["total_objects"], answer["remaining_objects"]) == (3, 0), "3 rows of 6"
        assert queued(store, "images", "en") == {}

    played(scenario, languages=("en", "fr"))


def test_a_carts_lines_are_never_cut() -> None:
    async def scenario(there: Stage) -> None:
        store, agent = there.store, there.reference()
        await finish(agent, "cart_products")
        cart = max(store.data.carts.values(), key=lambda c: len(c.lines))
        assert len(cart.lines) > 1
        store.hooks.saved("cart_products", cart.id)
        _, _, answer = await agent.call(shop_content="cart_products", job_id="j", limit=1)
        assert answer["total_objects"] == len(cart.lines)

    played(scenario)


def test_asking_for_a_full_run_empties_the_outbox_of_all_languages() -> None:
    async def scenario(there: Stage) -> None:
        store, agent = there.store, there.reference()
        await finish(agent, "categories", "customers")
        store.hooks.saved("categories", 3)
        store.hooks.saved("customers", 3)
        _, _, answer = await agent.call(shop_content="categories", job_id="j", full=1)
        assert answer["syncType"] == "full"
        assert queued(store, "categories", "fr") == queued(store, "categories", "en") == {}
        assert queued(store, "customers", "en") == {"3": "upsert"}

    played(scenario, languages=("en", "fr"))


def test_a_change_during_the_upload_stays_queued() -> None:
    async def scenario(there: Stage) -> None:
        store, agent = there.store, there.reference()
        await finish(agent, "customers")
        store.hooks.saved("customers", 1)
        there.cloud.on_upload = lambda: store.hooks.saved("customers", 1)
        _, _, answer = await agent.call(shop_content="customers", job_id="j")
        assert (answer["total_objects"], answer["remaining_objects"]) == (1, 1)

    played(scenario)


def test_hints_wait_for_the_full_run_and_then_five_minutes() -> None:
    async def scenario(there: Stage) -> None:
        store, cloud = there.store, there.cloud
        store.hooks.saved("order_details", 1)
        await there.sim.settled()
        assert cloud.hints == []
        await finish(there.reference(), "order_details")
        for seconds in (0, 300, 1):
            cloud.advance(seconds)
            store.hooks.saved("order_details", 1)
            store.hooks.saved("order_details", 2)
            await there.sim.settled()
        hint = ("shop-1", {"shopContents": ["order-details"], "action": "upsert"})
        assert cloud.hints == [hint, hint], "not at 300 s, only after"
        assert there.sim.counters.hints == 2

    played(scenario)


def test_a_delete_is_hinted_as_one_and_a_new_carrier_is_not_hinted() -> None:
    async def scenario(there: Stage) -> None:
        store, cloud = there.store, there.cloud
        await finish(there.reference(), "customers", "carriers", "carrier_details")
        store.hooks.deleted("customers", 1)
        store.hooks.carrier_added(1)
        await there.sim.settled()
        assert cloud.hints == [("shop-1", {"shopContents": ["customers"], "action": "delete"})]
        assert queued(store, "carriers", "en") == {"1": "upsert"}

    played(scenario)
