"""Grows a store out of a seed: its settings, its catalogue, then its people and their orders.

Shapes and proportions are those of spec/webservice.md §11.3: log-normal prices ending in .90 or
.00, a few products that everyone buys, three products in ten with combinations.
"""

import math
import random
from dataclasses import dataclass
from itertools import product as every

from comptoir.simulator.grow_people import people
from comptoir.simulator.grow_settings import settings
from comptoir.simulator.model import (
    Category,
    Combination,
    Data,
    Image,
    Product,
    SpecificPrice,
    Stock,
    SupplierLink,
)
from comptoir.simulator.profile import Profile
from comptoir.simulator.texts import slug
from comptoir.simulator.words import COLOURS, DEPARTMENTS, FEATURES, SERIES

DAY = 86_400_000
HOME = 2


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each a store has; scale 1 is a corner shop for a demo."""

    categories: int
    manufacturers: int
    suppliers: int
    products: int
    customers: int
    orders: int
    carts: int
    """Abandoned ones."""


def size(scale: float) -> Size:
    root = math.sqrt(scale)
    return Size(
        categories=max(7, round(9 * root)),
        manufacturers=max(2, round(4 * root)),
        suppliers=max(2, round(3 * root)),
        products=max(6, round(22 * scale)),
        customers=max(4, round(14 * scale)),
        orders=max(4, round(14 * scale)),
        carts=max(3, round(14 * scale)),
    )


def grow(profile: Profile, seed: int, scale: float, now: int) -> Data:
    """A store born at `now` (milliseconds), with two years behind it."""
    data = Data(profile, now - now % 1000)
    rng = random.Random(f"{seed}/{profile.number}")
    amount = size(scale)
    settings(data, rng, amount.manufacturers, amount.suppliers)
    _categories(data, rng, amount.categories)
    for _ in range(amount.products):
        add_product(data, rng, moment(data, rng))
    _packs(data, rng)
    for _ in range(max(2, amount.products // 6)):
        add_specific_price(data, rng, rng.choice(list(data.products)))
    people(data, rng, amount.customers, amount.orders, amount.carts)
    return data


def moment(data: Data, rng: random.Random, days: int = 730) -> int:
    """A second of the last `days` days before the store's birth."""
    return data.born - rng.randrange(60, days * 86_400) * 1000


def price(rng: random.Random) -> float:
    """Before tax. Log-normal around 24.90, ending in .90 or .00."""
    whole = max(1, round(math.exp(rng.gauss(math.log(24.9), 0.9))))
    return float(whole) if rng.random() < 0.35 else whole - 0.10


def ean13(rng: random.Random) -> str:
    digits = "376" + f"{rng.randrange(10**9):09d}"
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
    return digits + str(-total % 10)


def add_category(data: Data, rng: random.Random, when: int) -> Category:
    number = data.next_id("categories")
    order = number - 3
    department = order % len(DEPARTMENTS)
    grown = order >= len(DEPARTMENTS)
    category = Category(
        id=number,
        parent=3 + department if grown and 3 + department in data.categories else HOME,
        department=department,
        series=SERIES[order % len(SERIES)] if grown else "",
        created=when,
        updated=when,
    )
    data.categories[number] = category
    data.touch()
    return category


def _categories(data: Data, rng: random.Random, count: int) -> None:
    opened = data.born - 731 * DAY
    for number, parent in ((1, 0), (HOME, 1)):
        data.categories[number] = Category(number, parent, -1, "", opened, opened)
        data.next_id("categories")
    for _ in range(count):
        add_category(data, rng, opened)


def add_product(data: Data, rng: random.Random, when: int) -> Product:
    """A product with its combinations, images, stock lines and suppliers."""
    categories = [c for c in data.categories.values() if c.department >= 0]
    category = rng.choice(categories)
    seed = rng.randrange(1 << 30)
    number = data.next_id("products")
    product = Product(
        id=number,
        seed=seed,
        department=category.department,
        category=category.id,
        manufacturer=rng.choice([0, *data.plain["manufacturers"]]),
        supplier=rng.choice([0, *data.plain["suppliers"]]),
        price=price(rng),
        tax=rng.choice((data.profile.place.tax, data.profile.place.tax, 5.5, 0.0)),
        weight=round(rng.uniform(0.05, 5), 3),
        created=when,
        updated=when,
        features=tuple(
            (i, rng.randrange(len(values)))
            for i, (_, values) in enumerate(FEATURES)
            if rng.random() < 0.6
        ),
    )
    data.products[number] = product
    _details(product, rng, data)
    product.supplier = product.supplier or int(number == 1)
    if (product.id == 1 or rng.random() < 0.3) and not product.virtual:
        _combinations(data, rng, product)
    for _ in range(rng.choice((0, 1, 1, 2, 3)) + int(number == 1)):
        add_image(data, product)
    _stocks(data, rng, product)
    _suppliers(data, rng, product)
    data.touch()
    return product


def _details(product: Product, rng: random.Random, data: Data) -> None:
    if rng.random() < 0.85:
        code = slug(SERIES[product.seed // 7 % len(SERIES)])[:3].upper() or "REF"
        product.reference = f"{code}-{product.id:05d}"
    product.ean = ean13(rng) if rng.random() < 0.6 else ""
    product.mpn = f"MPN/{product.id}" if rng.random() < 0.2 else ""
    product.isbn = "978-2-07-036822-8" if product.department == 3 and rng.random() < 0.5 else ""
    product.active = rng.random() < 0.85
    product.virtual = rng.random() < 0.03
    product.condition = rng.choices(("new", "used", "refurbished"), (94, 3, 3))[0]
    product.visibility = rng.choices(("both", "catalog", "search", "none"), (94, 2, 2, 2))[0]
    product.available = rng.choices(("0000-00-00", "2026-03-29", "2024-07-01", ""), (85, 5, 5, 5))[
        0
    ]
    product.unit_ratio = rng.choice((0.0, 0.0, 0.0, 0.25, 3.0))
    product.surcharge = rng.choice((0.0, 0.0, 0.0, 2.5))
    product.delivery = rng.choice((0, 1, 1, 2))
    product.size = rng.choice(((0.0, 0.0, 0.0), (10.0, 20.5, 3.25), (33.333333, 1.0, 0.5)))
    # The first product has one of everything, so that no content is empty in a tiny store.
    if product.id == 1 or rng.random() < 0.08:
        product.carriers = {max(data.carriers)}


def _combinations(data: Data, rng: random.Random, product: Product) -> None:
    choices = list(every(range(len(COLOURS[1][1])), range(len(COLOURS[0][1]))))
    for size_, colour in rng.sample(choices, rng.choice((2, 3, 4, 6))):
        add_combination(data, rng, product, size_, colour)


def add_combination(
    data: Data, rng: random.Random, product: Product, size_: int, colour: int
) -> Combination:
    number = data.next_id("combinations")
    combination = Combination(
        id=number,
        product=product.id,
        options=((1, size_), (0, colour)),
        impact=rng.choice((0.0, 0.0, 0.0, 2.5, -1.2)),
        weight=rng.choice((0.0, 0.0, 0.125)),
        reference=f"{product.reference}-{number}" if product.reference else "",
        ean=ean13(rng) if rng.random() < 0.6 else "",
        default=not product.combinations,
    )
    data.combinations[number] = combination
    product.combinations.append(number)
    data.touch()
    return combination


def add_image(data: Data, product: Product) -> Image:
    number = data.next_id("images")
    image = Image(number, product.id, len(product.images) + 1, cover=not product.images)
    data.images[number] = image
    product.images.append(number)
    data.touch()
    return image


def add_stock(data: Data, product: int, attribute: int, quantity: int) -> Stock:
    number = data.next_id("stocks")
    stock = Stock(number, product, attribute, quantity)
    data.stocks[number] = stock
    data.stock_of[product, attribute] = number
    data.touch()
    return stock


def _stocks(data: Data, rng: random.Random, product: Product) -> None:
    total = add_stock(data, product.id, 0, 0)
    total.out_of_stock = rng.choice((0, 1, 2, 2))
    total.location = rng.choice(("", "", "Allée 3 / B"))
    for attribute in product.combinations:
        quantity = 0 if rng.random() < 0.1 else rng.randrange(1, 120)
        add_stock(data, product.id, attribute, quantity)
        total.quantity += quantity
    if not product.combinations:
        total.quantity = 0 if rng.random() < 0.1 else rng.randrange(1, 300)


def _suppliers(data: Data, rng: random.Random, product: Product) -> None:
    if not product.supplier:
        return
    for attribute in {0, *product.combinations}:
        add_supplier_link(data, rng, product, attribute)


def add_supplier_link(
    data: Data, rng: random.Random, product: Product, attribute: int
) -> SupplierLink:
    number = data.next_id("supplier_links")
    link = SupplierLink(
        id=number,
        product=product.id,
        attribute=attribute,
        supplier=product.supplier,
        reference=rng.choice((None, "", f"S{product.supplier}/{product.id}")),
        price=round(product.price * rng.uniform(0.35, 0.6), 2),
    )
    data.supplier_links[number] = link
    product.suppliers.append(number)
    data.touch()
    return link


def _packs(data: Data, rng: random.Random) -> None:
    simple = [p for p in data.products.values() if not p.combinations and not p.virtual]
    for pack in simple[: max(1, len(data.products) // 25)]:
        fill_pack(data, rng, pack)


def fill_pack(data: Data, rng: random.Random, pack: Product) -> None:
    pack.is_pack = True
    drawn = rng.sample(list(data.products), min(6, len(data.products)))
    others = [data.products[n] for n in drawn if n != pack.id and not data.products[n].pack]
    for part in others[:2]:
        attribute = rng.choice(data.attributes(part))
        pack.pack.append((part.id, attribute, rng.choice((1, 1, 2, 6))))
    data.touch()


def add_specific_price(data: Data, rng: random.Random, product: int) -> SpecificPrice:
    number = data.next_id("specific_prices")
    percentage = rng.random() < 0.7
    dated = rng.random() < 0.4
    promotion = SpecificPrice(
        id=number,
        product=product,
        kind="percentage" if percentage else "amount",
        reduction=rng.choice((0.05, 0.1, 0.2, 0.3)) if percentage else 1.5,
        reduction_tax=rng.choice((0, 1)),
        from_quantity=rng.choice((1, 1, 1, 5)),
        start=data.born - rng.randrange(1, 90) * DAY if dated else None,
        end=data.born + rng.choice((-30, 3650)) * DAY if dated else None,
        country=rng.random() < 0.1,
        group=rng.choice((0, 0, 0, 3)),
    )
    data.specific_prices[number] = promotion
    data.products[product].specific_prices.append(number)
    data.touch()
    return promotion
