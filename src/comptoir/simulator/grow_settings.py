"""What a merchant sets up once: languages, currencies, carriers, people, modules, texts."""

import hashlib
import random

from comptoir.simulator.model import Carrier, Data
from comptoir.simulator.profile import GOOGLE
from comptoir.simulator.values import Quoted, Row, Uncast, at
from comptoir.simulator.words import (
    FIRST_NAMES,
    LANGUAGE_NAMES,
    LAST_NAMES,
    SERIES,
)

DAY = 86_400_000
PEPPER = "dUj4GMBD6689pL9pyr"
"""Public, the same for every shop (spec/eventbus.md §5)."""

MODULES = (
    "ps_accounts", "ps_eventbus", "ps_mainmenu", "ps_imageslider", "ps_emailsubscription",
    "ps_shoppingcart", "ps_checkpayment", "ps_wirepayment", "blockwishlist", "ps_facetedsearch",
    "contactform", "statsdata", "gridhtml", "dashactivity", "welcome", GOOGLE,
)  # fmt: skip

IMAGE_TYPES = (
    ("cart_default", 125, "products"), ("small_default", 98, "products"),
    ("medium_default", 452, "products"), ("home_default", 250, "products"),
    ("large_default", 800, "products"), ("category_default", 141, "categories"),
    ("stores_default", 170, "stores"), ("brand_default", 98, "manufacturers"),
)  # fmt: skip
NEW_IMAGE_TYPES = ("default_xs", "default_s", "default_m", "default_md", "default_lg", "default_xl",
                   "product_main", "product_main_2x")  # fmt: skip


def email_hash(email: str) -> str:
    return hashlib.sha256(f"{email}{PEPPER}".encode()).hexdigest()


def settings(data: Data, rng: random.Random, manufacturers: int, suppliers: int) -> None:
    opened = data.born - 731 * DAY
    for name in (
        "image_types", "languages", "currencies", "employees", "stores", "suppliers",
        "manufacturers", "modules", "themes", "translations", "taxonomies", "cart_rules",
        "order_cart_rules",
    ):  # fmt: skip
        data.plain[name] = {}
    _languages(data)
    _currencies(data)
    _employees(data, rng)
    _image_types(data)
    _modules(data, opened)
    _themes(data)
    for _ in range(manufacturers):
        add_manufacturer(data, rng, opened)
    for _ in range(suppliers):
        add_supplier(data, rng, opened)
    for _ in range(3):
        add_store(data, rng, opened)
    _translations(data)
    for number in (3, 4, 5):
        data.plain["taxonomies"][number] = {
            "id_category": Uncast(number),
            "google_category_id": Uncast(number * 111),
        }
    _carriers(data)
    for _ in range(3):
        add_cart_rule(data, rng, opened)


def add(data: Data, content: str, row: Row, number: int | None = None) -> int:
    """Put a row in a plain table, under the next id unless one is given."""
    number = data.next_id(content) if number is None else number
    data.plain[content][number] = row
    data.touch()
    return number


def _languages(data: Data) -> None:
    for iso in data.profile.languages:
        name, code, date = LANGUAGE_NAMES.get(iso, (iso.upper(), f"{iso}-{iso}", "Y-m-d"))
        row: Row = {
            "name": name,
            "active": True,
            "iso_code": iso,
            "language_code": code,
            "date_format_lite": date,
            "date_format_full": f"{date} H:i:s",
            "is_rtl": False,
            "id_shop": 1,
        }
        if data.profile.since(1, 7):
            row["locale"] = f"{code[:2]}-{code[3:].upper()}"
        add(data, "languages", row)


def _currencies(data: Data) -> None:
    own = data.profile.place.currency
    for iso, rate in ((own, 1.0), ("USD" if own != "USD" else "EUR", 1.074448)):
        row: Row = {
            "iso_code": iso,
            "conversion_rate": rate,
            "deleted": False,
            "active": True,
        }
        if data.profile.since(1, 7, 6):
            row["precision"] = 0 if iso == "JPY" else 2
        add(data, "currencies", row)


def _employees(data: Data, rng: random.Random) -> None:
    for index in range(2):
        row: Row = {
            "id_profile": index + 1,
            "id_lang": 1,
            "bo_color": None,
            "bo_theme": "default",
            "bo_css": "theme.css" if data.profile.since(1, 7) else "admin-theme.css",
            "default_tab": 1,
            "bo_width": 0,
            "bo_menu": True,
            "active": True,
            "optin": bool(index),
            "id_last_order": 0,
            "id_last_customer_message": 0,
            "id_last_customer": 0,
            "last_connection_date": None if index else at(midnight(data, data.born - 5 * DAY)),
            "id_shop": 1,
            "email_hash": email_hash(f"staff{index}.{data.profile.number}@shop.example"),
        }
        if data.profile.since(1, 7, 8):
            row["has_enabled_gravatar"] = False
        add(data, "employees", row)


def midnight(data: Data, ms: int) -> int:
    """The shop's midnight before an instant."""
    local = data.profile.local(ms)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return int(start.timestamp()) * 1000


def employee_names(data: Data, employee: int) -> tuple[str, str]:
    """(last name, first name): sent in clear with stock movements (spec/eventbus.md §5)."""
    index = data.profile.number * 3 + employee
    return LAST_NAMES[index % len(LAST_NAMES)], FIRST_NAMES[index % len(FIRST_NAMES)]


def image_type(name: str, width: int, use: str) -> Row:
    uses = ("products", "categories", "manufacturers", "suppliers", "stores")
    row: Row = {"name": name, "width": width, "height": width}
    return row | {kind: kind == use for kind in uses}


def _image_types(data: Data) -> None:
    types = list(IMAGE_TYPES)
    if data.profile.since(9):
        types += [(name, 160 + 40 * i, "products") for i, name in enumerate(NEW_IMAGE_TYPES)]
    for name, width, use in types:
        add(data, "image_types", image_type(name, width, use))


def _modules(data: Data, opened: int) -> None:
    for index, name in enumerate(MODULES):
        # Before 1.7 the shop's own creation date stands in (spec/eventbus.md §6).
        installed = opened + (index * DAY if data.profile.since(1, 7) else 0)
        row: Row = {
            "module_id": Quoted(index + 1),
            "name": name,
            "module_version": f"{index % 4 + 1}.{index}.0",
            "active": index % 7 != 6,
            "created_at": at(installed),
            "updated_at": at(installed),
        }
        add(data, "modules", row)


def _themes(data: Data) -> None:
    names = ["classic"] if data.profile.since(1, 7) else ["default-bootstrap"]
    names += ["hummingbird"] if data.profile.since(9) else []
    for index, name in enumerate(names):
        row: Row = {
            "theme_id": hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(),
            "name": name,
            "theme_version": "2.1.2" if data.profile.since(8) else "1.0",
            "active": index == 0 and data.profile.since(1, 7),
        }
        add(data, "themes", row)


def add_manufacturer(data: Data, rng: random.Random, when: int) -> int:
    number = data.next_id("manufacturers")
    row: Row = {
        "name": f"{SERIES[number % len(SERIES)]} & {LAST_NAMES[number % len(LAST_NAMES)]}",
        "created_at": at(when),
        "updated_at": at(when),
        "active": rng.random() < 0.9,
        # The module takes the shop's id for the language's (spec/eventbus.md §4.16).
        "id_lang": 1,
        "description": f"<p>Depuis {1900 + number % 100} — élégance &amp; savoir-faire 🧵</p>",
        "short_description": "",
        "meta_title": rng.choice((None, "")),
        "meta_description": "",
        "id_shop": 1,
    }
    if not data.profile.since(9):
        row["meta_keywords"] = ""
    return add(data, "manufacturers", row, number)


def add_supplier(data: Data, rng: random.Random, when: int) -> int:
    number = data.next_id("suppliers")
    row: Row = {
        "name": f"{LAST_NAMES[number * 5 % len(LAST_NAMES)]} {SERIES[number % len(SERIES)]} SARL",
        "created_at": at(when),
        "updated_at": at(when),
        "active": True,
        "meta_title": rng.choice((None, "")),
        "meta_description": "",
        "id_shop": 1,
    }
    if not data.profile.since(9):
        row["meta_keywords"] = None
    return add(data, "suppliers", row, number)


def add_store(data: Data, rng: random.Random, when: int) -> int:
    row: Row = {
        "id_country": 8,
        "id_state": 0,
        "city": data.profile.place.city,
        "postcode": data.profile.place.postcode,
        "active": True,
        "created_at": at(when),
        "updated_at": at(when),
        "address1": f"{rng.randrange(1, 99)} rue de l’Église",
        "address2": rng.choice((None, "", "Bât. B")),
        "hours": hours(data, rng.choice((9, 10))),
    }
    return add(data, "stores", row)


def hours(data: Data, opening: int) -> str:
    """Opening hours: JSON since 1.7, a PHP-serialised array before (spec/eventbus.md §4.29)."""
    days = [f"{opening:02d}:00 - 19:00"] * 6 + [""]
    if data.profile.since(1, 7):
        return "[" + ",".join(f'["{day}"]' for day in days) + "]"
    parts = "".join(f'i:{i};s:{len(day)}:"{day}";' for i, day in enumerate(days))
    return f"a:7:{{{parts}}}"


def _translations(data: Data) -> None:
    texts = (("Add to cart", "Mettre au panier 🛒"), ("Our stores", "Où nous trouver"))
    for index, (key, text) in enumerate(texts):
        row: Row = {
            "id_lang": 1 + index % len(data.profile.languages),
            "key": key,
            "translation": text,
            "domain": "ShopThemeActions",
            "theme": "classic" if data.profile.since(1, 7) else "",
        }
        add(data, "translations", row)


def add_cart_rule(data: Data, rng: random.Random, when: int) -> int:
    percent = rng.choice((0.0, 5.0, 10.0))
    flags = (
        "partial_use", "minimum_amount_tax", "minimum_amount_shipping", "country_restriction",
        "carrier_restriction", "group_restriction", "cart_rule_restriction",
        "product_restriction", "shop_restriction", "free_shipping", "reduction_tax", "highlight",
    )  # fmt: skip
    row: Row = {
        "id_customer": 0,
        "code": f"MERCI{rng.randrange(1000):03d}",
        "from": at(when),
        "to": at(when + 3650 * DAY),
        "description": rng.choice((None, "", "Fidélité — client d'été ☀️")),
        "quantity": 100,
        "quantity_per_user": 1,
        "priority": 1,
        "minimum_amount": rng.choice((0.0, 29.9)),
        "minimum_amount_currency": 1,
        "reduction_percent": percent,
        "reduction_amount": 0.0 if percent else 4.99,
        "reduction_currency": 1,
        "reduction_product": 0,
        "gift_product": 0,
        "gift_product_attribute": 0,
        "active": True,
        "created_at": at(when),
        "updated_at": at(when),
    }
    row.update({flag: flag == "partial_use" for flag in flags})
    if data.profile.since(1, 7):
        row["reduction_exclude_special"] = False
    return add(data, "cart_rules", row)


def _carriers(data: Data) -> None:
    weights = ((1, 0.0, 1.0), (2, 1.0, 3.0), (3, 3.0, 10000.0))
    prices = ((1, 0.0, 50.0), (2, 50.0, 100.0))
    old = not data.profile.since(1, 7)
    name = "0" if old else data.profile.name
    for row in (
        (name, "free_shipping", 0.0, ()),
        ("My carrier", "range_weight", 5.0, weights[:1]),
        ("Vélo-Poste", "range_price", 4.5, prices),
        ("Colis léger", "range_weight", 6.9, weights[1:]),
    ):
        add_carrier(data, row[0], row[1], row[2], row[3])


def add_carrier(
    data: Data,
    name: str,
    method: str,
    price: float,
    ranges: tuple[tuple[int, float, float], ...],
) -> Carrier:
    number = data.next_id("carriers")
    url = "https://track.example/@" if ranges else ""
    carrier = Carrier(number, number, name, method, price, ranges, url)
    data.carriers[number] = carrier
    data.touch()
    return carrier
