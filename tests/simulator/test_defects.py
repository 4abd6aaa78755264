"""Each defect does what its line says, and a patient cloud gets over the passing ones."""

import pytest

from comptoir.simulator import DEFECTS, Simulation
from tests.simulator.reference import difference, same
from tests.simulator.stage import Stage, played


def test_unknown_defects_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown defects: gremlins"):
        Simulation(defects=frozenset({"gremlins"}))
    assert all(DEFECTS.values())


def test_an_unavailable_store_recovers_after_the_first_calls() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        for _ in range(2):
            status, _, page = await agent.call(shop_content="orders", job_id="j")
            assert status == 503
            assert "<html>" in page
        assert (await agent.call(shop_content="orders", job_id="j"))[0] == 201

    played(scenario, defects=frozenset({"unavailable"}), defect_calls=2)


def test_refused_jobs_are_accepted_later() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        for _ in range(3):
            assert (await agent.call(shop_content="orders", job_id="j"))[0] == 454
        assert there.cloud.jobs == []
        assert (await agent.call(shop_content="orders", job_id="j"))[0] == 201

    played(scenario, defects=frozenset({"job-refused"}))


def test_a_redirecting_store_sends_elsewhere_for_a_while() -> None:
    async def scenario(there: Stage) -> None:
        url = f"{there.store.frontend_url}/module/ps_eventbus/apiHealthCheck"
        async with there.http.get(url, allow_redirects=False) as answer:
            assert answer.status == 302
            assert answer.headers["Location"] == url.replace("127.0.0.1", "localhost")
        async with there.http.get(url, allow_redirects=False) as answer:
            assert answer.status == 200

    played(scenario, defects=frozenset({"redirect"}), defect_calls=1)


def test_a_slow_store_takes_its_time_on_every_fourth_call() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        for _ in range(8):
            await agent.call(shop_content="orders", job_id="j", limit=1)
        assert there.pauses == [35.0, 35.0]

    played(scenario, defects=frozenset({"slow"}))


def test_a_truncated_upload_is_sent_again_whole() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        for full in (1, 0, 0, 0, 0):
            there.cloud.upload_status = 201
            await agent.call(shop_content="stocks", job_id="j", limit=2, full=full)
        cut = there.cloud.uploads[-1]
        assert cut.records == [], "no closing boundary"
        assert int(cut.headers["Content-Length"]) == len(cut.body)

    played(scenario, defects=frozenset({"truncated-upload"}))


def test_a_stuck_store_never_advances() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        left = set()
        for _ in range(3):
            _, _, answer = await agent.call(shop_content="customers", job_id="j", limit=5)
            left.add(answer["remaining_objects"])
        assert left == {14}

    played(scenario, defects=frozenset({"stuck"}))


def test_duplicated_batches_leave_the_truth_alone() -> None:
    async def scenario(there: Stage) -> None:
        reference = there.reference()
        await reference.sync(full=True, limit=10)
        for content in ("products", "order_details", "stocks"):
            seen, truth = reference.table(content), there.store.truth(content)
            assert same(seen, truth), difference(seen, truth)
        sent = there.sim.counters.uploads
        assert sent > len([c for c in there.store.calls if c["sent"]])

    played(scenario, defects=frozenset({"duplicated-batch"}))


def test_lost_changes_lose_about_one_in_twenty() -> None:
    async def scenario(there: Stage) -> None:
        await there.reference().run("customers", "en", full=True, limit=1000)
        for number in range(2000):
            there.store.hooks.saved("customers", number)
        kept = len(there.store.tables.outbox["customers", "en"])
        assert 1850 < kept < 1950

    played(scenario, defects=frozenset({"lost-changes"}))


def test_rows_come_and_go_while_a_full_run_pages() -> None:
    async def scenario(there: Stage) -> None:
        before = {row["idCustomer"] for row in there.store.truth("customers")}
        reference = there.reference()
        await reference.run("customers", "en", full=True, limit=2)
        after = {row["idCustomer"] for row in there.store.truth("customers")}
        assert before - after and after - before
        seen = {row["idCustomer"] for row in reference.table("customers")}
        assert seen != after, "the pages shifted under the cloud"
        again = there.reference()
        await again.run("customers", "en", full=True, limit=1000)
        assert same(again.table("customers"), there.store.truth("customers"))

    played(scenario, defects=frozenset({"shuffled-pages"}))
