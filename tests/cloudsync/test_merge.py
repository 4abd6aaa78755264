"""What rows remain: the rules of deletes, of whole parents, of sweeps (spec/eventbus.md §3.4-3.5,
rawapi.md §13)."""

from typing import Any

import pytest

from comptoir.cloudsync import store as state
from tests.cloudsync.ground import Json, Store, gone, line

LANGS = ("en", "fr")


def product(number: int, attribute: int = 0, lang: str = "en", **more: Any) -> bytes:
    sent = {
        "id_product": number,
        "id_attribute": attribute,
        "unique_product_id": f"{number}-{attribute}-{lang}",
        "iso_code": lang,
    }
    return line("products", sent | more)


def row(collection: str, **sent: Any) -> bytes:
    return line(collection, sent)


def catalogue_of(shop: Store, *numbers: int, attributes: tuple[int, ...] = (1, 2)) -> None:
    """Products with combinations, in two languages, synced in full."""
    runs = shop.open_all("products", list(LANGS), full=True)
    for run in runs:
        lines = [product(n, a, run.lang) for n in numbers for a in attributes]
        shop.send(run, *lines, Full_Sync_Requested="1")
    assert shop.settle(*runs, languages=LANGS) == []


# --- products


def test_a_bare_product_id_ends_the_row_without_combination_at_once(shop: Store) -> None:
    catalogue_of(shop, 12, 13, attributes=(0, 1))
    run = shop.open("products", "en")

    assert shop.send(run, gone("products", 12))["deleted"] == 2

    assert shop.ids("products") == [
        "12-1-en",
        "12-1-fr",
        "13-0-en",
        "13-0-fr",
        "13-1-en",
        "13-1-fr",
    ]


def test_a_bare_product_id_ends_the_product_when_the_run_has_not_seen_it(shop: Store) -> None:
    catalogue_of(shop, 12, 13)

    shop.changes("products", gone("products", "12"), lang="en")

    assert shop.ids("products") == ["13-1-en", "13-1-fr", "13-2-en", "13-2-fr"]


@pytest.mark.parametrize("order", ["before", "after", "same upload"])
def test_a_product_that_the_run_has_seen_lives(shop: Store, order: str) -> None:
    catalogue_of(shop, 12, 13)
    run = shop.open("products", "en")
    news = [product(12, 1, price_tax_excl=5), product(12, 3)]

    if order == "before":
        shop.send(run, *news)
        shop.send(run, product(13, 1, name="x"))
        shop.send(run, gone("products", "12"))
    elif order == "after":
        shop.send(run, gone("products", "12"))
        shop.send(run, product(13, 1, name="x"))
        shop.send(run, *news)
    else:
        shop.send(run, *news, gone("products", "12"))
    shop.settle(run)

    assert {i for i in shop.ids("products") if i.startswith("12-")} == {
        "12-1-en", "12-1-fr", "12-2-en", "12-2-fr", "12-3-en",
    }  # fmt: skip


def test_an_upsert_of_an_earlier_run_does_not_save_the_product(shop: Store) -> None:
    catalogue_of(shop, 12)
    shop.changes("products", product(12, 1, name="x"), lang="en")

    shop.changes("products", gone("products", 12), lang="en")

    assert shop.ids("products") == []


def test_a_failed_run_hands_its_deletes_on(shop: Store) -> None:
    catalogue_of(shop, 12, 13)
    run = shop.open("products", "en")
    shop.send(run, gone("products", 12), gone("products", 13))
    with shop.context.db.begin("test") as work:
        state.end_runs(work.db, shop.shop_id, ["products"], "failed", work.now_ms)

    shop.changes("products", product(13, 1, name="x"), lang="en")

    assert {i.split("-")[0] for i in shop.ids("products")} == {"13"}


def test_a_combination_ends_in_all_languages_with_its_stock_and_suppliers(
    shop: Store, other: Store
) -> None:
    for each in (shop, other):
        catalogue_of(each, 12)
        lines = [
            row("stocks", id_stock_available=i, id_product=12, id_product_attribute=i)
            for i in (0, 1, 2)
        ]
        each.full("stocks", *lines)
        lines = [
            row("product_suppliers", id_product_supplier=i, id_product=12, id_product_attribute=i)
            for i in (1, 2)
        ]
        each.full("product_suppliers", *lines)

    shop.changes("products", gone("products", "12-2"), lang="en")

    assert shop.ids("products") == ["12-1-en", "12-1-fr"]
    assert shop.ids("stocks") == ["0", "1"]
    assert shop.ids("product_suppliers") == ["1"]
    assert [len(other.ids(n)) for n in ("products", "stocks", "product_suppliers")] == [4, 3, 2]


DEPENDANTS: dict[str, Json] = {
    "bundles": {
        "unique_product_id": "12-0-en", "id_bundle": 12, "id_product": 5, "id_product_attribute": 0
    },
    "cart_products": {"id_cart_product": "1-12-0", "id_cart": "1", "id_product": "12"},
    "custom_product_carriers": {"id_product": 12, "id_carrier_reference": 3},
    "images": {"id_image": 1, "id_lang": 1, "id_shop": 1, "id_product": 12},
    "product_suppliers": {"id_product_supplier": 1, "id_product": 12},
    "specific_prices": {"id_specific_price": 1, "id_product": 12},
    "stocks": {"id_stock_available": 1, "id_product": 12, "id_product_attribute": 0},
}  # fmt: skip


@pytest.mark.parametrize("content", DEPENDANTS)
def test_what_hangs_on_a_product_ends_with_it(shop: Store, other: Store, content: str) -> None:
    sent = DEPENDANTS[content]
    key = "id_product"
    kept = dict.fromkeys(sent, 77) | {key: 13, "unique_product_id": "77"}
    kept = {n: str(kept[n]) if isinstance(sent[n], str) else kept[n] for n in sent}
    for each in (shop, other):
        catalogue_of(each, 12, 13)
        each.full(content, row(content, **sent), row(content, **kept))
        assert len(each.ids(content)) == 2

    shop.changes("products", gone("products", 12), lang="en")

    assert len(shop.ids(content)) == 1
    assert str(next(iter(shop.rows(content).values()))[key]) == "13"
    assert len(other.ids(content)) == 2


def test_a_component_that_is_gone_leaves_its_packs(shop: Store) -> None:
    catalogue_of(shop, 5, 12)
    shop.full("bundles", row("bundles", **DEPENDANTS["bundles"]))

    shop.changes("products", gone("products", 5), lang="en")

    assert shop.ids("bundles") == []


def test_a_product_that_comes_back_is_alive_as_the_row_it_was(shop: Store) -> None:
    catalogue_of(shop, 12)
    first = shop.rows("products")["12-1-en"]
    shop.changes("products", gone("products", 12), lang="en")

    shop.changes("products", product(12, 1), lang="en")

    again = shop.rows("products")
    assert list(again) == ["12-1-en"]
    assert again["12-1-en"]["first_seen_at"] == first["first_seen_at"]
    assert again["12-1-en"]["changed_at"] > first["changed_at"]


# --- other contents

BY_PLAIN_ID: dict[str, tuple[str, list[Json]]] = {
    "categories": (
        "id_category",
        [{"id_category": i, "unique_category_id": f"{i}-{c}"} for i in (3, 33) for c in LANGS],
    ),
    "suppliers": (
        "id_supplier",
        [{"id_supplier": i, "id_lang": n} for i in (3, 33) for n in (1, 2)],
    ),
    "manufacturers": (
        "id_manufacturer",
        [{"id_manufacturer": i, "id_lang": n} for i in (3, 33) for n in (1, 2)],
    ),
    "stores": ("id_store", [{"id_store": i, "id_lang": n} for i in (3, 33) for n in (1, 2)]),
    "customers": ("id_customer", [{"id_customer": i} for i in (3, 33)]),
    "currencies": ("id_currency", [{"id_currency": i} for i in (3, 33)]),
    "languages": ("id_lang", [{"id_lang": i} for i in (3, 33)]),
    "cart_rules": ("id_cart_rule", [{"id_cart_rule": i} for i in (3, 33)]),
    "employees": ("id_employee", [{"id_employee": i} for i in (3, 33)]),
    "image_types": ("id_image_type", [{"id_image_type": i} for i in (3, 33)]),
    "specific_prices": ("id_specific_price", [{"id_specific_price": i} for i in (3, 33)]),
}


@pytest.mark.parametrize("identifier", [3, "3"])
@pytest.mark.parametrize("content", BY_PLAIN_ID)
def test_a_plain_id_ends_the_row_in_all_languages(
    shop: Store, other: Store, content: str, identifier: object
) -> None:
    name, sent = BY_PLAIN_ID[content]
    for each in (shop, other):
        each.full(content, *[row(content, **properties) for properties in sent])

    assert shop.changes(content, gone(content, identifier))["deleted"] == len(sent) // 2

    assert {r[name] for r in shop.rows(content).values()} == {33}
    assert len(other.ids(content)) == len(sent)


def test_a_carrier_ends_with_its_ranges_and_taxes(shop: Store) -> None:
    shop.full(
        "carriers", *[row("carriers", id_carrier=str(i), id_reference=str(i + 10)) for i in (1, 2)]
    )
    for name, more in (
        ("carrier_details", {"shipping_method": "range_weight"}),
        ("carrier_taxes", {"country_id": "FR"}),
    ):
        shop.full(
            name,
            *[row(name, id_reference=r, id_zone="1", id_range="1", **more) for r in ("11", "12")],
        )

    shop.changes("carriers", gone("carriers", "1"))

    assert shop.ids("carriers") == ["12"]
    assert [r["id_reference"] for r in shop.rows("carrier_details").values()] == ["12"]
    assert [r["id_reference"] for r in shop.rows("carrier_taxes").values()] == ["12"]


def test_an_edited_carrier_outlives_its_old_id(shop: Store) -> None:
    shop.full("carriers", row("carriers", id_carrier="1", id_reference="1", name="a"))
    shop.changes("carriers", row("carriers", id_carrier="7", id_reference="1", name="b"))

    shop.changes("carriers", gone("carriers", "1"))

    assert [(r["id_carrier"], r["name"]) for r in shop.rows("carriers").values()] == [("7", "b")]


def test_a_wishlist_ends_with_its_products(shop: Store) -> None:
    shop.full("wishlists", *[row("wishlists", id_wishlist=i) for i in (1, 2)])
    lines = [row("wishlist_products", id_wishlist_product=i, id_wishlist=i) for i in (1, 2)]
    shop.full("wishlist_products", *lines)

    shop.changes("wishlists", gone("wishlists", "1"))

    assert (shop.ids("wishlists"), shop.ids("wishlist_products")) == (["2"], ["2"])


def test_a_carrier_of_a_product_ends_by_both_ids(shop: Store) -> None:
    pairs = [(12, 3), (12, 30), (1, 23)]
    shop.full(
        "custom_product_carriers",
        *[row("custom_product_carriers", id_product=p, id_carrier_reference=c) for p, c in pairs],
    )

    shop.changes("custom_product_carriers", gone("custom_product_carriers", "12-3"))

    assert shop.ids("custom_product_carriers") == ["1-23", "12-30"]


@pytest.mark.parametrize(
    ("content", "sent", "identifier"),
    [
        ("orders", {"id_order": 5}, 5),
        ("carts", {"id_cart": "5"}, "5"),
        ("themes", {"theme_id": "a b"}, "a b"),
        ("cart_products", {"id_cart_product": "1-2-3", "id_cart": "1"}, "1-2-3"),
    ],
)
def test_a_delete_of_what_is_never_announced_names_the_row(
    shop: Store, content: str, sent: Json, identifier: object
) -> None:
    shop.full(content, row(content, **sent))

    assert (
        shop.changes(
            content, gone(content, identifier + 1 if isinstance(identifier, int) else "x")
        )["deleted"]
        == 0
    )
    assert shop.changes(content, gone(content, identifier))["deleted"] == 1

    assert shop.ids(content) == []


@pytest.mark.parametrize(
    "identifier", ["", "x", "-1", "12-", "12-x", "1-2-3", "9" * 30, "٣", "12-3 "]
)
def test_an_id_of_no_meaning_deletes_nothing(shop: Store, identifier: str) -> None:
    catalogue_of(shop, 12)

    assert shop.changes("products", gone("products", identifier), lang="en")["deleted"] == 0

    assert len(shop.ids("products")) == 4
