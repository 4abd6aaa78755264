"""Stores that do what no store should, at the worst moment: nothing lost, nothing made up, nobody
else kept waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from comptoir.app.worker import Worker
from comptoir.cloudsync import rules
from tests.cloudsync.ground import gone, line
from tests.cloudsync.scripted import Call, FakeStore, Stage, staged
from tests.conftest import SLICE
from tests.eventually import eventually_async

Scenario = Callable[[Stage], Awaitable[None]]


@pytest.fixture(params=SLICE)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def play(url: str, folder: Path, scenario: Scenario, **given: Any) -> None:
    async def whole() -> None:
        async with staged(url, folder, **given) as stage:
            await scenario(stage)

    asyncio.run(whole())


def customers(*numbers: int) -> list[dict[str, Any]]:
    return [{"id_customer": n} for n in numbers]


def many(count: int) -> list[dict[str, Any]]:
    return customers(*range(1, count + 1))


def ids(count: int) -> list[str]:
    return sorted(str(n) for n in range(1, count + 1))


def product(number: int, lang: str, **more: Any) -> dict[str, Any]:
    key = {"id_product": number, "id_attribute": 0, "unique_product_id": f"{number}-0-{lang}"}
    return key | more


async def until(check: Callable[[], Any], within: float = 120.0) -> Any:
    async def asked() -> Any:
        return check()

    return await eventually_async(asked, within)


async def synced(stage: Stage, *contents: str, **data: list[dict[str, Any]]) -> FakeStore:
    store = await stage.store(*contents)
    store.data.update(data)
    stage.start(store)
    every = [c["content"] for c in store.view()["contents"] if c["active"]]
    await store.synced(*every)
    store.calls.clear()
    return store


def test_an_upload_that_somebody_else_took_ends_no_row(migrated_url: str, tmp_path: Path) -> None:
    """201, but it went elsewhere: an answer alone must not end rows."""

    async def scenario(stage: Stage) -> None:
        store = await synced(
            stage, "customers", "themes", customers=many(5), themes=[{"theme_id": "a"}]
        )

        async def elsewhere(call: Call) -> Any:
            return store.said("full" if call.full else "incremental", 201, 5, 0)

        store.turn = elsewhere
        store.want("customers", "themes", full=True)
        await until(lambda: store.view("customers")["reason"] == "not-received")
        await until(lambda: store.view("themes")["reason"] == "not-received")
        assert (store.rows("customers"), store.rows("themes")) == (ids(5), ["a"])

        store.turn = None
        store.data["customers"] = customers(1, 7)
        store.want("customers", "themes", full=True)
        await store.synced("customers", "themes")
        assert store.rows("customers") == ["1", "7"]

    play(migrated_url, tmp_path, scenario)


def test_an_upload_that_was_answered_200_ends_no_row(migrated_url: str, tmp_path: Path) -> None:
    """Themes never say that something remains."""

    async def scenario(stage: Stage) -> None:
        store = await synced(stage, "themes", themes=[{"theme_id": "a"}])

        async def not_taken(_: Call) -> Any:
            return store.said("full", 200, 1, 0)

        store.turn = not_taken
        store.want("themes", full=True)
        await until(lambda: store.view("themes")["reason"] == "not-taken")
        assert store.rows("themes") == ["a"]

    play(migrated_url, tmp_path, scenario)


def test_a_store_that_will_not_start_over_loses_no_row(migrated_url: str, tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        store = await synced(stage, "customers", customers=many(5))

        async def goes_on(call: Call) -> Any:
            return store.said("incremental", 200, 0, 0)

        store.turn = goes_on
        store.want("customers", full=True)
        await until(lambda: store.view("customers")["reason"] == "not-full")
        assert store.rows("customers") == ids(5)

    play(migrated_url, tmp_path, scenario)


def test_a_full_page_where_changes_were_asked_is_a_full_run(
    migrated_url: str, tmp_path: Path
) -> None:
    """The module was upgraded: its cursor is gone."""

    async def scenario(stage: Stage) -> None:
        store = await synced(stage, "customers", customers=many(1200))
        store.offsets.clear()
        store.data["customers"] = customers(*range(2, 1202))
        store.want("customers")
        await until(lambda: any(c.full for c in store.asked("customers")))
        await store.synced("customers")
        assert len(store.rows("customers")) == 1200
        assert "1" not in store.rows("customers")

    play(migrated_url, tmp_path, scenario)


def test_such_a_full_run_goes_on_after_a_failure(migrated_url: str, tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        store = await synced(stage, "customers", customers=many(2600))
        store.offsets.clear()
        failed = 0

        async def third_fails(call: Call) -> Any:
            nonlocal failed
            if len(store.asked("customers")) % 3 == 0 and failed < 3:
                failed += 1
                return web.Response(status=500)
            return None

        store.turn = third_fails
        store.want("customers")
        await store.synced("customers")
        asked = store.asked("customers")
        assert failed == 3
        assert sum(call.full for call in asked) == 1
        assert len(asked) <= 1 + 6 + 3

    play(migrated_url, tmp_path, scenario)


def test_a_reset_in_the_middle_of_a_full_run_loses_no_row(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario(stage: Stage) -> None:
        store = await synced(stage, "customers", customers=many(2600))

        async def reset_once(call: Call) -> Any:
            if len(store.asked("customers")) == 3:
                store.offsets.clear()
                store.data["customers"] = customers(*range(100, 2601))
            return None

        store.turn = reset_once
        store.want("customers", full=True)
        await store.synced("customers")
        assert store.rows("customers") == sorted(str(n) for n in range(100, 2601))

    play(migrated_url, tmp_path, scenario)


def test_rows_that_slip_between_pages_are_kept(migrated_url: str, tmp_path: Path) -> None:
    """A row before the page goes away: one row after it slips into the pages read already."""

    async def scenario(stage: Stage) -> None:
        store = await synced(stage, "customers", customers=many(1800))

        async def one_goes(call: Call) -> Any:
            if len(store.asked("customers")) == 2:
                del store.data["customers"][0]
            return None

        store.turn = one_goes
        store.want("customers", full=True)
        await store.synced("customers")
        assert store.rows("customers") == sorted(str(n) for n in range(2, 1801))

    play(migrated_url, tmp_path, scenario)


def test_rows_that_slip_while_the_run_is_interrupted_are_kept(
    migrated_url: str, tmp_path: Path
) -> None:
    """One goes and one comes while the server is down: the count alone does not tell."""

    async def scenario(stage: Stage) -> None:
        store = await synced(stage, "customers", customers=many(1800))
        hold = asyncio.Event()

        async def wait(call: Call) -> Any:
            if len(store.asked("customers")) == 3:
                await hold.wait()
            return None

        store.turn = wait
        store.want("customers", full=True)
        await until(lambda: len(store.asked("customers")) == 3)
        await stage.worker.stop()
        store.turn = None
        hold.set()
        del store.data["customers"][0]
        store.data["customers"] += customers(1801)
        again = Worker(stage.context)
        await again.start()
        try:
            await store.synced("customers")
        finally:
            await again.stop()
        assert store.rows("customers") == sorted(str(n) for n in range(2, 1802))

    play(migrated_url, tmp_path, scenario)


def test_a_second_pass_loses_no_change_of_another_language(
    migrated_url: str, tmp_path: Path
) -> None:
    """`full=1` for one language empties the outbox of all."""

    async def scenario(stage: Stage) -> None:
        store = await stage.store("products")
        store.data["info"][0]["languages"] = "en;fr"
        for lang in ("en", "fr"):
            store.data[f"products/{lang}"] = [product(n, lang, name="old") for n in range(1, 351)]
            store.outbox[f"products/{lang}"] = []
        stage.start(store)
        await store.synced("products")
        store.calls.clear()

        async def busy(call: Call) -> Any:
            french = [c for c in store.asked("products") if c.lang == "fr"]
            if call.lang == "fr" and len(french) == 3:
                # English is finished and announces a change; French moves.
                store.data["products/en"][0]["name"] = "new"
                sent = line("products", product(1, "en", name="new"))
                store.outbox["products/en"].append(sent)
                del store.data["products/fr"][0]
            return None

        store.turn = busy
        store.want("products", full=True)
        await store.synced("products")
        store.want("products")
        await store.synced("products")
        assert len(store.rows("products")) == 350 + 349
        assert await name_of(stage, store, "1-0-en") == "new"

    play(migrated_url, tmp_path, scenario)


async def name_of(stage: Stage, store: FakeStore, identifier: str) -> str:
    from comptoir.cloudsync.tables import RAW

    table = RAW["products"]
    query = table.select().where(table.c.shop_id == store.shop_id, table.c.id == identifier)
    with stage.context.db.reading() as db:
        return str(db.execute(query).mappings().one()["name"])


def test_an_answer_that_was_lost_at_the_end_loses_no_change(
    migrated_url: str, tmp_path: Path
) -> None:
    """The last page was taken, its answer lost. The store goes on with changes; one is a delete."""

    async def scenario(stage: Stage) -> None:
        store = await synced(stage, "products", products=[product(n, "en") for n in (1, 2, 3)])

        async def lost_once(call: Call) -> Any:
            if len(store.asked("products")) > 1:
                return None
            await store.agent(call)
            store.data["products"] = [product(n, "en") for n in (1, 3)]
            store.outbox["products"] = [gone("products", "2")]
            return web.Response(status=502)

        store.turn = lost_once
        store.want("products", full=True)
        await store.synced("products")
        assert store.rows("products") == ["1-0-en", "3-0-en"]

    play(migrated_url, tmp_path, scenario)


@pytest.mark.parametrize("pattern", ["up", "circle", "still"])
def test_a_run_that_goes_nowhere_ends(migrated_url: str, tmp_path: Path, pattern: str) -> None:
    async def scenario(stage: Stage) -> None:
        store = await stage.store("customers")

        async def nowhere(call: Call) -> Any:
            if call.content == "info":
                return None
            asked = len(store.asked("customers"))
            left = {"up": asked, "circle": 1 + asked % 2, "still": 5}[pattern]
            await store.upload(call, [line("customers", {"id_customer": asked})])
            return store.said("full", 201, 1, left)

        store.turn = nowhere
        stage.start(store)
        await until(lambda: store.view("customers")["reason"] == "stalled")
        assert len(store.asked("customers")) <= rules.CIRCLING_PAGES + 5
        states = {run["state"] for run in store.runs("customers")}
        assert states <= {"failed", "running"} and "failed" in states

    play(migrated_url, tmp_path, scenario, backoff_first=600.0, backoff_most=600.0)


def test_three_contents_that_always_fail_keep_no_other_waiting(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario(stage: Stage) -> None:
        bad = ("bundles", "carriers", "carts")
        good = ("customers", "orders", "stocks", "wishlists")
        store = await stage.store(*bad, *good)
        store.data.update(customers=many(3))

        async def broken(call: Call) -> Any:
            return web.Response(status=500) if call.content in bad else None

        store.turn = broken
        stage.start(store)
        await store.synced(*good)
        assert store.rows("customers") == ids(3)
        assert {store.view(name)["reason"] for name in bad} == {"store-error"}

    play(migrated_url, tmp_path, scenario)


def test_words_that_no_database_takes_stop_nothing(migrated_url: str, tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        store = await stage.store("customers")
        turns = 0

        async def strange(call: Call) -> Any:
            nonlocal turns
            turns += 1
            if turns == 1:
                said = {"httpCode": 500, "message": "a\0b\ud83d" + "x" * 9000}
                return web.json_response(said, status=500)
            if turns == 2:
                return web.Response(status=302, headers={"Location": "https://x/\u00ff"})
            return None

        store.turn = strange
        stage.start(store)
        await store.synced("customers")

    play(migrated_url, tmp_path, scenario)


def test_a_store_that_answers_without_end_keeps_no_other_waiting(
    migrated_url: str, tmp_path: Path
) -> None:
    async def scenario(stage: Stage) -> None:
        poisoned = await stage.store("customers")
        well = await stage.store("customers")
        well.data.update(customers=many(50))

        async def huge() -> Any:
            return web.Response(body=b'{"x":"' + b"y" * (9 << 20), content_type="application/json")

        async def slow(_: Call) -> Any:
            return await huge()

        poisoned.health = huge
        poisoned.turn = slow
        stage.start(poisoned)
        stage.start(well)
        await well.synced("customers")
        await until(lambda: poisoned.view()["reason"] == "too-large")

    play(migrated_url, tmp_path, scenario)


def test_consent_that_ends_in_the_middle_closes_the_run(migrated_url: str, tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        from comptoir import accounts
        from comptoir.cloudsync import schedule

        store = await stage.store("customers")
        store.data.update(customers=many(2600))
        statuses: list[int] = []

        async def withdraw(call: Call) -> Any:
            if call.content == "customers" and len(store.asked("customers")) == 3:
                with stage.context.db.begin("test") as work:
                    accounts.withdraw(work, store.shop_id, f"vendor{store.number}")
                    schedule.refresh(work, store.shop_id)
                statuses.append(
                    await store.upload(call, [line("customers", {"id_customer": 9999})])
                )
            return None

        store.turn = withdraw
        stage.start(store)
        await until(lambda: statuses)
        await until(lambda: not store.view()["driven_now"])
        assert statuses == [404]
        assert len(store.rows("customers")) == 1000
        assert {run["state"] for run in store.runs("customers")} == {"withdrawn"}
        assert len(store.asked("customers")) == 3

        store.turn = None
        stage.start(store)
        await store.synced("customers")
        assert store.rows("customers") == ids(2600)

    play(migrated_url, tmp_path, scenario)


def test_no_content_is_asked_twice_at_once(migrated_url: str, tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        store = await stage.store("customers", "orders", "carts")
        under_way: set[str] = set()
        twice: list[str] = []

        async def watch(call: Call) -> Any:
            if call.content in under_way:
                twice.append(call.content)
            under_way.add(call.content)
            try:
                store.want("customers", full=len(store.calls) % 2 == 0)
                return await store.agent(call)
            finally:
                under_way.discard(call.content)

        store.turn = watch
        second = Worker(stage.context)
        stage.start(store)
        await until(lambda: len(store.calls) > 40)
        store.turn = None
        assert not twice
        assert store.most <= stage.context.settings.store_concurrency
        await second.stop()

    play(migrated_url, tmp_path, scenario)


@pytest.mark.parametrize("full", [False, True])
def test_what_is_asked_during_a_run_is_done_after_it(
    migrated_url: str, tmp_path: Path, full: bool
) -> None:
    """The page under way may have been read before the change."""

    async def scenario(stage: Stage) -> None:
        store = await synced(stage, "customers", customers=many(3))
        store.outbox["customers"] = []

        async def changes_after_reading(call: Call) -> Any:
            if len(store.asked("customers")) > 1:
                return None
            found = await store.agent(call)
            store.outbox["customers"].append(line("customers", {"id_customer": 4}))
            store.data["customers"] = many(4)
            store.want("customers", full=full)
            return found

        store.turn = changes_after_reading
        store.want("customers")
        await until(lambda: store.rows("customers") == ids(4))
        await store.synced("customers")
        assert [c.full for c in store.asked("customers")] == [False, full]

    play(migrated_url, tmp_path, scenario)
