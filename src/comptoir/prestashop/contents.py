"""The 35 shop contents: names, keys, languages, deletes and dependants (spec/rawapi.md §13).

What the table cannot say is said here once; the properties stand in `properties.tsv`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """How one content behaves. The defaults are the commonest case."""

    key: tuple[str, ...]
    """Properties that tell rows of one store apart, in the order of the row's id."""
    collection: str = ""
    """Name on the upload lines when it differs from the content's name."""
    path: str = ""
    """Name in a Raw API path when it is not the kebab-case name."""
    per_language: bool = False
    """The agent sends other rows for another `lang_iso`: each language needs its own run."""
    all_languages: bool = False
    """Each run brings the rows of every language, whatever `lang_iso` it asks for."""
    delete_by: tuple[str, ...] = ()
    """Properties that a delete's id is made of, joined by `-`. Empty: never announced."""
    outbox_id: tuple[str, ...] = ()
    """Properties that an outbox id is made of when it is not the key (a parent's id)."""
    whole_parent: bool = False
    """One incremental batch carries all rows of an outbox id: what is missing is gone."""
    cascade: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """(content, ((its property, ours), …)): rows that end with a row of this content."""
    queued: bool = True
    """Changes reach the outbox. Where they do not, only a full run brings news (§3.4)."""
    page: int = 500
    """Rows asked for in one call (spec/eventbus.md §8.4)."""
    incremental_page: int = 500
    """Outbox ids asked for in one call; large where one id gives many rows (§3.5)."""


def _of(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


SHAPES: dict[str, Shape] = {
    "bundles": Shape(
        key=("unique_product_id", "id_bundle", "id_product", "id_product_attribute"),
        per_language=True,
        outbox_id=("id_bundle",),
        incremental_page=10_000,
    ),
    "carriers": Shape(
        key=("id_reference",),
        delete_by=("id_carrier",),
        outbox_id=("id_carrier",),
        cascade=(
            ("carrier_details", _of("id_reference")),
            ("carrier_taxes", _of("id_reference")),
        ),
    ),
    "carrier_details": Shape(
        key=("id_reference", "id_zone", "shipping_method", "id_range"), outbox_id=("id_reference",)
    ),
    "carrier_taxes": Shape(
        key=("id_reference", "id_zone", "id_range", "country_id"), outbox_id=("id_reference",)
    ),
    "carts": Shape(key=("id_cart",)),
    "cart_products": Shape(key=("id_cart_product",), outbox_id=("id_cart",), whole_parent=True),
    "cart_rules": Shape(key=("id_cart_rule",), delete_by=("id_cart_rule",)),
    "categories": Shape(
        key=("unique_category_id",),
        per_language=True,
        delete_by=("id_category",),
        outbox_id=("id_category",),
    ),
    "currencies": Shape(
        key=("id_currency",),
        all_languages=True,
        delete_by=("id_currency",),
        incremental_page=10_000,
    ),
    "customers": Shape(key=("id_customer",), delete_by=("id_customer",)),
    "custom_product_carriers": Shape(
        key=("id_product", "id_carrier_reference"),
        delete_by=("id_product", "id_carrier_reference"),
    ),
    "employees": Shape(key=("id_employee",), delete_by=("id_employee",)),
    "images": Shape(
        key=("id_image", "id_lang", "id_shop"),
        all_languages=True,
        outbox_id=("id_image",),
        incremental_page=10_000,
    ),
    "image_types": Shape(key=("id_image_type",), delete_by=("id_image_type",)),
    "languages": Shape(key=("id_lang",), delete_by=("id_lang",)),
    "manufacturers": Shape(
        key=("id_manufacturer", "id_lang"),
        delete_by=("id_manufacturer",),
        outbox_id=("id_manufacturer",),
    ),
    "modules": Shape(key=("module_id",), queued=False),
    "orders": Shape(key=("id_order",), page=250, incremental_page=250),
    "order_carriers": Shape(key=("id_order_carrier",)),
    "order_cart_rules": Shape(key=("id_order_cart_rule",)),
    "order_details": Shape(key=("id_order_detail",)),
    "order_status_history": Shape(key=("id_order_history",)),
    "products": Shape(
        key=("unique_product_id",),
        per_language=True,
        delete_by=("id_product", "id_attribute"),
        outbox_id=("id_product", "id_attribute"),
        cascade=(
            ("bundles", (("id_bundle", "id_product"),)),
            ("bundles", _of("id_product")),
            ("cart_products", _of("id_product")),
            ("custom_product_carriers", _of("id_product")),
            ("images", _of("id_product")),
            ("product_suppliers", _of("id_product")),
            ("specific_prices", _of("id_product")),
            ("stocks", _of("id_product")),
        ),
        page=100,
        incremental_page=100,
    ),
    "product_suppliers": Shape(
        key=("id_product_supplier",), outbox_id=("id_product",), whole_parent=True
    ),
    "info": Shape(key=(), collection="shops", path="shop", queued=False),
    "specific_prices": Shape(key=("id_specific_price",), delete_by=("id_specific_price",)),
    "stocks": Shape(key=("id_stock_available",)),
    "stock_movements": Shape(key=("id_stock_mvt",)),
    "stores": Shape(
        key=("id_store", "id_lang"),
        per_language=True,
        delete_by=("id_store",),
        outbox_id=("id_store",),
    ),
    "suppliers": Shape(
        key=("id_supplier", "id_lang"),
        per_language=True,
        delete_by=("id_supplier",),
        outbox_id=("id_supplier",),
    ),
    "taxonomies": Shape(key=("id_category",), queued=False),
    "themes": Shape(key=("theme_id",), queued=False),
    "translations": Shape(key=("id_translation",), queued=False),
    "wishlists": Shape(
        key=("id_wishlist",),
        delete_by=("id_wishlist",),
        cascade=(("wishlist_products", _of("id_wishlist")),),
    ),
    "wishlist_products": Shape(
        key=("id_wishlist_product",), outbox_id=("id_wishlist",), whole_parent=True
    ),
}

FAMILIES: dict[str, tuple[str, ...]] = {
    "carriers": ("carriers", "carrier_details", "carrier_taxes", "custom_product_carriers"),
    "carts": ("carts", "cart_products", "cart_rules"),
    "images": ("images", "image_types"),
    "orders": (
        "orders",
        "order_carriers",
        "order_cart_rules",
        "order_details",
        "order_status_history",
    ),
    "products": ("products", "bundles", "product_suppliers", "specific_prices"),
    "stocks": ("stocks", "stock_movements"),
    "wishlists": ("wishlists", "wishlist_products"),
}
"""What a merchant consents to under one name (spec/ui.md §2); others stand for themselves."""

ALWAYS = ("info", "modules", "themes")
"""Included in what every module asks for (spec/ui.md §2)."""
