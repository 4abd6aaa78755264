"""The agent's front controllers, rule by rule (spec/eventbus.md §2.1, §2.2, §3.2, §3.3)."""

import json
from typing import Any

import pytest

from comptoir.simulator import Simulation
from tests.simulator.stage import Stage, played

EMPTY_BATCH = "40cd750bba9870f18aada2478b24840a"


def test_an_unknown_content_is_refused_before_the_job_is_asked() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        for name in ("", "nothing", "orderDetails"):
            status, reason, answer = await agent.call(shop_content=name, job_id="j")
            assert (status, reason) == (458, "Invalid URL query")
            assert answer == {
                "object_type": False,
                "status": False,
                "httpCode": 458,
                "message": "404 - ShopContent not found",
            }
        assert there.cloud.jobs == []

    played(scenario)


@pytest.mark.parametrize("limit", ["-1", ""])
def test_a_negative_or_empty_limit_is_refused(limit: str) -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        status, _, answer = await agent.call(shop_content="orders", job_id="j", limit=limit)
        assert (status, answer["message"]) == (458, "Invalid URL Parameters")
        assert there.cloud.jobs == []

    played(scenario)


def test_a_limit_that_is_no_number_breaks_php() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        status, _, answer = await agent.call(shop_content="orders", job_id="j", limit="many")
        assert status == 500
        assert isinstance(answer, str) and "<html>" in answer

    played(scenario)


@pytest.mark.parametrize("status", [200, 204, 404, 500])
def test_only_201_accepts_a_job(status: int) -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.job_status = status
        agent = there.reference()
        code, reason, answer = await agent.call(shop_content="orders", job_id="j")
        assert (code, reason) == (454, "Database syntax error")
        assert answer["message"] == "Failed saving job id to database"
        assert there.cloud.uploads == []

    played(scenario)


def test_an_accepted_job_is_never_asked_again_and_an_empty_one_is_asked_empty() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        await agent.call(shop_content="orders", job_id="j")
        there.cloud.job_status = 404
        status, _, _ = await agent.call(shop_content="carts", job_id="j")
        assert status == 201
        assert there.cloud.jobs == ["j"]
        status, _, _ = await agent.call(shop_content="carts")
        assert status == 454
        assert there.cloud.jobs == ["j", ""]

    played(scenario)


def test_a_store_without_a_token_cannot_send() -> None:
    async def scenario(there: Stage) -> None:
        status, reason, answer = await there.reference().call(shop_content="orders", job_id="j")
        assert (status, reason) == (452, "Cannot refresh token")
        assert answer["message"] == "Invalid token"
        assert there.cloud.jobs == ["j"]

    played(scenario, installed=False)


def test_a_full_run_pages_by_limit_and_says_what_is_left() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        count = there.store.book.count("customers", "en")
        assert count == 14
        left = []
        for page in range(3):
            status, _, answer = await agent.call(
                shop_content="customers", job_id="j", limit=6, full=int(page == 0)
            )
            assert status == answer["httpCode"] == 201
            assert answer["syncType"] == "full"
            left.append(
                (
                    answer["total_objects"],
                    answer["remaining_objects"],
                    answer["has_remaining_objects"],
                )
            )
        assert left == [(6, 8, True), (6, 2, True), (2, 0, False)]
        sent = [r["properties"]["id_customer"] for u in there.cloud.uploads for r in u.records]
        assert sent == sorted(set(sent)), "in the order of the key, none twice"
        assert len(sent) == count
        assert set(answer) == {
            "job_id",
            "object_type",
            "syncType",
            "execution_time_in_seconds",
            "total_objects",
            "has_remaining_objects",
            "remaining_objects",
            "md5",
            "status",
            "httpCode",
            "body",
            "upload_url",
        }
        assert answer["body"] == '{"ok":true}'
        assert answer["job_id"] == "j"
        assert answer["object_type"] == "customers"

    played(scenario)


def test_after_the_end_runs_are_incremental_and_send_nothing_new() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        await agent.run("orders", "en", full=True, limit=100)
        there.cloud.uploads.clear()
        status, _, answer = await agent.call(shop_content="orders", job_id="j")
        assert status == 200
        assert answer["syncType"] == "incremental"
        assert (answer["total_objects"], answer["remaining_objects"]) == (0, 0)
        assert answer["md5"] == EMPTY_BATCH
        assert not {"status", "body", "upload_url"} & set(answer)
        assert there.cloud.uploads == []

    played(scenario)


@pytest.mark.parametrize("status", [200, 202, 302, 401, 413, 500])
def test_any_other_answer_than_201_sends_the_same_page_again(status: int) -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.upload_status = status
        agent = there.reference()
        for full in (1, 0):
            code, _, answer = await agent.call(
                shop_content="customers", job_id="j", limit=6, full=full
            )
            assert code == answer["httpCode"] == status
            assert answer["status"] is (200 <= status < 300)
            assert answer["remaining_objects"] == 14
        first, second = there.cloud.uploads
        assert first.records == second.records
        assert second.headers["Full-Sync-Requested"] == "1"

    played(scenario)


def test_a_204_of_the_collector_costs_the_answer() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.upload_status = 204
        status, _, answer = await there.reference().call(shop_content="carts", job_id="j")
        assert status == 204
        assert not answer

    played(scenario)


def test_a_collector_that_does_not_answer_makes_a_bad_gateway() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.upload_status = 0
        status, _, answer = await there.reference().call(shop_content="carts", job_id="j")
        assert status == 502
        assert "<html>" in answer

    played(scenario)


@pytest.mark.parametrize("content", ["info", "themes"])
def test_info_and_themes_count_as_finished_even_after_a_failed_upload(content: str) -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        there.cloud.upload_status = 500
        _, _, answer = await agent.call(shop_content=content, job_id="j", limit=1)
        assert answer["remaining_objects"] == 0
        there.cloud.upload_status = 201
        status, _, answer = await agent.call(shop_content=content, job_id="j", limit=1)
        assert (status, answer["syncType"]) == (200, "incremental")
        _, _, answer = await agent.call(shop_content=content, job_id="j", limit=1, full=1)
        assert answer["total_objects"] == (2 if content == "themes" else 1), "never paged"

    played(scenario, versions=("9",))


def test_a_limit_of_zero_sends_all_and_never_ends() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        for _ in range(3):
            _, _, answer = await agent.call(shop_content="customers", job_id="j", limit=0)
            assert answer["total_objects"] == answer["remaining_objects"] == 14

    played(scenario)


def test_languages_have_their_own_cursor_and_an_unknown_one_is_empty() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        await agent.run("categories", "en", full=True, limit=100)
        _, _, answer = await agent.call(shop_content="categories", job_id="j", lang_iso="fr")
        assert answer["syncType"] == "full"
        assert {r["properties"]["iso_code"] for r in there.cloud.uploads[-1].records} == {"fr"}
        there.cloud.uploads.clear()
        for mode in ("full", "incremental"):
            status, _, answer = await agent.call(
                shop_content="categories", job_id="j", lang_iso="xx"
            )
            assert (status, answer["syncType"], answer["total_objects"]) == (200, mode, 0)
        assert there.cloud.uploads == []

    played(scenario, languages=("en", "fr"))


def test_the_upload_is_one_part_of_ndjson() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        await agent.call(shop_content="products", job_id="job_A-1", limit=3, full=1)
        upload = there.cloud.uploads[0]
        token = await there.store.access_token()
        assert upload.job == "job_A-1"
        assert upload.headers["Authorization"] == f"Bearer {token}"
        assert upload.headers["User-Agent"].startswith("ps-eventbus/4.")
        assert upload.headers["Accept"] == "application/json"
        assert upload.headers["Full-Sync-Requested"] == "1"
        assert "Accept-Encoding" not in upload.headers
        head, _, rest = upload.body.partition(b"\r\n\r\n")
        assert b'Content-Disposition: form-data; name="file"; filename="file"' in head
        assert b"Content-Type: text/plain" in head
        content = rest[: rest.rindex(b"\r\n--")]
        assert content.count(b"\r\n") == 2
        assert not content.endswith(b"\n")
        assert content.isascii() and b"\\u" in content and b"\\/" not in content
        for line in content.split(b"\r\n"):
            assert list(json.loads(line)) == ["action", "collection", "properties"]

    played(scenario, languages=("fr",))


def test_a_large_upload_waits_for_the_collector_to_be_ready() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        status, _, _ = await agent.call(shop_content="products", job_id="j", limit=5000)
        assert status == 201
        upload = there.cloud.uploads[0]
        assert len(upload.body) > 1 << 20
        assert upload.headers["Expect"] == "100-continue"

    played(scenario, scale=40.0)


def test_explaining_uploads_nothing() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        asked: dict[str, Any] = {"shop_content": "orders", "job_id": "j", "explain_sql": 1}
        status, _, answer = await agent.call(**asked, full=1, limit=5)
        assert status == answer["httpCode"] == 200
        query = answer["\0*\0query"]
        assert query["limit"] == {"offset": 0, "limit": 5}
        assert answer["queryStringified"].startswith("SELECT")
        await agent.run("orders", "en", full=True, limit=50)
        there.cloud.uploads.clear()
        _, _, answer = await agent.call(**asked)
        assert "IN('-1')" in answer["\0*\0query"]["where"][-1]
        assert there.cloud.uploads == []
        there.cloud.job_status = 404
        status, _, _ = await agent.call(**asked | {"job_id": "other"})
        assert status == 454
        there.cloud.job_status = 201
        status, _, answer = await agent.call(shop_content="info", job_id="j", explain_sql=1)
        assert (status, answer["total_objects"]) == (201, 1)

    played(scenario)


def test_friendly_addresses_posts_and_other_pages() -> None:
    async def scenario(there: Stage) -> None:
        base = there.store.frontend_url
        url = f"{base}/module/ps_eventbus/apiShopContent?shop_content=orders&job_id=j&limit=1"
        async with there.http.post(url, data={"limit": "2", "call_id": "x"}) as answer:
            assert answer.status == 201
            assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
            assert "no-store" in answer.headers["Cache-Control"]
            assert answer.headers["Set-Cookie"].startswith("PrestaShop-")
            assert (await answer.json(content_type=None))["total_objects"] == 2
        async with there.http.get(base) as answer:
            assert there.store.name in await answer.text()
        for wrong in ("/module/ps_eventbus/apiOrders", "/module/other/api"):
            async with there.http.get(base + wrong) as answer:
                assert answer.status == 404
        for nobody in ("/shop2", "/shop0", "/shopx/index.php", "/elsewhere"):
            async with there.http.get(there.sim.url + nobody) as answer:
                assert answer.status == 404
        assert there.sim.counters.requests > 5
        assert there.store.calls[-3]["content"] == "orders"

    played(scenario)


def test_the_health_check_tells_more_to_the_holder_of_a_job() -> None:
    async def scenario(there: Stage) -> None:
        agent = there.reference()
        there.cloud.job_status = 404
        status, _, answer = await agent.call("apiHealthCheck", job_id="wrong")
        assert status == 200
        assert set(answer) == {"ps_account", "is_valid_jwt", "ps_eventbus", "env", "httpCode"}
        assert answer["ps_account"] is answer["is_valid_jwt"] is answer["ps_eventbus"] is True
        assert answer["env"]["EVENT_BUS_SYNC_API_URL"] == f"{there.cloud.url}/sync-api"
        there.cloud.job_status = 201
        _, _, answer = await agent.call("apiHealthCheck", job_id="right")
        assert answer["prestashop_version"] == "8.1.7"
        assert answer["shop_id"] == there.store.shop_id == "shop-1"
        assert {"ps_eventbus_version", "ps_accounts_version", "php_version"} < set(answer)

    played(scenario)


def test_addresses_are_known_only_once_the_simulation_listens() -> None:
    sim = Simulation(stores=2000)
    assert sim.stores[1999].name
    with pytest.raises(RuntimeError, match="no address"):
        _ = sim.stores[0].frontend_url
