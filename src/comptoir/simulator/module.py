"""The tables of ps_eventbus and what its hooks write in them (spec/eventbus.md §3.1, §3.4)."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field

from comptoir.simulator.model import Data, Product

Notify = Callable[[str, str], None]
"""(content, `upsert` or `delete`) → a hint may go out."""


@dataclass(slots=True)
class Cursor:
    """A row of `eventbus_type_sync`."""

    offset: int = 0
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A row of `eventbus_incremental_sync`."""

    action: str
    sequence: int


@dataclass(slots=True)
class Tables:
    cursors: dict[tuple[str, str], Cursor] = field(default_factory=dict)
    """By (content, language)."""
    outbox: dict[tuple[str, str], dict[str, Change]] = field(default_factory=dict)
    """By (content, language), then by object id: a newer change overwrites the action."""
    jobs: set[str] = field(default_factory=set)
    hinted: dict[str, int] = field(default_factory=dict)
    """Content → when a change was last hinted, in milliseconds."""
    sequence: int = 0

    def finished(self, content: str, lang: str) -> bool:
        cursor = self.cursors.get((content, lang))
        return cursor is not None and cursor.finished

    def waiting(self, content: str, lang: str) -> dict[str, Change]:
        return self.outbox.setdefault((content, lang), {})

    def clear(self, content: str) -> None:
        """Empty the outbox of a content, in every language."""
        for key in [key for key in self.outbox if key[0] == content]:
            del self.outbox[key]

    def take(self, other: "Tables") -> None:
        """The rows of another store, copied."""
        self.cursors, self.outbox = deepcopy(other.cursors), deepcopy(other.outbox)

    def upgrade(self) -> None:
        """A new version of the module starts over; accepted jobs stay (§3.2)."""
        self.cursors.clear()
        self.outbox.clear()


@dataclass(frozen=True, slots=True)
class Rule:
    everywhere: bool
    """Upserts are queued for every language, else for the default one."""
    delete: str = ""
    """Languages of a delete: `default`, `all` or none."""


RULES: dict[str, Rule] = {
    "products": Rule(everywhere=True, delete="default"),
    "product_suppliers": Rule(everywhere=True),
    "bundles": Rule(everywhere=True),
    "custom_product_carriers": Rule(everywhere=True, delete="all"),
    "carriers": Rule(everywhere=False, delete="default"),
    "carrier_details": Rule(everywhere=False),
    "carrier_taxes": Rule(everywhere=False),
    "carts": Rule(everywhere=True),
    "cart_products": Rule(everywhere=True),
    "cart_rules": Rule(everywhere=False, delete="default"),
    "categories": Rule(everywhere=True, delete="default"),
    "currencies": Rule(everywhere=True, delete="default"),
    "customers": Rule(everywhere=True, delete="default"),
    "languages": Rule(everywhere=True, delete="default"),
    "manufacturers": Rule(everywhere=True, delete="default"),
    "stores": Rule(everywhere=True, delete="default"),
    "suppliers": Rule(everywhere=True, delete="default"),
    "wishlists": Rule(everywhere=True, delete="default"),
    "wishlist_products": Rule(everywhere=True),
    "image_types": Rule(everywhere=True, delete="all"),
    "images": Rule(everywhere=True),
    "employees": Rule(everywhere=False, delete="default"),
    "specific_prices": Rule(everywhere=False, delete="default"),
    "orders": Rule(everywhere=False),
    "order_carriers": Rule(everywhere=False),
    "order_cart_rules": Rule(everywhere=False),
    "order_details": Rule(everywhere=False),
    "order_status_history": Rule(everywhere=False),
    "stocks": Rule(everywhere=True),
    "stock_movements": Rule(everywhere=True),
}
"""The table of §3.4. What is not here is never announced."""


@dataclass(slots=True)
class Hooks:
    tables: Tables
    languages: tuple[str, ...]
    notify: Notify
    drops: Callable[[], bool]
    """Whether this change falls under the table."""

    def saved(self, content: str, *ids: int | str) -> None:
        """Added or updated."""
        if not ids:
            return
        everywhere = RULES[content].everywhere
        self._queue(content, ids, "upsert", self.languages if everywhere else self.languages[:1])
        self.notify(content, "upsert")

    def deleted(self, content: str, *ids: int | str) -> None:
        """What has no delete of its own is queued as an upsert that finds no row (images)."""
        rule = RULES[content]
        if not rule.delete:
            self.saved(content, *ids)
            return
        languages = self.languages if rule.delete == "all" else self.languages[:1]
        self._queue(content, ids, "delete", languages)
        self.notify(content, "delete")

    def product_saved(self, data: Data, product: Product) -> None:
        """Every row of it, its suppliers, its pack, its carriers (deleted, then queued again)."""
        self._queue(
            "custom_product_carriers",
            [f"{product.id}-{carrier}" for carrier in data.carriers],
            "delete",
            self.languages,
        )
        if product.carriers:
            chosen = sorted(product.carriers)
            self.saved("custom_product_carriers", *[f"{product.id}-{c}" for c in chosen])
        self._product_rows(data, product)

    def combination_saved(self, data: Data, product: Product) -> None:
        """Also deletes the bare product id, in every language: its row without combination."""
        self._queue("products", [str(product.id)], "delete", self.languages)
        self._product_rows(data, product)

    def combination_deleted(self, product: int, combination: int) -> None:
        self.deleted("products", f"{product}-{combination}")

    def product_deleted(self, product: int, images: Iterable[int]) -> None:
        """The bare id, in the default language; pictures as upserts that find nothing."""
        self.deleted("products", product)
        self.deleted("images", *images)

    def carrier_added(self, carrier: int) -> None:
        """No hint: the module passes ids where names are expected (§3.4)."""
        for content in ("carriers", "carrier_details", "carrier_taxes"):
            self._queue(content, [carrier], "upsert", self.languages[:1])

    def _product_rows(self, data: Data, product: Product) -> None:
        rows = [f"{product.id}-{attribute}" for attribute in data.attributes(product)]
        self.saved("products", *rows)
        self.saved("product_suppliers", product.id)
        if product.is_pack:
            self.saved("bundles", product.id)

    def _queue(
        self, content: str, ids: Iterable[int | str], action: str, languages: Iterable[str]
    ) -> None:
        if self.drops():
            return
        written = [str(object_id) for object_id in ids]
        for lang in languages:
            if not self.tables.finished(content, lang):
                continue
            waiting = self.tables.waiting(content, lang)
            for object_id in written:
                self.tables.sequence += 1
                waiting[object_id] = Change(action, self.tables.sequence)
