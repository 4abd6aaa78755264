"""The orchestrator against believable stores, well and unwell, in one event loop."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from comptoir.app.client import ClientError
from comptoir.app.worker import Worker
from comptoir.cloudsync import store as state
from comptoir.cloudsync.orchestrate import Driver
from comptoir.prestashop.catalogue import catalogue
from comptoir.simulator import SimulatedStore
from comptoir.simulator.replay import ReplayBook
from tests.cloudsync.harness import Harness, running
from tests.conftest import SLICE
from tests.eventually import eventually_async


@pytest.fixture(params=SLICE)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def content_calls(store: SimulatedStore) -> list[dict[str, Any]]:
    return [call for call in store.calls if call["controller"] == "apiShopContent"]


def test_every_content_in_every_language_equals_the_store(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        sim = {"stores": 3, "versions": ("1.6", "1.7", "9")}
        async with running(migrated_url, tmp_path, sim) as h:
            await h.onboard()
            await h.synced()
            for store in h.sim.stores:
                assert await h.differences(store) == {}
                asked = {
                    (c["params"]["shop_content"], c["params"].get("lang_iso", ""))
                    for c in content_calls(store)
                }
                for name, content in catalogue().items():
                    languages = store.languages if content.shape.per_language else [""]
                    assert {lang for c, lang in asked if c == name} >= set(languages), name

    asyncio.run(scenario())


def test_health_first_then_info_then_the_rest(migrated_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(migrated_url, tmp_path) as h:
            await h.onboard()
            await h.synced()
            calls = [c for c in h.sim.stores[0].calls if c["controller"].startswith("api")]
            eventbus = [c for c in calls if c["controller"] in ("apiHealthCheck", "apiShopContent")]
            assert eventbus[0]["controller"] == "apiHealthCheck"
            assert eventbus[1]["params"]["shop_content"] == "info"

    asyncio.run(scenario())


def test_a_hint_brings_the_change_without_a_request(migrated_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(migrated_url, tmp_path) as h:
            await h.onboard()
            await h.synced()
            store = h.sim.stores[0]
            store.live(12)
            await h.sim.settled()

            async def equal() -> bool:
                return await h.differences(store) == {}

            assert await eventually_async(equal, 30)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        ("unavailable", "maintenance"),
        ("redirect", "redirect"),
        ("job-refused", "job-refused"),
    ],
)
def test_a_store_that_fails_is_left_alone_with_the_reason_and_tried_again(
    defect: str, reason: str, migrated_url: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        sim = {"defects": frozenset({defect}), "defect_calls": 3}
        async with running(migrated_url, tmp_path, sim, backoff_first=0.5) as h:
            await h.onboard(["customers", "orders"])
            store = h.sim.stores[0]
            seen: set[str] = set()

            def check() -> bool:
                view = h.overview(store)
                seen.add(view["reason"])
                seen.update(c["reason"] for c in view["contents"])
                finished = [c["last_finished_at"] for c in view["contents"]]
                return bool(finished) and all(finished)

            await h.until(check)
            assert reason in seen
            assert {c["reason"] for c in h.overview(store)["contents"]} == {""}

    asyncio.run(scenario())


@pytest.mark.parametrize("defect", ["duplicated-batch", "truncated-upload", "shuffled-pages"])
def test_damaged_transport_still_ends_equal(defect: str, migrated_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(migrated_url, tmp_path, {"defects": frozenset({defect})}) as h:
            await h.onboard()
            await h.synced()
            assert await h.differences(h.sim.stores[0]) == {}

    asyncio.run(scenario())


def test_a_run_that_does_not_advance_is_given_up_with_the_reason(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        sim = {"defects": frozenset({"stuck"}), "scale": 20.0}
        once = {"backoff_first": 600.0, "backoff_most": 600.0}
        async with running(migrated_url, tmp_path, sim, **once) as h:
            await h.onboard(["products"])
            store = h.sim.stores[0]
            await h.until(lambda: h.content(store, "products")["reason"] == "stalled")
            calls = [c for c in content_calls(store) if c["params"]["shop_content"] == "products"]
            assert 4 <= len(calls) <= 12
            assert h.content(store, "products")["backoff_until"]

    asyncio.run(scenario())


def test_a_slow_store_times_out_with_the_reason_and_smaller_pages(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        sim = {"defects": frozenset({"slow"}), "slow_seconds": 30.0}
        waits = {"store_timeout": 0.6, "backoff_first": 0.5}
        async with running(migrated_url, tmp_path, sim, **waits) as h:
            await h.onboard(["orders", "customers"])
            store = h.sim.stores[0]
            seen: set[str] = set()

            def check() -> bool:
                contents = h.overview(store)["contents"]
                seen.update(c["reason"] for c in contents)
                return bool(contents) and all(c["last_finished_at"] for c in contents)

            await h.until(check, 60)
            assert "timeout" in seen
            # Which content's call is every fourth, and whether one is hit twice, is open.
            sizes = {int(c["params"]["limit"]) for c in content_calls(store)}
            assert sizes - {500}, "what timed out is asked for in smaller pages"
            assert sizes <= {500, 250, 125, 62, 31, 15, 10}, "halved each time"

    asyncio.run(scenario())


def test_one_store_and_content_is_never_driven_twice_at_once(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with running(migrated_url, tmp_path) as h:
            second = Worker(h.context)
            second._driver = Driver(h.context)
            await second.start()
            await h.onboard()
            await h.synced()
            for _ in range(3):
                since = h.now()
                await h.client.trigger(str(h.sim.stores[0].shop_id))
                await h.synced(since)
            await second.stop()
            runs = [r for r in h.runs(h.sim.stores[0]) if r["finished_at"]]
            for run in runs:
                for other in runs:
                    if run is not other and (run["content"], run["lang"]) == (
                        other["content"],
                        other["lang"],
                    ):
                        assert (
                            run["finished_at"] <= other["started_at"]
                            or other["finished_at"] <= run["started_at"]
                        )

    asyncio.run(scenario())


async def _interrupt(h: Harness, store: SimulatedStore) -> dict[str, Any]:
    """Stop the worker in the middle of the full run of products; the run as it stands."""

    def under_way() -> dict[str, Any] | None:
        for run in h.runs(store):
            if run["content"] == "products" and run["state"] == "running" and run["received"] >= 2:
                return run
        return None

    found: dict[str, Any] = await h.until(under_way)
    await h.worker.stop()
    return found


def test_a_restart_goes_on_where_it_was(migrated_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        sim = {"scale": 30.0, "languages": ["en"]}
        async with running(migrated_url, tmp_path, sim) as h:
            await h.onboard(["products"])
            store = h.sim.stores[0]
            run = await _interrupt(h, store)
            before = len(content_calls(store))
            again = Worker(h.context)
            await again.start()
            try:
                await h.synced(within=60)
            finally:
                await again.stop()
            after = [
                c
                for c in content_calls(store)[before:]
                if c["params"]["shop_content"] == "products"
            ]
            assert {c["params"]["job_id"] for c in after} == {run["run_id"]}
            assert not any(c["params"].get("full") for c in after)
            rows = await h.client.rows(str(store.shop_id), "products")
            assert len(rows) == store.fingerprint("products")[0]

    asyncio.run(scenario())


def test_withdrawn_consent_closes_the_job_and_the_reading(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        sim = {"scale": 30.0, "languages": ["en"]}
        async with running(migrated_url, tmp_path, sim) as h:
            await h.onboard(["products"])
            store = h.sim.stores[0]
            run = await _interrupt(h, store)
            await h.worker.start()
            await h.withdraw(store)

            def closed() -> bool:
                with h.context.db.reading() as db:
                    return state.find_run(db, str(store.shop_id), run["run_id"]) is None

            await h.until(closed)
            with pytest.raises(ClientError, match="403"):
                await h.client.rows(str(store.shop_id), "products")
            with pytest.raises(ClientError, match="403"):
                await h.client.trigger(str(store.shop_id), full=True)

    asyncio.run(scenario())


def test_a_request_joins_the_run_that_is_queued_or_under_way(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with running(migrated_url, tmp_path) as h:
            await h.onboard()
            for _ in range(5):
                await h.client.trigger(str(h.sim.stores[0].shop_id), full=True)
            await h.synced()
            full = [r for r in h.runs(h.sim.stores[0]) if r["content"] == "orders" and r["full"]]
            assert 1 <= len(full) <= 2

    asyncio.run(scenario())


def test_rows_that_vanish_unannounced_are_gone_after_a_full_run(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        sim = {"defects": frozenset({"lost-changes"})}
        async with running(migrated_url, tmp_path, sim) as h:
            await h.onboard()
            await h.synced()
            store = h.sim.stores[0]
            store.live(60)
            since = h.now()
            await h.client.trigger(str(store.shop_id), full=True)
            await h.synced(since)
            assert await h.differences(store) == {}

    asyncio.run(scenario())


def test_a_new_language_brings_the_images_of_it(migrated_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        def images(*languages: int) -> list[dict[str, Any]]:
            return [
                {"id_image": i, "id_product": 1, "position": 1, "cover": True, "id_lang": lang,
                 "legend": "", "id_shop": 1}
                for i in range(1, 4)
                for lang in languages
            ]  # fmt: skip

        def info(languages: str) -> list[dict[str, Any]]:
            return [{"cms_version": "8.1.7", "default_language": "en", "languages": languages,
                     "timezone": "Europe/Paris"}]  # fmt: skip

        before = {"info": info("en"), "images": images(1)}
        async with running(migrated_url, tmp_path, {"payloads": before}) as h:
            await h.onboard(["images"])
            await h.synced()
            store = h.sim.stores[0]
            # The module keeps its cursors: nothing tells of the new rows but the languages.
            store._replayed = ReplayBook({"info": info("en;fr"), "images": images(1, 2)})
            since = h.now()
            await h.client.trigger(str(store.shop_id))
            await h.synced(since)
            rows = await h.client.rows(str(store.shop_id), "images")
            assert len(rows) == 6

    asyncio.run(scenario())
