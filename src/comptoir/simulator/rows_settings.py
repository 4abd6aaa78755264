"""Rows of carriers, plain tables and the shop itself (spec/eventbus.md §4)."""

from collections.abc import Callable

from comptoir.simulator.model import Carrier, Data
from comptoir.simulator.rows_products import Ref
from comptoir.simulator.values import Quoted, Row, at
from comptoir.simulator.words import CURRENCY_NAMES, DELAYS, SENTENCES, said

STATES_OF_US = "AL,AK,AZ,AR,CA,CO,CT,NY,WA"
DAY = 86_400_000


def zones(data: Data) -> tuple[tuple[int, tuple[str, ...], str], ...]:
    """(zone, countries, states) that carriers serve: home and the other side of the sea."""
    home = data.profile.place.country
    away = ("US", STATES_OF_US) if home != "US" else ("FR", "")
    near = (home, "BE") if home != "US" else (home,)
    return (
        (1, near, STATES_OF_US if home == "US" else ""),
        (2, (away[0],), away[1]),
    )


def carrier(data: Data, ref: Ref, iso: str) -> Row:
    """§4.2."""
    item = data.carriers[ref[0]]
    return {
        "id_carrier": Quoted(item.id),
        "id_reference": Quoted(item.reference),
        "name": item.name,
        "url": item.url,
        "active": True,
        "deleted": False,
        "disable_carrier_when_out_of_range": False,
        "is_module": False,
        "is_free": item.method == "free_shipping",
        "shipping_external": False,
        "need_range": False,
        "external_module_name": "",
        "max_width": 0.0,
        "max_height": 0.0,
        "max_depth": 0.0,
        "max_weight": 30.5 if item.ranges else 0.0,
        "grade": item.id % 10,
        "delay": said(DELAYS[item.reference % len(DELAYS)], iso),
        "shipping_handling": 2.0 if item.ranges else 0.0,
        "carrier_taxes_rates_group_id": Quoted(1),
        "free_shipping_starts_at_price": 79.9,
        "free_shipping_starts_at_weight": 0.0,
        "currency": data.profile.place.currency,
        "weight_unit": "kg",
    }


def carrier_details(data: Data, item: Carrier) -> list[Ref]:
    """(carrier, zone, index of the range) of each row; a free carrier has one per zone."""
    count = len(item.ranges) or 1
    return [(item.id, zone, index) for zone, _, _ in zones(data) for index in range(count)]


def carrier_detail(data: Data, ref: Ref, iso: str) -> Row:
    """§4.3."""
    item = data.carriers[ref[0]]
    _, countries, states = zones(data)[ref[1] - 1]
    number, low, high = item.ranges[ref[2]] if item.ranges else (None, 0.0, 0.0)
    written = str(number) if number else ""
    return {
        "id_reference": Quoted(item.reference),
        "id_zone": Quoted(ref[1]),
        "price": item.price,
        "id_range": written,
        "shipping_method": item.method,
        "delimiter1": low,
        "delimiter2": high,
        "country_ids": ",".join(countries),
        "state_ids": states,
        "id_carrier_detail": written,
    }


def carrier_taxes(data: Data, item: Carrier) -> list[Ref]:
    """(carrier, zone, index of the range, index of the country) of each row."""
    return [
        (item.id, zone, index, country)
        for zone, countries, _ in zones(data)
        for index in range(len(item.ranges))
        for country in range(len(countries))
    ]


def carrier_tax(data: Data, ref: Ref, iso: str) -> Row:
    """§4.4."""
    item = data.carriers[ref[0]]
    _, countries, states = zones(data)[ref[1] - 1]
    country = countries[ref[3]]
    home = country == data.profile.place.country
    return {
        "id_reference": Quoted(item.reference),
        "id_zone": Quoted(ref[1]),
        "id_range": Quoted(item.ranges[ref[2]][0]),
        "id_carrier_tax": Quoted(1),
        "country_id": country,
        "state_ids": states,
        "tax_rate": data.profile.place.tax if home else 5.5,
    }


def plain(content: str, key: str) -> Callable[[Data, Ref, str], Row]:
    """Rows of a table that stand as they are, under their id."""

    def row(data: Data, ref: Ref, iso: str) -> Row:
        return {key: ref[0]} | data.plain[content][ref[0]]

    return row


def keyed(content: str) -> Callable[[Data, Ref, str], Row]:
    """Rows of a table that hold their key already."""

    def row(data: Data, ref: Ref, iso: str) -> Row:
        return dict(data.plain[content][ref[0]])

    return row


def currency(data: Data, ref: Ref, iso: str) -> Row:
    """§4.9: since 1.7.6 one row per language, which the row does not say."""
    row = {"id_currency": ref[0]} | data.plain["currencies"][ref[0]]
    code = str(row["iso_code"])
    named = data.profile.since(1, 7, 6)
    row["name"] = said(CURRENCY_NAMES[code], data.profile.languages[ref[1] - 1]) if named else ""
    return row


def store(data: Data, ref: Ref, iso: str) -> Row:
    """§4.29: by language since 1.7.3."""
    row = {"id_store": ref[0]} | data.plain["stores"][ref[0]]
    localised = data.profile.since(1, 7, 3)
    row["name"] = f"{data.profile.name} {ref[0]}" + (f" ({iso})" if localised else "")
    if localised:
        row["id_lang"] = data.profile.id_lang(iso)
        row["id_shop"] = 1
    return row


def supplier(data: Data, ref: Ref, iso: str) -> Row:
    """§4.30."""
    row = {"id_supplier": ref[0]} | data.plain["suppliers"][ref[0]]
    row["id_lang"] = data.profile.id_lang(iso)
    row["description"] = f"<p>{said(SENTENCES[ref[0] % len(SENTENCES)], iso)}</p>"
    return row


def info(data: Data, ref: Ref, iso: str) -> Row:
    """§4.25."""
    profile = data.profile
    opened = data.born - 731 * DAY
    return {
        "created_at": at(opened),
        "folder_created_at": None if profile.number % 5 == 0 else at(opened + 9 * DAY),
        "cms_version": profile.version,
        "url_is_simplified": profile.since(1, 7),
        "cart_is_persistent": False,
        "default_language": profile.default,
        "languages": ";".join(profile.languages),
        "default_currency": profile.place.currency,
        "currencies": ";".join(str(r["iso_code"]) for r in data.plain["currencies"].values()),
        "weight_unit": "kg",
        "distance_unit": "km",
        "volume_unit": "cl",
        "dimension_unit": "cm",
        "timezone": profile.place.zone,
        "is_order_return_enabled": False,
        "order_return_nb_days": 14,
        "php_version": profile.php,
        "http_server": "nginx/1.26.2",
        "url": f"{profile.url}/",
        "ssl": False,
        "multi_shop_count": 1,
        "country_code": profile.place.country,
    }
