"""Who may read what, what is refused and how it is said, and what of deleted rows shows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from comptoir.accounts import withdraw
from tests.conftest import SLICE
from tests.contract.raw_reference import LISTS, SHOW_GONE, by_name, contents, made_line
from tests.contract.raw_world import Answer, World, world

ALWAYS_SHARED = ("shop", "modules", "themes")
"""What every consent includes (spec/ui.md §2), by path."""

PHRASES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with world(request.param, tmp_path_factory.mktemp("raw")) as made:
        yield made


def refused(answer: Answer, status: int, *said: str) -> None:
    """The error body of spec/rawapi.md §7: `code` and `message` are strings."""
    body = answer.json
    assert answer.status == status, answer.text
    assert body["code"] == str(status)
    assert body["statusText"] == PHRASES[status]
    assert body["data"] == {"status": status}
    assert isinstance(body["message"], str)
    for words in said:
        assert words in body["message"] or words == body["error"], body


@pytest.mark.parametrize("path", contents())
def test_every_route_needs_a_token_a_store_and_its_consent(there: World, path: str) -> None:
    for row in ("", "1") if path != "shop" else ("",):
        refused(there.get(there.path("made", path, row), ""), 401, "infra.token_missing")
        refused(there.get(there.path("made", path, row), "ey.no.t"), 401, "infra.token_invalid")
        unknown = f"/raw/v1/00000000-0000-4000-8000-000000000000/{path}"
        refused(there.get(f"{unknown}/{row}" if row else unknown), 404, "accounts.shop_not_found")
        refused(
            there.get(there.path("foreign", path, row)), 403, "cloudsync.nothing_shared", "'acme'"
        )
        if path not in ("products", "order-status-history", *ALWAYS_SHARED):
            name = contents()[path]["collection"]
            refused(
                there.get(there.path("partly", path, row)),
                403,
                "cloudsync.consent_missing",
                f"'{name}'",
                "comptoir consent grant",
            )
    assert there.get(there.path("partly", "products")).status == 200
    assert there.get(there.path("partly", "modules")).status == 200


def test_a_bearer_with_nothing_behind_it(there: World) -> None:
    answer = there.request("GET", there.path("made", "orders"), {"Authorization": "Bearer "})

    refused(answer, 401, "infra.token_missing")


def test_a_token_of_another_vendor_opens_its_own_stores_only(there: World) -> None:
    token = there.vendor("third", "third_all", ["orders"])
    refused(there.get(there.path("made", "orders"), token), 403, "cloudsync.nothing_shared")
    there.consent("empty", "third_all")

    assert there.get(there.path("empty", "orders"), token).status == 200
    refused(there.get(there.path("empty", "carts"), token), 403, "cloudsync.consent_missing")


def test_consent_withdrawn_holds_for_the_next_request(there: World) -> None:
    there.add_shop("leaving")
    there.consent("leaving", "acme_all")
    assert there.get(there.path("leaving", "orders")).status == 200
    with there.context.db.begin("tests") as work:
        withdraw(work, there.shops["leaving"], "acme_all")

    refused(there.get(there.path("leaving", "orders")), 403, "cloudsync.nothing_shared")


@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_id_is_not_found(there: World, path: str) -> None:
    for row in ("999999", "no-such-row", "1%00", "%E2%82%AC", "x" * 500):
        refused(there.get(there.path("made", path, row)), 404, "cloudsync.row_not_found", path)


def test_the_shop_before_it_came(there: World) -> None:
    refused(there.get(there.path("empty", "shop")), 404, "cloudsync.shop_not_synced")
    assert there.get(there.path("made", "shop")).json["kind"] == "shop"


@pytest.mark.parametrize(
    "path", ["x", "info", "shops", "order_details", "shop/1", "orders/1/2", ""]
)
def test_what_is_no_collection_is_not_found(there: World, path: str) -> None:
    refused(there.get(f"/raw/v1/{there.shops['made']}/{path}"), 404)


@pytest.mark.parametrize("shop", ["%00", "x" * 300, "..", "%2F", "é".encode().hex()])
def test_a_strange_shop_id_is_not_found(there: World, shop: str) -> None:
    refused(there.get(f"/raw/v1/{shop}/orders"), 404)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("refernce=x", ("cloudsync.parameter_unknown", "'refernce'", "'reference'")),
        ("id_order=1", ("cloudsync.parameter_unknown", "'idOrder'")),
        ("IDORDER=1", ("cloudsync.parameter_unknown", "'idOrder'")),
        ("updatedAtAfter=x", ("cloudsync.parameter_unknown", "updatedAt")),
        ("zzz=1", ("cloudsync.parameter_unknown", "'zzz'", "limit, offset, sort, direction")),
        ("=1", ("cloudsync.parameter_unknown",)),
        ("deleted=true", ("cloudsync.parameter_unknown",)),
        ("isPaidStart=true", ("cloudsync.parameter_unknown",)),
        ("limit=-1", ("cloudsync.parameter_invalid", "'limit'", "from 0")),
        ("limit=ten", ("cloudsync.parameter_invalid", "'limit'")),
        ("limit=1.5", ("cloudsync.parameter_invalid", "'limit'")),
        ("limit=1e999", ("cloudsync.parameter_invalid", "'limit'")),
        ("offset=-1", ("cloudsync.parameter_invalid", "'offset'")),
        ("offset=1e30", ("cloudsync.parameter_invalid", "'offset'")),
        ("sort=refernce", ("cloudsync.parameter_invalid", "'sort'", "'reference'")),
        ("sort=id_order", ("cloudsync.parameter_invalid", "'idOrder'")),
        ("direction=up", ("cloudsync.parameter_invalid", "'direction'", "asc or desc")),
        ("limit=1&limit=2", ("cloudsync.parameter_repeated", "'limit'")),
        ("idOrder=1&idOrder=1", ("cloudsync.parameter_repeated", "'idOrder'")),
        ("idOrder=one", ("cloudsync.parameter_invalid", "'idOrder'", "a number")),
        ("idOrder=", ("cloudsync.parameter_invalid", "'idOrder'")),
        ("totalPaidTaxInclStart=NaN", ("cloudsync.parameter_invalid", "totalPaidTaxInclStart")),
        ("isPaid=yes", ("cloudsync.parameter_invalid", "'isPaid'", "true or false")),
        ("updatedAt=yesterday", ("cloudsync.parameter_invalid", "'updatedAt'", "2026-01-31")),
        ("updatedAtEnd=2026-02-30", ("cloudsync.parameter_invalid", "'updatedAtEnd'")),
        ("reference=a%00b", ("cloudsync.parameter_invalid", "'reference'", "NUL")),
        ("id=a%00b", ("cloudsync.parameter_invalid", "'id'", "NUL")),
        ("&".join(f"a{n}=1" for n in range(1200)), ("cloudsync.parameter_invalid",)),
    ],
)
def test_bad_parameters_are_named(there: World, query: str, said: tuple[str, ...]) -> None:
    answer = there.get(f"{there.path('made', 'orders')}?{query}")

    refused(answer, 400, *said)
    assert len(answer.json["message"]) < 400


def test_hostile_parameters_do_no_harm(there: World) -> None:
    for query in (
        "reference=%27%20OR%201%3D1--",
        "reference=%25",
        "reference=%FF",
        "reference=%E2%81%87",
        "reference=%3F",
        "id=%27",
        "idOrder=1e999",
        "totalPaidTaxInclStart=1e999",
        "totalPaidTaxIncl=-0",
        "createdAtStart=9999-12-31",
    ):
        answer = there.get(f"{there.path('made', 'orders')}?{query}")
        assert answer.status == 200, (query, answer.text)
        assert answer.json["total"] in (0, 24), query
    assert there.page("made", "orders")["total"] == 24


def test_a_single_row_takes_no_filter(there: World) -> None:
    path = there.path("made", "orders", "1")

    refused(there.get(path, reference="x"), 400, "cloudsync.parameter_unknown", "'reference'")
    assert there.get(path, limit=0, offset=0).status == 200
    refused(there.get(there.path("made", "shop"), url="x"), 400, "cloudsync.parameter_unknown")


def test_access_comes_before_parameters(there: World) -> None:
    refused(there.get(there.path("foreign", "orders"), nope="1"), 403)
    refused(there.get(there.path("partly", "orders"), nope="1"), 403)


# --- deleted rows


def delete(collection: str, identifier: str) -> bytes:
    record = {"action": "delete", "collection": collection, "properties": {"id": identifier}}
    return json.dumps(record).encode()


def shop_with_tombstone(there: World, path: str) -> tuple[str, str]:
    """A store with three rows of which the first is deleted: (store, the deleted row's id)."""
    shop = f"gone {path}"
    content = contents()[path]
    if shop in there.shops:
        return shop, "1"
    there.add_shop(shop)
    there.consent(shop, "acme_all")
    changes: dict[str, Any] = {"deleted": False} if "deleted" in content["properties"] else {}
    changes = {k: v for k, v in changes.items() if content["properties"][k]["upload_type"]}
    there.ingest(shop, [made_line(content, n, **changes) for n in (1, 2, 3)])
    first = there.page(shop, path)["items"][0]["id"]
    name = content["wire_collection"]
    there.ingest(shop, [delete(name, "1-1" if name == "products" else "1")])
    return shop, first


@pytest.mark.parametrize("path", SHOW_GONE)
def test_a_tombstone_shows_only_to_who_asks_for_it(there: World, path: str) -> None:
    shop, gone = shop_with_tombstone(there, path)
    live = there.ids(shop, path)
    assert len(live) == 2 and gone not in live

    assert there.ids(shop, path, deleted="true") == [gone]
    assert there.ids(shop, path, deleted="false") == live
    assert there.ids(shop, path, deletedAtStart="2020-01-01") == [gone]
    assert there.ids(shop, path, deletedAtEnd="2020-01-01") == []
    assert there.ids(shop, path, deletedAt="2026-01-31") == [gone]
    assert there.ids(shop, path, sort="deletedAt") == live

    item = there.get(there.path(shop, path, gone)).json["item"]
    assert item["deleted"] is True
    assert item["deletedAt"] == "2026-01-31T09:00:00.250Z"
    assert there.ids(shop, path, deletedAt=item["deletedAt"]) == [gone]
    alive = there.get(there.path(shop, path, live[0])).json["item"]
    assert (alive["deleted"], alive["deletedAt"]) == (False, None)


@pytest.mark.parametrize("path", ["customers", "carriers", "currencies"])
def test_what_the_shop_marks_as_deleted_shows_so(there: World, path: str) -> None:
    """Two meanings in one field: true if either (spec/rawapi.md §6). The row itself is there."""
    rows = there.page("made", path, limit=1000)["items"]
    marked = [row["id"] for row in rows if row["deleted"]]

    assert marked and len(marked) < len(rows)
    assert all(row["deletedAt"] is None for row in rows)
    assert there.ids("made", path, deleted="true") == marked


@pytest.mark.parametrize("path", ["cart-rules", "employees", "specific-prices", "wishlists"])
def test_elsewhere_a_deleted_row_is_gone(there: World, path: str) -> None:
    shop, gone = shop_with_tombstone(there, path)

    assert gone not in there.ids(shop, path)
    refused(there.get(there.path(shop, path, gone)), 404, "cloudsync.row_not_found")
    refused(there.get(there.path(shop, path), deletedAt="2026-01-31"), 400)


def test_a_row_that_comes_back_is_no_tombstone(there: World) -> None:
    there.add_shop("back")
    there.consent("back", "acme_all")
    line = made_line(by_name("categories"), 1)
    there.ingest("back", [line, delete("categories", "1")])
    assert there.page("back", "categories")["total"] == 0
    there.ingest("back", [line])

    (row,) = there.page("back", "categories")["items"]
    assert (row["deleted"], row["deletedAt"]) == (False, None)


# --- what is joined from orders


def test_totals_of_the_order_need_the_consent_for_orders(there: World) -> None:
    shop = "joined"
    there.add_shop(shop)
    there.consent(shop, "acme_all")
    orders, lines = by_name("orders"), by_name("order_status_history")
    rows = [made_line(lines, n, id_order=n) for n in (1, 2, 300, 999)]
    totals = {1: 10.5, 2: 20, 300: -3.25}
    rows += [made_line(orders, n, total_paid_tax_excl=total) for n, total in totals.items()]
    there.ingest(shop, rows)
    path = "order-status-history"

    found = {row["idOrder"]: row["totalPaidTaxExcl"] for row in there.page(shop, path)["items"]}
    assert found == {"1": 10.5, "2": 20, "300": -3.25, "999": None}
    assert there.ids(shop, path, totalPaidTaxExcl="20") == ["2"]
    assert there.ids(shop, path, totalPaidTaxExclStart="10.5") == ["1", "2"]
    assert there.ids(shop, path, sort="totalPaidTaxExcl") == ["300", "1", "2", "999"]
    assert there.page(shop, path, limit=1, refundTaxExclStart="-9")["total"] == 3

    token = there.vendor("narrow", "narrow_all", ["order_status_history"])
    there.consent(shop, "narrow_all", ["order_status_history"])
    answer = there.get(there.path(shop, path), token)
    assert {row["totalPaidTaxExcl"] for row in answer.json["items"]} == {None}
    assert there.get(there.path(shop, path), token, totalPaidTaxExcl="20").json["total"] == 0
    assert there.get(there.path(shop, path), token, sort="totalPaidTaxExcl").status == 200
    refused(there.get(there.path(shop, "orders"), token), 403, "cloudsync.consent_missing")
