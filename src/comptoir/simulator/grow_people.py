"""Customers, their carts, orders and wishes; every order's sums add up (webservice.md §11.4)."""

import random
import string
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

from comptoir.simulator.model import (
    Cart,
    CartLine,
    Customer,
    Data,
    History,
    Movement,
    Order,
    OrderLine,
    Transport,
    Wishlist,
)
from comptoir.simulator.prices import sale
from comptoir.simulator.states import (
    AT_REST,
    CHEQUE,
    PAYMENTS,
    REFUNDED,
    SHIPPED,
    STATES,
    WIRE,
)
from comptoir.simulator.values import Row

HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass(slots=True)
class Crowd:
    """Who buys and what is bought, by how popular it is (Zipf, s = 1.05)."""

    products: list[int]
    weights: list[float]

    def product(self, rng: random.Random) -> int:
        return self.products[bisect(self.weights, rng.random() * self.weights[-1])]


def crowd(data: Data) -> Crowd:
    sold = [p.id for p in data.products.values() if p.active] or list(data.products)
    return Crowd(sold, list(accumulate((n + 1) ** -1.05 for n in range(len(sold)))))


def people(data: Data, rng: random.Random, customers: int, orders: int, carts: int) -> None:
    for _ in range(customers):
        add_customer(data, rng, data.born - rng.randrange(30, 730) * DAY)
    buyers = crowd(data)
    ids = list(data.customers)
    for when in sorted(data.born - rng.randrange(3, 700) * DAY for _ in range(orders)):
        # Rush hours are noon and evening.
        second = rng.choice((12, 13, 20, 21, 21)) * 3600 + rng.randrange(3600)
        customer = ids[int(len(ids) * rng.random() ** 2)]
        moment = when - when % DAY + second * 1000
        cart = add_cart(data, rng, buyers, customer, moment - HOUR // 2)
        states = rng.choices([s for _, s in AT_REST], [w for w, _ in AT_REST])[0]
        order = add_order(data, rng, cart, moment, states[0])
        for step, state in enumerate(states[1:], 1):
            advance(data, rng, order, state, moment + step * 7 * HOUR)
    for _ in range(carts):
        customer = rng.choice([0, *ids[:50]])
        add_cart(data, rng, buyers, customer, data.born - rng.randrange(1, 90) * DAY)
    for customer in ids[: max(2, len(ids) // 8)]:
        add_wishlist(data, rng, customer, data.born - rng.randrange(1, 90) * DAY)


def add_customer(data: Data, rng: random.Random, when: int) -> Customer:
    number = data.next_id("customers")
    guest = rng.random() < 0.25
    customer = Customer(
        id=number,
        lang=rng.randrange(len(data.profile.languages) + 1),
        email=f"Client{number}.s{data.profile.number}@Example.com",
        created=when,
        updated=when,
        newsletter_at=when if rng.random() < 0.35 else None,
        optin=rng.random() < 0.12,
        active=rng.random() < 0.97,
        guest=guest,
    )
    data.customers[number] = customer
    data.touch()
    return customer


def add_cart(data: Data, rng: random.Random, buyers: Crowd, customer: int, when: int) -> Cart:
    number = data.next_id("carts")
    cart = Cart(number, customer, when, when, ordered=False, lines={})
    count = 1
    while rng.random() < 0.58 and count < 40:
        count += 1
    for _ in range(count):
        product = data.products[buyers.product(rng)]
        key = (product.id, rng.choice(data.attributes(product)))
        quantity = rng.choices((1, 2, rng.randrange(3, 21)), (82, 12, 6))[0]
        # The demo carts of PrestaShop hold zero dates (spec/eventbus.md §4.6).
        cart.lines[key] = CartLine(quantity, None if number <= 2 else when)
    data.carts[number] = cart
    data.touch()
    return cart


def _reference(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_uppercase, k=9))


def add_order(data: Data, rng: random.Random, cart: Cart, when: int, state: int) -> Order:
    """The cart is bought: lines, sums, the first state, a carrier line, less stock."""
    number = data.next_id("orders")
    buyer = cart.customer or 1
    payment = _payment(rng, state)
    foreign = rng.random() < 0.1
    rate = 1.074448 if foreign else 1.0
    free = rng.random() < 0.2
    shipping = 0.0 if free else rng.choice((4.5, 6.9, 5.0))
    order = Order(
        id=number,
        reference=_reference(rng),
        customer=buyer,
        cart=cart.id,
        lang=rng.choice(data.profile.languages),
        carrier=rng.choice(list(data.carriers)[:4]),
        payment=payment,
        created=when,
        updated=when,
        first=buyer not in data.buyers,
        rate=rate,
        currency=2 if foreign else 1,
        country=rng.choice((data.profile.place.country,) * 4 + ("BE",)),
        shipping_excl=round(shipping * rate, 6),
        shipping_incl=round(shipping * rate * (1 + data.profile.place.tax / 100), 6),
        gift=rng.random() < 0.02,
    )
    if order.gift:
        order.wrapping_excl, order.wrapping_incl = 2.5, 3.0
    data.orders[number] = order
    data.buyers.add(buyer)
    cart.ordered = True
    cart.updated = when
    _lines(data, order, cart)
    _voucher(data, rng, order)
    weight = sum(
        data.products[line.product].weight * line.quantity for line in data.lines_of(order)
    )
    order.transport = data.next_id("transports")
    data.transports[order.transport] = Transport(
        order.transport, number, order.carrier, round(weight, 6), when
    )
    for line in data.lines_of(order):
        move(data, rng, line.product, line.attribute, -line.quantity, order, when)
    advance(data, rng, order, state, when)
    return order


def _payment(rng: random.Random, state: int) -> int:
    if state == CHEQUE:
        return 3
    if state == WIRE:
        return 2
    return rng.choices(range(len(PAYMENTS)), [share for share, *_ in PAYMENTS])[0]


def _lines(data: Data, order: Order, cart: Cart) -> None:
    for (product, attribute), wanted in cart.lines.items():
        number = data.next_id("order_lines")
        excl, incl = sale(data, data.products[product], attribute)
        data.order_lines[number] = OrderLine(
            number,
            order.id,
            product,
            attribute,
            wanted.quantity,
            round(excl * order.rate, 6),
            round(incl * order.rate, 6),
        )
        order.lines.append(number)


def _voucher(data: Data, rng: random.Random, order: Order) -> None:
    if data.plain["order_cart_rules"] and rng.random() >= 0.12:
        return
    rule = rng.choice(list(data.plain["cart_rules"]))
    order.discount_excl, order.discount_incl = 1.5, 1.8
    number = data.next_id("order_cart_rules")
    row: Row = {
        "id_order": order.id,
        "id_cart_rule": rule,
        "id_order_invoice": 0,
        "name": "Merci, Zoé !",
        "value": order.discount_incl,
        "value_tax_excl": order.discount_excl,
        "free_shipping": False,
        "deleted": False,
    }
    data.plain["order_cart_rules"][number] = row
    order.rules.append(number)


def advance(data: Data, rng: random.Random, order: Order, state: int, when: int) -> History:
    """The order enters a state: history, invoice, delivery slip, payment, refund, tracking."""
    number = data.next_id("histories")
    data.histories[number] = History(number, order.id, state, when)
    order.histories.append(number)
    order.updated = when
    kind = STATES[state]
    if kind.invoice and not order.invoice:
        order.invoice, order.invoiced_at = data.next_id("invoices"), when
    if kind.delivered and not order.delivery:
        order.delivery, order.delivered_at = data.next_id("deliveries"), when
    if kind.paid and not order.paid:
        order.paid = total(data, order)[1]
    if state == SHIPPED:
        data.transports[order.transport].tracking = f"6A{rng.randrange(10**11):011d}"
    if state == REFUNDED:
        for line in data.lines_of(order):
            line.refund_excl = round(line.excl * line.quantity, 6)
            line.refund_incl = round(line.incl * line.quantity, 6)
    data.touch()
    return data.histories[number]


def products_total(data: Data, order: Order) -> tuple[float, float]:
    """(without tax, with tax) of all lines."""
    lines = list(data.lines_of(order))
    excl = sum(line.excl * line.quantity for line in lines)
    incl = sum(line.incl * line.quantity for line in lines)
    return round(excl, 2), round(incl, 2)


def total(data: Data, order: Order) -> tuple[float, float]:
    """What the order costs: products, shipping and wrapping, less the discounts."""
    excl, incl = products_total(data, order)
    return (
        round(excl + order.shipping_excl + order.wrapping_excl - order.discount_excl, 2),
        round(incl + order.shipping_incl + order.wrapping_incl - order.discount_incl, 2),
    )


def move(
    data: Data,
    rng: random.Random,
    product: int,
    attribute: int,
    quantity: int,
    order: Order | None,
    when: int,
) -> Movement:
    """Stock goes in or out, of the combination and of the product's sum."""
    data.stock(product, attribute).quantity += quantity
    if attribute:
        data.stock(product, 0).quantity += quantity
    number = data.next_id("movements")
    movement = Movement(
        id=number,
        stock=data.stock(product, attribute).id,
        order=order.id if order else 0,
        reason=(3 if quantity < 0 else 8) if order else 11,
        quantity=abs(quantity),
        sign=-1 if quantity < 0 else 1,
        when=when,
        price=0.0,
    )
    data.movements[number] = movement
    data.touch()
    return movement


def add_wishlist(data: Data, rng: random.Random, customer: int, when: int) -> Wishlist:
    number = data.next_id("wishlists")
    wishlist = Wishlist(
        id=number,
        customer=customer,
        name=rng.choice(("My wishlist", "Ma liste 🎁", "Anniversaire d'Élodie")),
        token=f"{rng.getrandbits(64):016X}",
        created=when,
        updated=when,
        default=True,
    )
    data.wishlists[number] = wishlist
    for product in rng.sample(list(data.products), min(2, len(data.products))):
        wish(data, rng, wishlist, product)
    return wishlist


def wish(data: Data, rng: random.Random, wishlist: Wishlist, product: int) -> int:
    item = data.next_id("wishes")
    attribute = rng.choice(data.attributes(data.products[product]))
    wishlist.items[item] = (product, attribute, rng.choice((1, 1, 2)), rng.choice((0, 1, 2)))
    data.wishlist_of[item] = wishlist.id
    data.touch()
    return item
