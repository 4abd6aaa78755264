"""What customers do: they register, fill carts, order, wish; and what happens to their orders."""

from dataclasses import dataclass

from comptoir.simulator.grow_people import (
    add_cart,
    add_customer,
    add_order,
    add_wishlist,
    advance,
    crowd,
    wish,
)
from comptoir.simulator.model import Cart, Order
from comptoir.simulator.scene import Scene
from comptoir.simulator.states import CANCELED, NEXT, PAID, REFUNDED, STATES, WIRE
from comptoir.simulator.values import At

FEW = 3


@dataclass(frozen=True, slots=True)
class Before:
    """Where the tables ended before an order came in."""

    movements: int


def registered(scene: Scene) -> str:
    customer = add_customer(scene.data, scene.rng, scene.now)
    scene.hooks.saved("customers", customer.id)
    return f"customer {customer.id} registered"


def customer_edited(scene: Scene) -> str:
    customer = scene.one(scene.data.customers)
    customer.newsletter_at = None if customer.newsletter_at else scene.now
    customer.updated = scene.now
    scene.data.touch()
    scene.hooks.saved("customers", customer.id)
    return f"customer {customer.id} changed the newsletter"


def customer_deleted(scene: Scene) -> str | None:
    if len(scene.data.customers) <= FEW:
        return None
    customer = scene.one(scene.data.customers)
    del scene.data.customers[customer.id]
    scene.data.touch()
    scene.hooks.deleted("customers", customer.id)
    return f"customer {customer.id} deleted"


def browsed(scene: Scene) -> str:
    customer = scene.rng.choice([0, *scene.data.customers])
    cart = add_cart(scene.data, scene.rng, crowd(scene.data), customer, scene.now)
    _cart_saved(scene, cart)
    return f"cart {cart.id} filled"


def _cart_saved(scene: Scene, cart: Cart) -> None:
    cart.updated = scene.now
    scene.data.touch()
    scene.hooks.saved("carts", cart.id)
    scene.hooks.saved("cart_products", cart.id)


def cart_changed(scene: Scene) -> str | None:
    """A line more, a line less (never the last), or another quantity."""
    open_carts = [c for c in scene.data.carts.values() if not c.ordered and c.lines]
    if not open_carts:
        return None
    cart = scene.rng.choice(open_carts)
    key = scene.rng.choice(list(cart.lines))
    if len(cart.lines) > 1 and scene.rng.random() < 0.5:
        del cart.lines[key]
        told = f"cart {cart.id} lost product {key[0]}"
    else:
        cart.lines[key].quantity += 1
        told = f"cart {cart.id} has one more of product {key[0]}"
    _cart_saved(scene, cart)
    return told


def ordered(scene: Scene) -> str:
    """A customer, sometimes new, buys: everything an order touches is saved."""
    data, rng = scene.data, scene.rng
    if rng.random() < 0.4:
        customer = add_customer(data, rng, scene.now)
        scene.hooks.saved("customers", customer.id)
    else:
        customer = scene.one(data.customers)
    cart = add_cart(data, rng, crowd(data), customer.id, scene.now)
    before = Before(data.last["movements"])
    state = WIRE if rng.random() < 0.1 else PAID
    order = add_order(data, rng, cart, scene.now, state)
    _cart_saved(scene, cart)
    _order_announced(scene, order, before)
    return f"order {order.reference} of {len(order.lines)} lines came in"


def _order_announced(scene: Scene, order: Order, before: Before) -> None:
    data, hooks = scene.data, scene.hooks
    hooks.saved("orders", order.id)
    hooks.saved("order_details", *order.lines)
    hooks.saved("order_status_history", *order.histories)
    hooks.saved("order_carriers", order.transport)
    for number in order.rules:
        hooks.saved("order_cart_rules", number)
        _voucher_used(scene, int(str(data.plain["order_cart_rules"][number]["id_cart_rule"])))
    movements = range(before.movements + 1, data.last["movements"] + 1)
    hooks.saved("stock_movements", *movements)
    for line in data.lines_of(order):
        rows = {data.stock(line.product, line.attribute).id, data.stock(line.product, 0).id}
        hooks.saved("stocks", *sorted(rows))
    for product in dict.fromkeys(line.product for line in data.lines_of(order)):
        scene.product_changed(data.products[product])


def _voucher_used(scene: Scene, rule: int) -> None:
    row = scene.data.plain["cart_rules"].get(rule)
    if row is not None:
        row["quantity"] = max(0, int(str(row["quantity"])) - 1)
        row["updated_at"] = At(scene.now)
        scene.hooks.saved("cart_rules", rule)


def moved_on(scene: Scene) -> str | None:
    """An order goes to its next state."""
    data = scene.data
    waiting = [o for o in data.orders.values() if data.state_of(o) in NEXT]
    if not waiting:
        return None
    order = scene.rng.choice(waiting)
    state = scene.rng.choice(NEXT[data.state_of(order)])
    when = max(scene.now, data.histories[order.histories[-1]].when)
    history = advance(data, scene.rng, order, state, when)
    scene.hooks.saved("order_status_history", history.id)
    scene.hooks.saved("orders", order.id)
    # Its row shows the invoice, and the tracking number once shipped.
    scene.hooks.saved("order_carriers", order.transport)
    if state == REFUNDED:
        scene.hooks.saved("order_details", *order.lines)
    if state == CANCELED:
        _restock(scene, order)
    return f"order {order.reference}: {STATES[state].names[0]}"


def _restock(scene: Scene, order: Order) -> None:
    for line in list(scene.data.lines_of(order)):
        if (line.product, line.attribute) in scene.data.stock_of:
            scene.moved(line.product, line.attribute, line.quantity, order)


def listed(scene: Scene) -> str:
    customer = scene.one(scene.data.customers)
    wishlist = add_wishlist(scene.data, scene.rng, customer.id, scene.now)
    _wishlist_saved(scene, wishlist.id)
    return f"wishlist {wishlist.id} made"


def wished(scene: Scene) -> str | None:
    """A wish more or, where there are several, a wish less."""
    lists = scene.data.wishlists
    if not lists:
        return None
    wishlist = scene.one(lists)
    if len(wishlist.items) > 1 and scene.rng.random() < 0.4:
        item = scene.rng.choice(list(wishlist.items))
        del wishlist.items[item], scene.data.wishlist_of[item]
    else:
        wish(scene.data, scene.rng, wishlist, scene.rng.choice(list(scene.data.products)))
    wishlist.updated = scene.now
    _wishlist_saved(scene, wishlist.id)
    return f"wishlist {wishlist.id} changed"


def unlisted(scene: Scene) -> str | None:
    if len(scene.data.wishlists) < 2:
        return None
    wishlist = scene.one(scene.data.wishlists)
    for item in wishlist.items:
        del scene.data.wishlist_of[item]
    del scene.data.wishlists[wishlist.id]
    scene.data.touch()
    scene.hooks.deleted("wishlists", wishlist.id)
    return f"wishlist {wishlist.id} deleted"


def _wishlist_saved(scene: Scene, wishlist: int) -> None:
    scene.data.touch()
    scene.hooks.saved("wishlists", wishlist)
    scene.hooks.saved("wishlist_products", wishlist)


EVENTS = (
    (14, ordered),
    (14, moved_on),
    (3, registered),
    (3, customer_edited),
    (2, customer_deleted),
    (5, browsed),
    (6, cart_changed),
    (1, listed),
    (2, wished),
    (1, unlisted),
)
