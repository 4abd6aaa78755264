"""A life of its own: what happens in a store between two visits of the cloud.

Only what a cloud can learn incrementally: changes that a hook announces (spec/eventbus.md §3.4),
and rows that end with a product or a wishlist. Where PrestaShop changes a row without a word
(a promotion's prices after the product's), the merchant here saves that row too.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from comptoir.simulator import life_catalogue, life_sales, life_settings
from comptoir.simulator.model import Data
from comptoir.simulator.module import Hooks
from comptoir.simulator.scene import Scene

Event = Callable[[Scene], str | None]
"""Something happens: one sentence, or None where it cannot."""

EVENTS: tuple[tuple[int, Event], ...] = (
    *life_sales.EVENTS,
    *life_catalogue.EVENTS,
    *life_settings.EVENTS,
)
SHIFTS: dict[str, tuple[Event, Event]] = {
    "products": (life_catalogue.deleted, life_catalogue.added),
    "stocks": (life_catalogue.deleted, life_catalogue.added),
    "images": (life_catalogue.deleted, life_catalogue.added),
    "customers": (life_sales.customer_deleted, life_sales.registered),
    "specific_prices": (life_catalogue.promotion_ended, life_catalogue.promoted),
    "wishlists": (life_sales.unlisted, life_sales.listed),
    "categories": (life_settings.category_deleted, life_settings.category_added),
}
"""What takes a row away and what brings another, by content."""
PATIENCE = 30


@dataclass(slots=True)
class Life:
    data: Data
    hooks: Hooks
    seed: str
    clock: Callable[[], int]
    rng: random.Random = field(init=False)
    _weights: list[int] = field(default_factory=lambda: [weight for weight, _ in EVENTS])

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def happen(self, changes: int) -> list[str]:
        """That many events, drawn by how often they happen."""
        scene = Scene(self.data, self.hooks, self.rng, self.clock)
        told = []
        for _ in range(changes):
            story = self._one(scene)
            if story:
                told.append(story)
        return told

    def shift(self, content: str) -> None:
        """Rows of a content come and go, where it has such events; otherwise anything happens."""
        scene = Scene(self.data, self.hooks, self.rng, self.clock)
        events = SHIFTS.get(content)
        if events is None:
            self.happen(1)
            return
        for event in events:
            event(scene)

    def _one(self, scene: Scene) -> str | None:
        for _ in range(PATIENCE):
            _, event = self.rng.choices(EVENTS, self._weights)[0]
            story = event(scene)
            if story:
                return story
        return None
