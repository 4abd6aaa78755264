"""What happens to products, combinations, prices, pictures and stock."""

from comptoir.simulator import texts
from comptoir.simulator.grow import (
    add_combination,
    add_image,
    add_product,
    add_specific_price,
    add_stock,
    add_supplier_link,
    price,
)
from comptoir.simulator.model import Product
from comptoir.simulator.scene import Scene
from comptoir.simulator.words import COLOURS

FEW = 5
"""A store keeps at least so many products."""


def _called(scene: Scene, product: Product) -> str:
    return f"product {product.id} {texts.product_name(product, scene.data.profile.default)}"


def repriced(scene: Scene) -> str:
    product = scene.one(scene.data.products)
    product.price = price(scene.rng)
    scene.product_changed(product)
    scene.promotions_changed(product)
    return f"{_called(scene, product)} now costs {product.price:.2f}"


def edited(scene: Scene) -> str:
    product = scene.one(scene.data.products)
    product.revision += 1
    scene.product_changed(product)
    return f"{_called(scene, product)} described anew"


def switched(scene: Scene) -> str:
    product = scene.one(scene.data.products)
    product.active = not product.active
    scene.product_changed(product)
    return f"{_called(scene, product)} {'on' if product.active else 'off'} sale"


def added(scene: Scene) -> str:
    data, hooks = scene.data, scene.hooks
    product = add_product(data, scene.rng, scene.now)
    if product.images:
        hooks.saved("images", *product.images)
    hooks.saved("stocks", *[data.stock(product.id, a).id for a in {0, *product.combinations}])
    hooks.product_saved(data, product)
    if product.combinations:
        hooks.combination_saved(data, product)
    return f"{_called(scene, product)} added"


def deleted(scene: Scene) -> str | None:
    """One that nobody ordered (order lines show its category) and that empties no cart.

    A cart that lost all its lines sends nothing, so nobody would learn of a line removed before.
    """
    data = scene.data
    held = {line.product for line in data.order_lines.values()}
    for cart in data.carts.values():
        inside = {product for product, _ in cart.lines}
        held |= inside if len(inside) == 1 else set()
    free = [p for p in data.products.values() if p.id not in held]
    if not free or len(data.products) <= FEW:
        return None
    product = scene.rng.choice(free)
    told = f"{_called(scene, product)} deleted"
    _remove(scene, product)
    scene.hooks.product_deleted(product.id, product.images)
    return told


def _remove(scene: Scene, product: Product) -> None:
    """With it go, without a word, all rows that hang on it."""
    data = scene.data
    for number in product.images:
        del data.images[number]
    for attribute in {0, *product.combinations}:
        del data.stocks[data.stock_of.pop((product.id, attribute))]
    for number in product.combinations:
        del data.combinations[number]
    for number in product.suppliers:
        del data.supplier_links[number]
    for number in product.specific_prices:
        del data.specific_prices[number]
    for cart in data.carts.values():
        for key in [key for key in cart.lines if key[0] == product.id]:
            del cart.lines[key]
    for other in data.products.values():
        other.pack = [part for part in other.pack if part[0] != product.id]
    del data.products[product.id]
    data.touch()


def combined(scene: Scene) -> str | None:
    """A combination more; a simple product gets its first one and loses its bare row."""
    data, rng = scene.data, scene.rng
    product = scene.one(data.products)
    taken = {data.combinations[c].options for c in product.combinations}
    wanted = (rng.randrange(len(COLOURS[1][1])), rng.randrange(len(COLOURS[0][1])))
    packed = any(part[0] == product.id for p in data.products.values() for part in p.pack)
    if product.virtual or product.is_pack or packed or ((1, wanted[0]), (0, wanted[1])) in taken:
        return None
    combination = add_combination(data, rng, product, *wanted)
    add_stock(data, product.id, combination.id, 0)
    if combination.default:
        data.stock(product.id, 0).quantity = 0
    if product.supplier:
        add_supplier_link(data, rng, product, combination.id)
    scene.hooks.combination_saved(data, product)
    scene.moved(product.id, combination.id, rng.randrange(1, 50), None)
    return f"{_called(scene, product)} has a combination more, {combination.id}"


def uncombined(scene: Scene) -> str | None:
    """One that is neither the default nor in a cart or a pack."""
    data = scene.data
    held = {key for cart in data.carts.values() for key in cart.lines}
    held |= {part[:2] for p in data.products.values() for part in p.pack}
    free = [
        c for c in data.combinations.values() if not c.default and (c.product, c.id) not in held
    ]
    if not free:
        return None
    gone = scene.rng.choice(free)
    product = data.products[gone.product]
    stock = data.stocks.pop(data.stock_of.pop((product.id, gone.id)))
    data.stock(product.id, 0).quantity -= stock.quantity
    for number in [n for n in product.suppliers if data.supplier_links[n].attribute == gone.id]:
        del data.supplier_links[number]
        product.suppliers.remove(number)
    product.combinations.remove(gone.id)
    del data.combinations[gone.id]
    data.touch()
    scene.hooks.combination_deleted(product.id, gone.id)
    scene.hooks.saved("stocks", data.stock(product.id, 0).id)
    return f"{_called(scene, product)} lost its combination {gone.id}"


def promoted(scene: Scene) -> str:
    product = scene.one(scene.data.products)
    promotion = add_specific_price(scene.data, scene.rng, product.id)
    scene.hooks.saved("specific_prices", promotion.id)
    scene.product_changed(product)
    return f"{_called(scene, product)} is on promotion"


def promotion_edited(scene: Scene) -> str | None:
    if not scene.data.specific_prices:
        return None
    promotion = scene.one(scene.data.specific_prices)
    promotion.from_quantity = 1 if promotion.from_quantity > 1 else 3
    scene.hooks.saved("specific_prices", promotion.id)
    scene.product_changed(scene.data.products[promotion.product])
    return f"promotion {promotion.id} from {promotion.from_quantity} on"


def promotion_ended(scene: Scene) -> str | None:
    if len(scene.data.specific_prices) < 2:
        return None
    promotion = scene.one(scene.data.specific_prices)
    product = scene.data.products[promotion.product]
    product.specific_prices.remove(promotion.id)
    del scene.data.specific_prices[promotion.id]
    scene.hooks.deleted("specific_prices", promotion.id)
    scene.product_changed(product)
    return f"promotion {promotion.id} ended"


def pictured(scene: Scene) -> str:
    product = scene.one(scene.data.products)
    image = add_image(scene.data, product)
    scene.hooks.saved("images", image.id)
    scene.product_changed(product)
    return f"{_called(scene, product)} has a new picture"


def counted(scene: Scene) -> str:
    product = scene.one(scene.data.products)
    attribute = scene.rng.choice(scene.data.attributes(product))
    quantity = scene.rng.choice((-1, 1, 5, 20))
    scene.moved(product.id, attribute, quantity, None)
    return f"{_called(scene, product)}: stock {quantity:+d}"


def restricted(scene: Scene) -> str:
    """Other carriers than before, or none in particular."""
    product = scene.one(scene.data.products)
    carriers = list(scene.data.carriers)
    product.carriers = set() if product.carriers else {scene.rng.choice(carriers), carriers[-1]}
    scene.product_changed(product)
    return f"{_called(scene, product)} travels with {sorted(product.carriers) or 'anyone'}"


EVENTS = (
    (8, repriced),
    (5, edited),
    (2, switched),
    (4, added),
    (3, deleted),
    (4, combined),
    (3, uncombined),
    (3, promoted),
    (1, promotion_edited),
    (2, promotion_ended),
    (2, pictured),
    (6, counted),
    (2, restricted),
)
