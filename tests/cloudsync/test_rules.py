"""How an agent's answers are read, and when a run is stuck, moved or waits (spec/eventbus.md §2.1,
§2.2, §8.4)."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.cloudsync import rules
from comptoir.cloudsync.rules import ContentState, Progress
from comptoir.prestashop.agent import (
    FAILURES,
    Failure,
    Page,
    Scope,
    content_url,
    health_url,
    read_health,
    read_page,
)

STATE = ContentState("orders", True, False, False, None, None, None, 0, 1, 1, 0)
"""Synced once, nothing asked, nothing planned."""


def page(status: int = 201, /, http_status: int | None = None, **members: Any) -> Page | Failure:
    sent = {
        "job_id": "j",
        "object_type": "orders",
        "syncType": "full",
        "total_objects": 50,
        "has_remaining_objects": True,
        "remaining_objects": 70,
        "httpCode": status,
    }
    body = json.dumps(sent | members).encode()
    return read_page(status if http_status is None else http_status, "", body)


def failure(found: Page | Failure) -> Failure:
    assert isinstance(found, Failure), found
    return found


def test_a_page() -> None:
    assert page() == Page(True, 50, 70, 201)
    assert page(syncType="incremental") == Page(False, 50, 70, 201)
    assert page(200, total_objects=0) == Page(True, 0, 70, 200)
    assert page(has_remaining_objects=False) == Page(True, 50, 0, 201)
    assert page(status=False, body="{}") == Page(True, 50, 70, 201)


def test_a_page_without_its_type_is_no_full_one() -> None:
    assert read_page(200, "", b"{}") == Page(False, 0, 0, 200)


def test_an_upload_that_was_answered_otherwise_than_201_was_not_taken() -> None:
    assert failure(page(200)).reason == "not-taken"
    assert failure(page(204)).reason == "refused"
    assert failure(page(202)).reason == "refused"


def test_claims_have_bounds() -> None:
    assert page(total_objects=10**30, remaining_objects=10**30) == Page(
        True, 10**9, 10**9, 201
    ) or isinstance(page(total_objects=10**30), Failure)
    assert page(total_objects=2**60, remaining_objects=-5) == Page(True, 10**9, 0, 201)


@pytest.mark.parametrize("code", FAILURES)
@pytest.mark.parametrize("body", ["json", "html", "empty"])
def test_every_code_has_its_reason(code: int, body: str) -> None:
    bodies = {
        "json": b'{"object_type":false,"status":false,"httpCode":%d,"message":"Oh\\u0000!"}' % code,
        "html": b"<html><body>Something</body></html>",
        "empty": b"",
    }

    found = failure(read_page(code, "", bodies[body]))

    scope, reason, detail, patience = FAILURES[code]
    assert (found.scope, found.reason, found.status) == (scope, reason, code)
    assert found.patience == patience
    assert found.detail == (f"{detail}: Oh!" if body == "json" else detail)


@pytest.mark.parametrize("status", [200, 201])
def test_the_code_in_the_body_counts(status: int) -> None:
    assert failure(page(454, status)).reason == "job-refused"
    assert failure(page(500, status)).reason == "store-error"


def test_the_status_counts_when_the_body_says_well() -> None:
    assert failure(page(201, 500)).reason == "store-error"
    assert failure(page(201, 418)).reason == "refused"
    assert failure(page(201, 404)).status == 404


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    found = failure(read_page(status, "https://elsewhere\udcff/\0" + "x" * 900, b""))

    assert (found.scope, found.reason) == (Scope.STORE, "redirect")
    assert "https://elsewhere?/xxx" in found.detail
    assert len(found.detail) < 300
    assert found.detail.encode()


@pytest.mark.parametrize("status", [200, 201, 204, 404, 403, 429, 0, 999])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"7",
        b'"x"',
        b"\xff\xfe",
        b'{"total_objects":"many"}',
        b'{"remaining_objects":1.5}',
        b'{"httpCode":"201"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"body":"' + b"x" * (8 << 20),
    ],
)
def test_what_is_not_the_agents_json(status: int, body: bytes) -> None:
    found = failure(read_page(status, "", body))

    assert (found.scope, found.reason, found.status) == (Scope.STORE, "not-json", status)


@given(st.integers(0, 999), st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"null"]))
def test_any_answer_is_a_page_or_a_failure(status: int, body: bytes) -> None:
    found = read_page(status, "", body)

    assert isinstance(found, Failure) or found.status in (200, 201)
    assert not read_health(status, "", body).ready or status == 200


# --- health

WELL = {
    "prestashop_version": "8.1.7",
    "ps_eventbus_version": "4.0.13",
    "ps_accounts_version": "8.0.0",
    "php_version": "8.1.0",
    "shop_id": "x",
    "ps_account": True,
    "is_valid_jwt": True,
    "ps_eventbus": True,
    "httpCode": 200,
}


def test_a_store_that_is_well() -> None:
    found = read_health(200, "", json.dumps(WELL).encode())

    assert (found.ready, found.reason) == (True, "")
    assert found.versions == {n: v for n, v in WELL.items() if n.endswith("_version")}


def test_versions_are_few_and_short() -> None:
    sent = WELL | {f"x{i}_version": "1" for i in range(1000)}
    sent |= {"php_version": "9" * 5000, "prestashop_version": False}

    found = read_health(200, "", json.dumps(sent).encode())

    assert set(found.versions) == {"ps_eventbus_version", "ps_accounts_version", "php_version"}
    assert len(found.versions["php_version"]) == 64


@pytest.mark.parametrize(
    ("status", "sent", "reason"),
    [
        (200, WELL | {"ps_eventbus": False}, "tables-missing"),
        (200, WELL | {"ps_account": False}, "no-token"),
        (200, {}, "not-json"),
        (200, [], "not-json"),
        (200, None, "not-json"),
        (302, WELL, "redirect"),
        (503, WELL, "maintenance"),
        (500, WELL, "store-error"),
        (404, WELL, "store-error"),
        (204, None, "store-error"),
    ],
)
def test_a_store_that_is_not(status: int, sent: Any, reason: str) -> None:
    found = read_health(status, "https://x", json.dumps(sent).encode())

    assert (found.ready, found.reason) == (False, reason)
    assert found.detail


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000, b"x" * (8 << 20)])
def test_a_health_that_is_no_json(body: bytes) -> None:
    assert read_health(200, "", body).reason == "not-json"


# --- calls


def test_the_calls() -> None:
    url = content_url(
        "https://s.example/a", "order_details", "j-1", limit=5, full=True, lang_iso="fr"
    )
    asked = parse_qs(urlsplit(url).query)

    assert url.startswith("https://s.example/a/index.php?fc=module&module=ps_eventbus&")
    assert asked["controller"] == ["apiShopContent"]
    assert asked["shop_content"] == ["order_details"]
    assert (asked["limit"], asked["full"], asked["lang_iso"]) == (["5"], ["1"], ["fr"])
    later = content_url("https://s.example", "orders", "j", limit=5, full=False, lang_iso="")
    assert "full" not in later and "lang_iso" not in later
    assert "job_id" not in health_url("https://s.example")


# --- progress


def full(*pages: tuple[int, int], limit: int = 10, moved: bool = False) -> Progress:
    progress = Progress(moved=moved)
    for records, remaining in pages:
        progress.page(limit=limit, records=records, remaining=remaining)
    return progress


def test_a_steady_pass() -> None:
    assert not full((10, 15), (10, 5), (5, 0)).moved
    assert not full((7, 0)).moved
    assert not full((0, 0)).moved


@pytest.mark.parametrize(
    "pages",
    [
        [(10, 15), (10, 6), (6, 0)],
        [(10, 15), (10, 4), (4, 0)],
        [(10, 15), (10, 5), (4, 0)],
        [(10, 15), (10, 5), (6, 0)],
        [(10, 15), (10, 0)],
    ],
)
def test_rows_that_come_or_go_make_a_pass_unsteady(pages: list[tuple[int, int]]) -> None:
    assert full(*pages).moved


def test_pages_of_another_size_do_not() -> None:
    progress = full((10, 15))
    progress.page(limit=5, records=5, remaining=10)
    progress.page(limit=10, records=10, remaining=0)

    assert not progress.moved


def test_a_pass_that_was_interrupted_is_unsteady() -> None:
    assert full((5, 0), moved=True).moved


@pytest.mark.parametrize(
    "remaining", [[5] * 4, [5, 6, 7, 8], [9, 8, 8, 8, 8], [2, 1] * 150, [3, 2, 1] * 150]
)
def test_a_run_that_goes_nowhere_is_stuck(remaining: list[int]) -> None:
    progress = Progress()
    for left in remaining:
        progress.advance(left)

    assert progress.stuck


@pytest.mark.parametrize(
    "remaining",
    [[5, 4, 3, 2, 1, 0], [5, 5, 5, 4], [5, 500, 490, 480], list(range(5000, 0, -1)), [0] * 9],
)
def test_a_run_that_advances_is_not(remaining: list[int]) -> None:
    progress = Progress()
    for left in remaining:
        progress.advance(left)

    assert not progress.stuck


# --- waiting


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waits_double_up_to_the_longest(failures: int, jitter: float) -> None:
    failure = Failure(Scope.STORE, "maintenance", "", 503)

    found = rules.wait_after(failure, failures, first=5, most=3600, jitter=jitter)

    assert min(3600, 5 * 2 ** min(failures - 1, 20)) * 1000 <= found + 1
    assert found <= min(3600, 5 * 2 ** min(failures - 1, 20)) * 1250


def test_what_needs_a_person_waits_longer() -> None:
    patient = Failure(Scope.STORE, "account-missing", "", 460, 10)

    assert rules.wait_after(patient, 1, first=5, most=3600, jitter=0) == 50_000


def test_pages_shrink_to_the_smallest() -> None:
    assert [rules.smaller_page(n) for n in (500, 21, 20, 11, 10, 1)] == [250, 10, 10, 10, 10, 10]


# --- due


def state(**changes: Any) -> ContentState:
    members = {name: getattr(STATE, name) for name in ContentState.__slots__}
    return ContentState(**(members | changes))


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({}, None),
        ({"want_full": True}, 0),
        ({"want_incremental": True}, 0),
        ({"want_full": True, "backoff_until": 50}, 50),
        ({"next_incremental_at": 20, "next_full_at": 10}, 10),
        ({"next_incremental_at": 20, "next_full_at": 30, "backoff_until": 25}, 25),
        ({"next_incremental_at": 20, "backoff_until": 5}, 20),
        ({"want_full": True, "active": False}, None),
    ],
)
def test_when_a_content_is_due(changes: dict[str, Any], at: int | None) -> None:
    found = state(**changes)

    assert found.due_at() == at
    assert found.due(at or 0) is (at is not None)
    assert not found.due((at or 0) - 1)


def test_which_run_is_due() -> None:
    assert state(want_full=True).wants_full(0)
    assert state(first_finished_at=None).wants_full(0)
    assert state(next_full_at=5).wants_full(5)
    assert not state(next_full_at=5, want_incremental=True).wants_full(4)


@pytest.mark.parametrize(
    ("pages", "slipped"),
    [
        ([(10, 15), (10, 5), (5, 0)], False),
        ([(10, 15), (10, 6), (6, 0)], False),
        ([(10, 15), (10, 5), (6, 0)], False),
        ([(10, 15), (10, 4), (4, 0)], True),
        ([(10, 15), (10, 5), (4, 0)], True),
        ([(10, 15), (10, 15), (10, 5), (5, 0)], True),
    ],
)
def test_rows_that_go_away_make_others_slip(pages: list[tuple[int, int]], slipped: bool) -> None:
    assert full(*pages).slipped is slipped


PACE = rules.Pace(incremental=900, full=86_400, backoff=4_500)


def set_ahead(at: int) -> ContentState:
    """A state whose times were set at `at`."""
    return state(
        active=True,
        next_full_at=86_400 + at,
        next_incremental_at=900 + at,
        backoff_until=4_500 + at,
    )


def test_times_that_can_have_been_set_are_believed() -> None:
    made = set_ahead(100 + rules.SLACK)
    assert PACE.believed(made, 100) == made
    assert PACE.believed(state(next_full_at=None), 100).next_full_at is None
    assert PACE.longest == 4_500 + rules.SLACK


def test_a_time_from_before_the_clock_went_back_is_past() -> None:
    made = set_ahead(101 + rules.SLACK)
    believed = PACE.believed(made, 100)
    assert believed.due(100)
    assert believed.wants_full(100)


@pytest.mark.parametrize(
    ("wanted", "opened", "now", "served"),
    [
        (0, 10, 20, True),  # nobody asked
        (5, 10, 20, True),
        (15, 10, 20, False),  # meanwhile
        (99, 10, 20, True),  # before the clock went back
        (12, 99, 20, False),  # the clock went back during the run
        (99, 98, 20, False),
    ],
)
def test_whether_a_run_has_brought_what_was_hinted(
    wanted: int, opened: int, now: int, served: bool
) -> None:
    assert rules.hint_served(wanted, opened, now) is served
