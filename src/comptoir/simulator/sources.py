"""Where the rows of each of the 35 contents come from, and which rows an outbox id stands for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from comptoir.simulator import rows_products as goods
from comptoir.simulator import rows_sales as sales
from comptoir.simulator import rows_settings as setup
from comptoir.simulator.model import Data
from comptoir.simulator.rows_products import Ref
from comptoir.simulator.values import Row

Refs = Callable[[Data], Iterable[Ref]]


@dataclass(frozen=True, slots=True)
class Source:
    refs: Refs
    """All rows in the order of their key; a language changes what they say, not which they are."""
    row: Callable[[Data, Ref, str], Row]
    wanted: Callable[[Data, str], list[Ref]]
    """The rows that an outbox id stands for: none once they are gone."""
    localised: Callable[[Data], bool] = lambda _: False
    """Filtered by language: none for a code that the shop does not speak (§2.1)."""


def _always(_: Data) -> bool:
    return True


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _ids(table: Callable[[Data], Iterable[int]]) -> Refs:
    return lambda data: ((number,) for number in table(data))


def _simple(
    table: Callable[[Data], Mapping[int, object]],
    row: Callable[[Data, Ref, str], Row],
    localised: Callable[[Data], bool] = lambda _: False,
) -> Source:
    """One row per id of a table."""

    def wanted(data: Data, object_id: str) -> list[Ref]:
        number = _number(object_id)
        return [(number,)] if number in table(data) else []

    return Source(_ids(table), row, wanted, localised)


def _plain(content: str, row: Callable[[Data, Ref, str], Row]) -> Source:
    return _simple(lambda data: data.plain[content], row)


def _products(data: Data) -> Iterable[Ref]:
    return (
        (item.id, attribute)
        for item in data.products.values()
        for attribute in data.attributes(item)
    )


def _wanted_product(data: Data, object_id: str) -> list[Ref]:
    product, _, attribute = object_id.partition("-")
    item = data.products.get(_number(product))
    ref = (_number(product), _number(attribute))
    return [ref] if item and ref[1] in data.attributes(item) else []


def _bundles(data: Data) -> Iterable[Ref]:
    return (ref for item in data.products.values() for ref in _pack(data, item.id))


def _pack(data: Data, pack: int) -> list[Ref]:
    item = data.products.get(pack)
    return sorted((pack, part, attribute) for part, attribute, _ in item.pack) if item else []


def _product_suppliers(data: Data, object_id: str) -> list[Ref]:
    item = data.products.get(_number(object_id))
    return sorted((number,) for number in item.suppliers) if item else []


def _restrictions(data: Data) -> Iterable[Ref]:
    return (
        (item.id, reference)
        for item in data.products.values()
        for reference in sorted(item.carriers)
    )


def _wanted_restriction(data: Data, object_id: str) -> list[Ref]:
    product, _, reference = object_id.partition("-")
    item = data.products.get(_number(product))
    return [(item.id, int(reference))] if item and int(reference) in item.carriers else []


def _spoken(data: Data, number: int) -> list[Ref]:
    return [(number, lang + 1) for lang in range(len(data.profile.languages))]


def _images(data: Data) -> Iterable[Ref]:
    return (ref for number in data.images for ref in _spoken(data, number))


def _named(data: Data, currency: int) -> list[Ref]:
    return _spoken(data, currency) if data.profile.since(1, 7, 6) else [(currency, 1)]


def _currencies(data: Data) -> Iterable[Ref]:
    return (ref for number in data.plain["currencies"] for ref in _named(data, number))


def _cart_lines(data: Data, cart: int) -> list[Ref]:
    item = data.carts.get(cart)
    return sorted((cart, *line) for line in item.lines) if item else []


def _all_cart_lines(data: Data) -> Iterable[Ref]:
    return (ref for number in data.carts for ref in _cart_lines(data, number))


def _wishes(data: Data, wishlist: int) -> list[Ref]:
    item = data.wishlists.get(wishlist)
    return sorted((number,) for number in item.items) if item else []


def _details(data: Data, number: int) -> list[Ref]:
    item = data.carriers.get(number)
    return setup.carrier_details(data, item) if item else []


def _taxes(data: Data, number: int) -> list[Ref]:
    item = data.carriers.get(number)
    return setup.carrier_taxes(data, item) if item else []


def _of_parent(
    refs: Refs,
    row: Callable[[Data, Ref, str], Row],
    of: Callable[[Data, int], list[Ref]],
    localised: Callable[[Data], bool] = lambda _: False,
) -> Source:
    """Rows that are announced by the id of what they hang on."""
    return Source(refs, row, lambda data, object_id: of(data, _number(object_id)), localised)


def _of_carriers(of: Callable[[Data, int], list[Ref]]) -> Refs:
    return lambda data: (ref for number in data.carriers for ref in of(data, number))


SOURCES: dict[str, Source] = {
    "bundles": _of_parent(_bundles, goods.bundle, _pack, _always),
    "carriers": _simple(lambda d: d.carriers, setup.carrier),
    "carrier_details": _of_parent(_of_carriers(_details), setup.carrier_detail, _details),
    "carrier_taxes": _of_parent(_of_carriers(_taxes), setup.carrier_tax, _taxes),
    "carts": _simple(lambda d: d.carts, sales.cart),
    "cart_products": _of_parent(_all_cart_lines, sales.cart_product, _cart_lines),
    "cart_rules": _plain("cart_rules", setup.plain("cart_rules", "id_cart_rule")),
    "categories": _simple(lambda d: d.categories, goods.category, _always),
    "currencies": _of_parent(_currencies, setup.currency, _named),
    "customers": _simple(lambda d: d.customers, sales.customer),
    "custom_product_carriers": Source(
        _restrictions, goods.custom_product_carrier, _wanted_restriction
    ),
    "employees": _plain("employees", setup.plain("employees", "id_employee")),
    "images": _of_parent(_images, goods.image, lambda d, n: _spoken(d, n) if n in d.images else []),
    "image_types": _plain("image_types", setup.plain("image_types", "id_image_type")),
    "languages": _plain("languages", setup.plain("languages", "id_lang")),
    "manufacturers": _plain("manufacturers", setup.plain("manufacturers", "id_manufacturer")),
    "modules": _plain("modules", setup.keyed("modules")),
    "orders": _simple(lambda d: d.orders, sales.order),
    "order_carriers": _simple(lambda d: d.transports, sales.order_carrier),
    "order_cart_rules": _plain(
        "order_cart_rules", setup.plain("order_cart_rules", "id_order_cart_rule")
    ),
    "order_details": _simple(lambda d: d.order_lines, sales.order_detail),
    "order_status_history": _simple(lambda d: d.histories, sales.order_status, _always),
    "products": Source(_products, goods.product, _wanted_product, _always),
    "product_suppliers": Source(
        _ids(lambda d: d.supplier_links), goods.product_supplier, _product_suppliers
    ),
    "info": Source(lambda _: [(0,)], setup.info, lambda _, __: []),
    "specific_prices": _simple(lambda d: d.specific_prices, goods.specific_price),
    "stocks": _simple(lambda d: d.stocks, goods.stock),
    "stock_movements": _simple(lambda d: d.movements, sales.stock_movement),
    "stores": _simple(lambda d: d.plain["stores"], setup.store, lambda d: d.profile.since(1, 7, 3)),
    "suppliers": _simple(lambda d: d.plain["suppliers"], setup.supplier, _always),
    "taxonomies": _plain("taxonomies", setup.keyed("taxonomies")),
    "themes": _plain("themes", setup.keyed("themes")),
    "translations": _plain("translations", setup.plain("translations", "id_translation")),
    "wishlists": _simple(lambda d: d.wishlists, sales.wishlist),
    "wishlist_products": _of_parent(_ids(lambda d: d.wishlist_of), sales.wishlist_product, _wishes),
}
"""By content, in the order of spec/eventbus.md §4. Unless a language is filtered, rows repeat."""
