"""Rows of the catalogue's contents: products and what hangs on them (spec/eventbus.md §4)."""

from comptoir.simulator import texts
from comptoir.simulator.model import Data, Product
from comptoir.simulator.prices import base, reduced, sale, taxed
from comptoir.simulator.values import Day, Decimal, Html, Pairs, Quoted, Row, Uncast, at
from comptoir.simulator.words import COLOURS, FEATURES, IN_STOCK, said

Ref = tuple[int, ...]


def product(data: Data, ref: Ref, iso: str) -> Row:
    """§4.23: one row per combination, or one for a simple product."""
    item, attribute = data.products[ref[0]], ref[1]
    category = data.categories[item.category]
    combination = data.combinations[attribute] if attribute else None
    brand = data.plain["manufacturers"].get(item.manufacturer)
    row: Row = {
        "id_product": item.id,
        "id_manufacturer": item.manufacturer,
        "id_supplier": item.supplier,
        "id_attribute": attribute,
        "is_default_attribute": combination.default if combination else True,
        "name": texts.product_name(item, iso),
        "description": Html(texts.long_html(item, iso)),
        "description_short": Html(texts.short_html(item, iso)),
        "link_rewrite": texts.product_slug(item, iso),
        "default_category": texts.category_name(category, iso),
        "id_category_default": item.category,
        "reference": (combination and combination.reference) or item.reference,
        "upc": "",
        "ean": _ean(data, combination.ean if combination else item.ean),
        "condition": item.condition,
        "visibility": item.visibility,
        "active": item.active,
        "quantity": data.stock(item.id, attribute).quantity,
        "manufacturer": brand["name"] if brand else "",
        "weight": round(item.weight + (combination.weight if combination else 0.0), 6),
        "created_at": at(item.created),
        "updated_at": at(item.updated),
        "available_for_order": True,
        "available_date": Day(item.available),
        "is_bundle": item.is_pack,
        "is_virtual": item.virtual,
        "unity": "kg" if item.unit_ratio else "",
        "unit_price_ratio": item.unit_ratio,
        "width": Decimal(item.size[0]),
        "height": Decimal(item.size[1]),
        "depth": Decimal(item.size[2]),
        "additional_shipping_cost": Decimal(item.surcharge, 6 if data.profile.since(1, 7) else 2),
        "unique_product_id": f"{item.id}-{attribute}-{iso}",
        "id_product_attribute": f"{item.id}-{attribute}",
        "iso_code": iso,
    }
    return row | _since(data, item, iso) | _prices(data, item, attribute) | _look(data, ref, iso)


def _ean(data: Data, code: str) -> str:
    """1.6 writes 0 for none (spec/eventbus.md §6)."""
    return code or ("" if data.profile.since(1, 7) else "0")


def _since(data: Data, item: Product, iso: str) -> Row:
    row: Row = {}
    if data.profile.since(1, 7):
        row["isbn"] = item.isbn
    if data.profile.since(1, 7, 3):
        row["additional_delivery_times"] = Quoted(item.delivery)
        row["delivery_in_stock"] = said(IN_STOCK, iso) if item.delivery == 2 else ""
        row["delivery_out_stock"] = None if item.delivery == 2 else ""
    if data.profile.since(1, 7, 7):
        row["mpn"] = item.mpn
    return row


def _prices(data: Data, item: Product, attribute: int) -> Row:
    price = base(data, item, attribute)
    full = taxed(item, price)
    sale_excl, sale_incl = sale(data, item, attribute)
    row: Row = {
        "price_tax_excl": price,
        "price_tax_incl": full,
        "sale_price_tax_excl": sale_excl,
        "sale_price_tax_incl": sale_incl,
        # Differences of floats: their noise is sent as it is (spec/eventbus.md §1.2).
        "tax": full - price,
        "sale_tax": sale_incl - sale_excl,
    }
    if item.unit_ratio and price:
        row["price_per_unit"] = price / item.unit_ratio
    return row


def _look(data: Data, ref: Ref, iso: str) -> Row:
    item = data.products[ref[0]]
    path = _path(data, item.category)
    pictures = [_picture(data, item, number, iso) for number in item.images]
    features = [(FEATURES[group], value) for group, value in item.features]
    options = data.combinations[ref[1]].options if ref[1] else ()
    chosen = [(COLOURS[group], value) for group, value in options]
    return {
        "features": Pairs(tuple((said(g[0], iso), said(g[1][v], iso)) for g, v in features)),
        "attributes": Pairs(tuple((said(g[0], iso), said(g[1][v], iso)) for g, v in chosen)),
        "images": ";".join(pictures[1:]),
        "cover": pictures[0] if pictures else "",
        "link": _link(data, ref, iso),
        "category_path": " > ".join(texts.category_name(data.categories[c], iso) for c in path),
        "category_id_path": " > ".join(str(c) for c in path),
    }


def _path(data: Data, category: int) -> list[int]:
    found: list[int] = []
    while category:
        found.append(category)
        category = data.categories[category].parent
    return found[::-1]


def _picture(data: Data, item: Product, image: int, iso: str) -> str:
    if data.profile.since(1, 7):
        return f"{data.profile.url}/{image}/{texts.product_slug(item, iso)}.jpg"
    return f"{data.profile.url}/img/p/{'/'.join(str(image))}/{image}.jpg"


def _link(data: Data, ref: Ref, iso: str) -> str:
    item = data.products[ref[0]]
    if not data.profile.since(1, 7):
        return f"{data.profile.url}/index.php?id_product={item.id}&controller=product"
    home = data.profile.url + (f"/{iso}" if len(data.profile.languages) > 1 else "")
    section = texts.slug(texts.category_name(data.categories[item.category], iso))
    number = "-".join(str(part) for part in ref if part)
    return f"{home}/{section}/{number}-{texts.product_slug(item, iso)}.html"


def category(data: Data, ref: Ref, iso: str) -> Row:
    """§4.8."""
    item = data.categories[ref[0]]
    name = texts.category_name(item, iso)
    row: Row = {
        "unique_category_id": f"{item.id}-{iso}",
        "id_category": item.id,
        "id_parent": item.parent,
        "name": name,
        "description": Html(texts.category_html(item, iso)),
        "link_rewrite": texts.slug(name),
        "meta_title": None if item.id % 3 else name,
        "meta_description": "",
        "iso_code": iso,
        "created_at": at(item.created),
        "updated_at": at(item.updated),
    }
    if not data.profile.since(9):
        row["meta_keywords"] = None if item.id % 2 else ""
    return row


def bundle(data: Data, ref: Ref, iso: str) -> Row:
    """§4.1: the unique id points at the pack, not at what it holds."""
    pack, part, attribute = ref
    quantity = next(q for p, a, q in data.products[pack].pack if (p, a) == (part, attribute))
    return {
        "id_product": Quoted(part),
        "unique_product_id": f"{pack}-0-{iso}",
        "id_bundle": Quoted(pack),
        "id_product_attribute": Quoted(attribute),
        "quantity": Quoted(quantity),
    }


def stock(data: Data, ref: Ref, iso: str) -> Row:
    """§4.27: `out_of_stock` 1 and 2 both give true."""
    item = data.stocks[ref[0]]
    row: Row = {
        "id_stock_available": item.id,
        "id_product": item.product,
        "id_product_attribute": item.attribute,
        "id_shop": 1,
        "id_shop_group": 0,
        "quantity": item.quantity,
        "depends_on_stock": False,
        "out_of_stock": item.out_of_stock != 0,
    }
    if data.profile.since(1, 7, 2):
        row["physical_quantity"] = item.quantity
        row["reserved_quantity"] = 0
    if data.profile.since(1, 7, 5):
        row["location"] = item.location
    return row


def image(data: Data, ref: Ref, iso: str) -> Row:
    """§4.13: every language, whatever was asked."""
    item = data.images[ref[0]]
    spoken = data.profile.languages[ref[1] - 1]
    name = texts.first_name(data.products[item.product], spoken)
    return {
        "id_image": item.id,
        "id_product": item.product,
        "position": item.position,
        "cover": item.cover,
        "id_lang": ref[1],
        # A caption keeps the words it was given on the first day.
        "legend": "" if item.id % 4 == 0 else f"{name} n°{item.position}",
        "id_shop": 1,
    }


def specific_price(data: Data, ref: Ref, iso: str) -> Row:
    """§4.26."""
    item = data.specific_prices[ref[0]]
    owner = data.products[item.product]
    price = base(data, owner, 0)
    sale_excl, sale_incl = reduced(owner, price, item)
    percentage = item.kind == "percentage"
    amount = 0.0 if percentage else item.reduction
    return {
        "id_specific_price": item.id,
        "id_product": item.product,
        "id_shop": 0,
        "id_shop_group": 0,
        "id_currency": 0,
        "id_country": 8 if item.country else 0,
        "id_group": item.group,
        "id_customer": item.customer,
        "id_product_attribute": 0,
        "price": -1.0,
        "from_quantity": item.from_quantity,
        "reduction": item.reduction,
        "reduction_tax": item.reduction_tax,
        "from": at(item.start),
        "to": at(item.end),
        "reduction_type": item.kind,
        "country": data.profile.place.country if item.country else "ALL",
        "currency": "ALL",
        "price_tax_included": taxed(owner, price),
        "price_tax_excluded": price,
        "sale_price_tax_incl": sale_incl,
        "sale_price_tax_excl": sale_excl,
        "discount_percentage": item.reduction * 100 if percentage else 0.0,
        "discount_value_tax_incl": amount,
        "discount_value_tax_excl": round(amount / (1 + owner.tax / 100), 6),
    }


def product_supplier(data: Data, ref: Ref, iso: str) -> Row:
    """§4.24."""
    item = data.supplier_links[ref[0]]
    return {
        "id_product_supplier": item.id,
        "id_product": item.product,
        "id_product_attribute": item.attribute,
        "id_supplier": item.supplier,
        "product_supplier_reference": item.reference,
        "product_supplier_price_te": item.price,
        "id_currency": 1,
    }


def custom_product_carrier(data: Data, ref: Ref, iso: str) -> Row:
    """§4.11: nothing is cast."""
    return {
        "id_product": Uncast(ref[0]),
        "id_carrier_reference": Uncast(ref[1]),
        "id_shop": Uncast(1),
    }
