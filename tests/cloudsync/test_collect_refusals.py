"""Uploads that are refused, and jobs and hints (spec/eventbus.md §1.1-1.3)."""

import json
from typing import Any

import pytest

from comptoir import accounts
from comptoir.cloudsync import schedule
from comptoir.cloudsync import store as state
from tests.cloudsync.ground import BOUNDARY, MOST, Ground, Store, line, multipart
from tests.cloudsync.test_collect import connected, customers, status, upload_head

MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
FORM = "application/x-www-form-urlencoded"
GOOD = multipart(customers(1))
UNREADABLE: dict[str, tuple[str, bytes]] = {
    "no part": (MULTIPART, f"--{BOUNDARY}--\r\n".encode()),
    "another part": (MULTIPART, multipart(customers(1), name="data")),
    "another boundary": (MULTIPART, multipart(customers(1), "something-else")),
    "no boundary": ("multipart/form-data", GOOD),
    "an empty boundary": ("multipart/form-data; boundary=", GOOD),
    "a boundary that is no ASCII": ("multipart/form-data; boundary=\xfc", GOOD),
    "a boundary with a line break": ('multipart/form-data; boundary="a\tb"', GOOD),
    "cut before the closing boundary": (MULTIPART, GOOD[: -len(BOUNDARY) - 8]),
    "cut inside the closing boundary": (MULTIPART, GOOD[:-8]),
    "cut inside a line": (MULTIPART, GOOD[:-100]),
    "cut inside the head": (MULTIPART, GOOD[:60]),
    "nothing": (MULTIPART, b""),
    "a head without end": (MULTIPART, GOOD[:50] + b"x" * 100_000),
    "no type": ("", GOOD),
    "JSON": ("application/json", b"{}"),
    "text": ("text/plain", customers(1)[0]),
    "an unreadable type": ("multipart/form-data;;;=;boundary", GOOD),
    "a form without lines": (FORM, b"line=x&linesx=y&xlines=z"),
    "an empty form": (FORM, b""),
}


@pytest.mark.parametrize("what", UNREADABLE)
@pytest.mark.parametrize("path", ["upload", "delete"])
def test_an_upload_that_cannot_be_read_is_no_201(shop: Store, path: str, what: str) -> None:
    kind, body = UNREADABLE[what]
    run = shop.open("customers")

    answer = shop.post(f"/collector/{path}/{run.run_id}", body, kind)

    assert answer.status == 400, answer.body
    assert answer.json["error"] == "cloudsync.upload_unreadable"
    assert shop.ids("customers") == []
    with shop.context.db.reading() as db:
        again = state.find_run(db, shop.shop_id, run.run_id)
    assert again is not None and again.received == 0


def test_an_announced_body_over_the_limit_is_not_read(shop: Store) -> None:
    run = shop.open("customers")

    with connected(shop) as made:
        made.sendall(upload_head(shop, run, MOST + 1))
        assert status(made) == 413


def test_a_body_over_the_limit_that_was_not_announced_is_cut_off(shop: Store) -> None:
    run = shop.open("customers")
    piece = b"x" * (1 << 20)
    head = multipart([b""])[: -len(BOUNDARY) - 8]
    more = {"Transfer_Encoding": "chunked", "Content_Length": ""}

    with connected(shop) as made:
        made.sendall(upload_head(shop, run, 0, **more))
        made.sendall(b"%x\r\n%s\r\n" % (len(head), head))
        for _ in range(MOST // len(piece) + 1):
            made.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        assert status(made) == 413


def test_a_form_over_the_limit_is_cut_off(shop: Store) -> None:
    run = shop.open("customers")
    body = b"lines=" + b"%41" * (MOST // 3)

    with connected(shop) as made:
        made.sendall(
            upload_head(
                shop, run, 0, Transfer_Encoding="chunked", Content_Length="", Content_Type=FORM
            )
        )
        for start in range(0, len(body), 1 << 20):
            piece = body[start : start + (1 << 20)]
            made.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        assert status(made) == 413


# --- jobs


def test_a_job_is_201_while_it_is_under_way(shop: Store) -> None:
    run = shop.open("customers")

    assert shop.job(run.run_id) == 201


@pytest.mark.parametrize(
    "job", ["", "nothing", "valid-job-1", "a/b", "%00", "%FF", "x" * 5000, "..", "%20", "a%2Fb"]
)
def test_a_job_that_was_never_given_is_unknown(shop: Store, job: str) -> None:
    shop.open("customers")

    assert shop.job(job) == 404
    assert shop.post(f"/collector/upload/{job}", GOOD).status == 404
    assert shop.post(f"/collector/delete/{job}", GOOD).status == 404


@pytest.mark.parametrize("how", ["done", "withdrawn", "unverified", "replaced", "restarted"])
def test_a_job_that_is_over_is_unknown(shop: Store, how: str) -> None:
    run = shop.open("customers")
    if how == "done":
        shop.settle(run)
    elif how == "replaced":
        shop.open("customers", full=True)
    elif how == "unverified":
        with shop.context.db.begin("test") as work:
            schedule.on_shop_unverified(work, {"shop_id": shop.shop_id})
    else:
        with shop.context.db.begin("test") as work:
            state.end_runs(work.db, shop.shop_id, ["customers"], how, work.now_ms)

    assert shop.job(run.run_id) == 404
    assert shop.post(f"/collector/upload/{run.run_id}", GOOD).status == 404
    assert shop.ids("customers") == []


def test_a_job_of_another_store_is_unknown_and_takes_nothing(shop: Store, other: Store) -> None:
    run = other.open("customers")

    assert shop.job(run.run_id) == 404
    assert shop.post(f"/collector/upload/{run.run_id}", GOOD).status == 404
    assert shop.post(f"/collector/delete/{run.run_id}", GOOD).status == 404

    assert (shop.ids("customers"), other.ids("customers")) == ([], [])


@pytest.mark.parametrize("path", ["/collector/upload/{job}", "/collector/delete/{job}"])
def test_only_the_store_itself_uploads(shop: Store, ground: Ground, path: str) -> None:
    run = shop.open("customers")
    path = path.format(job=run.run_id)
    token = shop.token
    cases = {"": 401, "x.y.z": 401, token[:-2]: 401, vendor(ground): 403}
    for shown, expected in cases.items():
        shop.token = shown
        assert shop.post(path, GOOD).status == expected
        assert shop.job(run.run_id) == expected
    shop.token = ""
    assert shop.post(path, GOOD, Authorization="Bearer ").status == 401

    assert shop.ids("customers") == []


def vendor(ground: Ground) -> str:
    ground.stores += 1
    return ground.vendor_token(f"vendor{ground.stores}")


# --- hints


def ready(shop: Store, *contents: str) -> None:
    """The store's contents have all been synced once; nothing is due."""
    with shop.context.db.begin("test") as work:
        for content in contents:
            state.change_content(
                work.db,
                shop.shop_id,
                content,
                active=True,
                first_finished_at=work.now_ms,
                last_finished_at=work.now_ms,
            )


def wanted(shop: Store) -> set[str]:
    with shop.context.db.reading() as db:
        return {s.content for s in state.contents(db, shop.shop_id) if s.want_incremental}


def hint(shop: Store, body: Any, shop_id: str = "") -> int:
    path = f"/live-sync/v1/notify/{shop_id or shop.shop_id}"
    return shop.post(path, json.dumps(body), "application/json").status


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["order-details"], {"order_details"}),
        (["order_details"], {"order_details"}),
        (["orders", "order-details"], {"orders", "order_details"}),
        (["orderDetails", "baskets", ""], set()),
        (["baskets", "orders"], {"orders"}),
        (["customers"], set()),
        ([], set()),
    ],
)
def test_a_hint_makes_the_content_due(shop: Store, names: list[str], found: set[str]) -> None:
    """`customers` is nothing that anybody may read."""
    ready(shop, "orders", "order_details")

    assert hint(shop, {"shopContents": names, "action": "upsert", "shopContentId": 5}) == 201

    assert wanted(shop) == found


def test_a_hint_needs_the_stores_own_token(shop: Store, other: Store, ground: Ground) -> None:
    ready(shop, "orders")
    body = {"shopContents": ["orders"], "action": "delete"}

    assert hint(other, body, shop.shop_id) == 403
    other.token = vendor(ground)
    assert hint(other, body, shop.shop_id) == 403
    other.token = ""
    assert hint(other, body, shop.shop_id) == 401

    assert wanted(shop) == set()


@pytest.mark.parametrize("body", [[], "x", {"shopContents": "orders"}, {"shopContents": [1.5]}])
def test_a_hint_that_says_nothing_is_refused(shop: Store, body: Any) -> None:
    assert hint(shop, body) == 400


@pytest.mark.parametrize(
    ("shop_id", "expected"), [("\0", 400), ("", 404), ("x" * 3000, 404), ("\N{SNOWMAN}", 404)]
)
def test_a_trigger_for_no_store(ground: Ground, shop: Store, shop_id: str, expected: int) -> None:
    shop.token = vendor(ground)
    for path in ("/sync/v1/sync/trigger", "/sync/v1/sync/trigger-full"):
        answer = shop.post(path, json.dumps({"shopId": shop_id}), "application/json")
        assert answer.status == expected, answer.body


def test_a_summary_of_no_store(ground: Ground, shop: Store) -> None:
    headers = {"Authorization": f"Bearer {vendor(ground)}"}
    for shop_id in ("%00", "x" * 3000, "%E2%98%83"):
        found = ground.request("GET", f"/reporting/v1/shop-sync-summary/{shop_id}", headers)
        assert found.status == 404, found.body


def test_consent_given_again_starts_with_all(shop: Store, ground: Ground) -> None:
    name = f"vendor{vendor(ground)[-8:].lower().replace('_', '-')}"
    with ground.context.db.begin("test") as work:
        accounts.create_vendor(work, name, ground.context.vault)
        accounts.register_module(work, name, f"{name}_m", ["customers"])
        accounts.grant(work, shop.shop_id, f"{name}_m")
        schedule.refresh(work, shop.shop_id)
    run = shop.open("customers", full=True)
    shop.send(run, line("customers", {"id_customer": 1}))
    with ground.context.db.begin("test") as work:
        accounts.withdraw(work, shop.shop_id, f"{name}_m")
        schedule.refresh(work, shop.shop_id)
    assert shop.job(run.run_id) == 404

    with ground.context.db.begin("test") as work:
        accounts.grant(work, shop.shop_id, f"{name}_m")
        schedule.refresh(work, shop.shop_id)
        found = {s.content: s for s in state.contents(work.db, shop.shop_id)}

    assert found["customers"].active and found["customers"].want_full
    assert shop.job(run.run_id) == 404
