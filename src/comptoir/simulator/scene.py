"""Where things happen: a store's tables, its module's hooks, its own dice and clock."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from comptoir.simulator.grow_people import move
from comptoir.simulator.model import Data, Order, Product
from comptoir.simulator.module import Hooks

T = TypeVar("T")


@dataclass(slots=True)
class Scene:
    data: Data
    hooks: Hooks
    rng: random.Random
    clock: Callable[[], int]

    @property
    def now(self) -> int:
        """Milliseconds, whole seconds: MySQL keeps no more."""
        now = self.clock()
        return now - now % 1000

    def one(self, table: dict[int, T]) -> T:
        return table[self.rng.choice(list(table))]

    def product_changed(self, product: Product) -> None:
        product.updated = self.now
        self.data.touch()
        self.hooks.product_saved(self.data, product)

    def promotions_changed(self, product: Product) -> None:
        """Their rows show the product's price: PrestaShop says nothing, the merchant saves both."""
        if product.specific_prices:
            self.hooks.saved("specific_prices", *product.specific_prices)

    def moved(self, product: int, attribute: int, quantity: int, order: Order | None) -> None:
        """Stock goes in or out, and everyone is told: lines, movement, the product's quantity."""
        movement = move(self.data, self.rng, product, attribute, quantity, order, self.now)
        rows = {self.data.stock(product, attribute).id, self.data.stock(product, 0).id}
        self.hooks.saved("stocks", *sorted(rows))
        self.hooks.saved("stock_movements", movement.id)
        self.product_changed(self.data.products[product])
