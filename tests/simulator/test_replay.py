"""Given payloads go through the agent's protocol as they are."""

from typing import Any

import pytest

from comptoir.simulator import TruthUnknownError
from tests.simulator.stage import Stage, played

OLD: dict[str, list[dict[str, Any]]] = {
    "categories": [
        {"unique_category_id": f"{n}-en", "id_category": n, "iso_code": "en", "meta_keywords": ""}
        for n in range(1, 8)
    ],
    "info": [{"cms_version": "1.6.1.11"}],
}
NEW: dict[str, list[dict[str, Any]]] = {
    "categories": [{"unique_category_id": "1-en", "id_category": 1, "iso_code": "en"}],
    "products": [{"id_product": 3, "id_attribute": 0, "iso_code": "en", "price": 1.5}],
}


def test_payloads_are_sent_as_they_are_page_by_page() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        left = []
        for _ in range(3):
            _, _, answer = await agent.call(shop_content="categories", job_id="j", limit=3)
            left.append(answer["remaining_objects"])
        assert left == [4, 1, 0]
        sent = [r["properties"] for u in there.cloud.uploads for r in u.records]
        assert sent == OLD["categories"]
        status, _, answer = await agent.call(shop_content="orders", job_id="j")
        assert (status, answer["total_objects"]) == (200, 0)
        assert there.store.version == "1.6.1.11"

    played(scenario, payloads=OLD, versions=("1.6",), languages=("en",))


def test_an_upgrade_replaces_the_data_and_starts_over() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        await agent.call(shop_content="categories", job_id="j")
        there.sim.replace_data(there.store, "8", NEW)
        assert there.store.version == "8.1.7"
        there.cloud.job_status = 404
        _, _, answer = await agent.call(shop_content="categories", job_id="j")
        assert (answer["syncType"], answer["total_objects"]) == ("full", 1)

    played(scenario, payloads=OLD, languages=("en",))


def test_announced_ids_find_their_payload() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        await agent.call(shop_content="products", job_id="j")
        there.store.hooks.saved("products", "3-0", "4-0")
        there.store.hooks.deleted("products", "9")
        _, _, answer = await agent.call(shop_content="products", job_id="j")
        assert answer["total_objects"] == 2
        upserted, removed = there.cloud.uploads[-1].records
        assert upserted["properties"] == NEW["products"][0]
        assert removed["properties"] == {"id": "9"}

    played(scenario, payloads=NEW, languages=("en",))


def test_a_replayed_store_knows_no_truth_and_has_no_life() -> None:
    async def scenario(there: Stage) -> None:
        with pytest.raises(TruthUnknownError):
            there.store.truth("products")
        with pytest.raises(TruthUnknownError):
            there.store.fingerprint("products")
        with pytest.raises(TruthUnknownError):
            there.store.live()

    played(scenario, payloads=NEW)
