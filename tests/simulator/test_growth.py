"""What grows out of a seed: repeatable, believable, of its version, at any scale."""

import re
from datetime import UTC, datetime

import pytest

from comptoir.base.clock import FrozenClock
from comptoir.prestashop.catalogue import catalogue
from comptoir.simulator import SimulatedStore, Simulation
from comptoir.simulator.grow_people import products_total, total
from comptoir.simulator.grow_settings import email_hash
from comptoir.simulator.profile import numbers, release
from comptoir.simulator.states import STATES

CLOCK = FrozenClock(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
VERSIONS = ("1.6", "1.7.2.4", "1.7.5.0", "1.7.6.2", "1.7", "8", "8.2", "9")


def store(version: str = "8", *, seed: int = 7, scale: float = 1.0) -> SimulatedStore:
    sim = Simulation(1, seed, (version,), scale=scale, clock=CLOCK, port=1, languages=("en", "fr"))
    return sim.stores[0]


def test_the_same_seed_grows_the_same_store() -> None:
    prints = [[store(seed=s).fingerprint(name) for name in catalogue()] for s in (7, 7, 8)]
    assert prints[0] == prints[1]
    assert prints[0] != prints[2]


def test_stores_of_a_simulation_differ() -> None:
    sim = Simulation(4, clock=CLOCK, port=1)
    assert len({s.name for s in sim.stores}) == 4
    assert len({s.frontend_url for s in sim.stores}) == 4
    assert [s.version for s in sim.stores] == ["1.6.1.24", "8.1.7", "9.0.1", "1.6.1.24"]
    assert [s.languages[0] for s in sim.stores] == ["en", "fr", "en", "es"]
    zones = {s.truth("info")[0]["timezone"] for s in sim.stores}
    assert len(zones) == 4


def test_a_small_store_has_some_hundreds_of_rows_in_all_contents() -> None:
    sim = Simulation(7, clock=CLOCK, port=1)
    for one in sim.stores:
        counts = {name: len(one.truth(name)) for name in catalogue()}
        assert all(counts.values()), [name for name, count in counts.items() if not count]
        assert 400 <= sum(counts.values()) <= 900


@pytest.mark.parametrize("version", VERSIONS)
def test_properties_are_those_of_the_version(version: str) -> None:
    one = store(version)
    running = numbers(release(version)[0])
    for name, known in catalogue().items():
        expected = {p.name for p in known.sent if p.sent_by(running)}
        optional = {p.name for p in known.sent if p.optional}
        for row in one.book.page(name, "en", 0, 0):
            assert set(row) - optional == expected - optional, name


@pytest.mark.parametrize("version", VERSIONS)
def test_values_have_the_types_of_the_wire(version: str) -> None:
    one = store(version)
    number = (int, float)
    instant = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}")
    for name, known in catalogue().items():
        for row in one.book.page(name, "fr", 0, 0):
            for prop in known.sent:
                value = row.get(prop.name)
                if value is None:
                    assert prop.nullable or prop.optional or prop.name not in row, prop.name
                elif prop.wire in ("int", "float"):
                    assert isinstance(value, number) and not isinstance(value, bool), prop.name
                    assert not (isinstance(value, float) and value.is_integer()), prop.name
                elif prop.wire == "bool":
                    assert isinstance(value, bool), prop.name
                elif prop.wire == "datetime":
                    assert instant.fullmatch(str(value)), prop.name
                elif prop.wire == "json":
                    assert value == "" or isinstance(value, dict), prop.name
                elif name not in ("custom_product_carriers", "taxonomies"):
                    assert isinstance(value, str), prop.name


def test_uncast_numbers_follow_php_and_prestashop() -> None:
    kinds = {}
    for version in VERSIONS:
        row = store(version).book.page("taxonomies", "en", 0, 1)[0]
        kinds[version] = type(row["id_category"])
    assert {v for v, kind in kinds.items() if kind is int} == {"8", "9"}


def test_old_php_prints_fourteen_digits() -> None:
    old, new = store("1.6"), store("8")
    assert any(len(str(r["tax"])) > 15 for r in new.book.page("products", "en", 0, 0))
    assert all(len(str(r["tax"])) <= 16 for r in old.book.page("products", "en", 0, 0))


def test_dates_are_written_in_the_shops_zone() -> None:
    sim = Simulation(2, versions=("8",), clock=CLOCK, port=1)
    for one, offsets in zip(sim.stores, ({"+0100", "+0200"}, {"-0500", "-0400"}), strict=True):
        rows = one.book.page("orders", one.languages[0], 0, 0)
        assert {str(r["created_at"])[-5:] for r in rows} <= offsets


def test_the_pepper_of_the_addresses_is_the_modules() -> None:
    expected = "abf48c68c3b53f7f60a1ba1327701aae275a2555e999b60c72becbf309c6d9ad"
    assert email_hash("pub@prestashop.com") == expected


def check_invariants(one: SimulatedStore) -> None:
    """spec/webservice.md §11.4."""
    data = one.data
    for order in data.orders.values():
        excl, incl = products_total(data, order)
        paid_excl, paid_incl = total(data, order)
        assert paid_incl == pytest.approx(
            incl + order.shipping_incl + order.wrapping_incl - order.discount_incl, abs=0.01
        )
        assert paid_excl == pytest.approx(
            excl + order.shipping_excl + order.wrapping_excl - order.discount_excl, abs=0.01
        )
        assert re.fullmatch(r"[A-Z]{9}", order.reference)
        history = [data.histories[number] for number in order.histories]
        assert [h.when for h in history] == sorted(h.when for h in history)
        assert data.carts[order.cart].created <= order.created <= history[0].when
        if any(STATES[h.state].invoice for h in history):
            assert order.invoice and order.invoiced_at
        assert data.transports[order.transport].order == order.id
    assert len({order.cart for order in data.orders.values()}) == len(data.orders)
    for product in data.products.values():
        if product.combinations:
            parts = [data.stock(product.id, c).quantity for c in product.combinations]
            defaults = [c for c in product.combinations if data.combinations[c].default]
            assert len(defaults) == 1
            assert data.stock(product.id, 0).quantity == sum(parts)


def test_the_books_balance() -> None:
    for seed in range(5):
        check_invariants(store(seed=seed))


def test_prices_end_in_ninety_or_nothing_and_few_products_sell_most() -> None:
    one = store(scale=20.0)
    assert {round(p.price * 100) % 100 for p in one.data.products.values()} == {0, 90}
    sold: dict[int, int] = {}
    for line in one.data.order_lines.values():
        sold[line.product] = sold.get(line.product, 0) + 1
    top = sorted(sold.values(), reverse=True)[: len(one.data.products) // 10]
    assert sum(top) > sum(sold.values()) * 0.4


def test_scale_grows_products_customers_and_orders() -> None:
    small, large = store(scale=1.0).data, store(scale=30.0).data
    for table in ("products", "customers", "orders"):
        ratio = len(getattr(large, table)) / len(getattr(small, table))
        assert 25 < ratio < 35
