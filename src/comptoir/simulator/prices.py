"""What a product costs: with its combination, with tax, with the promotions of the day."""

from comptoir.simulator.model import Data, Product, SpecificPrice


def base(data: Data, product: Product, attribute: int) -> float:
    """Without tax and without promotion."""
    impact = data.combinations[attribute].impact if attribute else 0.0
    return round(product.price + impact, 6)


def taxed(product: Product, price: float) -> float:
    return round(price * (1 + product.tax / 100), 6)


def sale(data: Data, product: Product, attribute: int) -> tuple[float, float]:
    """(without tax, with tax) after the best of the promotions that are open to everybody."""
    price = base(data, product, attribute)
    offers = [reduced(product, price, p) for p in promotions(data, product)]
    return min(offers, default=(price, taxed(product, price)))


def promotions(data: Data, product: Product) -> list[SpecificPrice]:
    found = (data.specific_prices[number] for number in product.specific_prices)
    return [p for p in found if _open(p, data.born)]


def _open(promotion: SpecificPrice, now: int) -> bool:
    started = promotion.start is None or promotion.start <= now
    ended = promotion.end is not None and promotion.end < now
    personal = promotion.group or promotion.customer or promotion.country
    return started and not ended and not personal and promotion.from_quantity == 1


def reduced(product: Product, price: float, promotion: SpecificPrice) -> tuple[float, float]:
    """(without tax, with tax) of a price under one promotion; never below zero."""
    if promotion.kind == "percentage":
        net = round(price * (1 - promotion.reduction), 6)
        return net, taxed(product, net)
    rate = 1 + product.tax / 100
    off = promotion.reduction / rate if promotion.reduction_tax else promotion.reduction
    net = round(max(0.0, price - off), 6)
    return net, taxed(product, net)
