"""The store's own tables: what its merchant and its customers made.

Money is in the shop's currency without rounding beyond six decimals; instants are milliseconds.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from comptoir.simulator.profile import Profile
from comptoir.simulator.values import Row


@dataclass(slots=True)
class Category:
    id: int
    parent: int
    department: int
    """Index in the words; -1 for Root and Home."""
    series: str
    created: int
    updated: int
    revision: int = 0


@dataclass(slots=True)
class Combination:
    id: int
    product: int
    options: tuple[tuple[int, int], ...]
    """(attribute group, value), indexes in the words."""
    impact: float
    weight: float
    reference: str
    ean: str
    default: bool


@dataclass(slots=True)
class Product:
    id: int
    seed: int
    """Names and texts grow out of it."""
    department: int
    category: int
    manufacturer: int
    supplier: int
    price: float
    tax: float
    weight: float
    created: int
    updated: int
    reference: str | None = None
    ean: str = ""
    isbn: str = ""
    mpn: str = ""
    condition: str = "new"
    visibility: str = "both"
    active: bool = True
    virtual: bool = False
    available: str = "0000-00-00"
    unit_ratio: float = 0.0
    size: tuple[float, float, float] = (0.0, 0.0, 0.0)
    surcharge: float = 0.0
    delivery: int = 1
    features: tuple[tuple[int, int], ...] = ()
    revision: int = 0
    combinations: list[int] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    specific_prices: list[int] = field(default_factory=list)
    suppliers: list[int] = field(default_factory=list)
    """Ids of its product_supplier rows."""
    is_pack: bool = False
    """Stays when the last thing it bundled is gone."""
    pack: list[tuple[int, int, int]] = field(default_factory=list)
    """(product, combination, quantity) of what it bundles."""
    carriers: set[int] = field(default_factory=set)
    """References of the only carriers that may bring it; empty: all."""


@dataclass(slots=True)
class Stock:
    id: int
    product: int
    attribute: int
    quantity: int
    out_of_stock: int = 2
    location: str = ""


@dataclass(slots=True)
class Image:
    id: int
    product: int
    position: int
    cover: bool


@dataclass(slots=True)
class SpecificPrice:
    id: int
    product: int
    kind: str
    reduction: float
    reduction_tax: int
    from_quantity: int = 1
    start: int | None = None
    end: int | None = None
    group: int = 0
    customer: int = 0
    country: bool = False
    """Only for the shop's own country."""


@dataclass(slots=True)
class SupplierLink:
    id: int
    product: int
    attribute: int
    supplier: int
    reference: str | None
    price: float


@dataclass(slots=True)
class Carrier:
    id: int
    reference: int
    name: str
    method: str
    price: float
    ranges: tuple[tuple[int, float, float], ...]
    """(range id, from, to)"""
    url: str = ""


@dataclass(slots=True)
class Customer:
    id: int
    lang: int
    email: str
    created: int
    updated: int
    newsletter_at: int | None = None
    optin: bool = False
    active: bool = True
    guest: bool = False


@dataclass(slots=True)
class CartLine:
    quantity: int
    added: int | None


@dataclass(slots=True)
class Cart:
    id: int
    customer: int
    created: int
    updated: int
    ordered: bool
    lines: dict[tuple[int, int], CartLine]


@dataclass(slots=True)
class OrderLine:
    id: int
    order: int
    product: int
    attribute: int
    quantity: int
    excl: float
    incl: float
    """Unit prices."""
    refund_excl: float = 0.0
    refund_incl: float = 0.0
    """What credit slips gave back, as a positive amount."""


@dataclass(slots=True)
class Order:
    id: int
    reference: str
    customer: int
    cart: int
    lang: str
    carrier: int
    payment: int
    """Index in the payments."""
    created: int
    updated: int
    first: bool
    """The customer's first."""
    rate: float
    currency: int
    country: str
    shipping_excl: float
    shipping_incl: float
    discount_excl: float = 0.0
    discount_incl: float = 0.0
    wrapping_excl: float = 0.0
    wrapping_incl: float = 0.0
    gift: bool = False
    paid: float = 0.0
    invoice: int = 0
    invoiced_at: int | None = None
    delivery: int = 0
    delivered_at: int | None = None
    lines: list[int] = field(default_factory=list)
    histories: list[int] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)
    transport: int = 0
    """Id of its order_carrier row."""


@dataclass(slots=True)
class History:
    id: int
    order: int
    state: int
    when: int


@dataclass(slots=True)
class Transport:
    id: int
    order: int
    carrier: int
    weight: float
    when: int
    tracking: str | None = ""


@dataclass(slots=True)
class Movement:
    id: int
    stock: int
    order: int
    reason: int
    quantity: int
    sign: int
    when: int
    price: float


@dataclass(slots=True)
class Wishlist:
    id: int
    customer: int
    name: str
    token: str
    created: int
    updated: int
    default: bool
    items: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)
    """Item id → (product, combination, quantity, priority)."""


@dataclass(slots=True)
class Data:
    """One store's tables by id, in the order of the ids."""

    profile: Profile
    born: int
    """When it was generated: promotions are judged at this instant."""
    categories: dict[int, Category] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    combinations: dict[int, Combination] = field(default_factory=dict)
    stocks: dict[int, Stock] = field(default_factory=dict)
    stock_of: dict[tuple[int, int], int] = field(default_factory=dict)
    images: dict[int, Image] = field(default_factory=dict)
    specific_prices: dict[int, SpecificPrice] = field(default_factory=dict)
    supplier_links: dict[int, SupplierLink] = field(default_factory=dict)
    carriers: dict[int, Carrier] = field(default_factory=dict)
    customers: dict[int, Customer] = field(default_factory=dict)
    carts: dict[int, Cart] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    order_lines: dict[int, OrderLine] = field(default_factory=dict)
    histories: dict[int, History] = field(default_factory=dict)
    transports: dict[int, Transport] = field(default_factory=dict)
    movements: dict[int, Movement] = field(default_factory=dict)
    wishlists: dict[int, Wishlist] = field(default_factory=dict)
    wishlist_of: dict[int, int] = field(default_factory=dict)
    """Wishlist item → its list."""
    buyers: set[int] = field(default_factory=set)
    """Customers who ordered at least once."""
    plain: dict[str, dict[int, Row]] = field(default_factory=dict)
    """Contents that nothing else depends on, as rows by id; the language is filled in later."""
    last: dict[str, int] = field(default_factory=dict)
    """The last id given in each table."""
    changes: int = 0
    """Grows with every change: what was derived before is stale."""

    def copied(self, profile: Profile) -> "Data":
        """The same rows in a database of another store."""
        return deepcopy(self, {id(self.profile): profile})

    def next_id(self, table: str) -> int:
        self.last[table] = self.last.get(table, 0) + 1
        return self.last[table]

    def touch(self) -> None:
        self.changes += 1

    def stock(self, product: int, attribute: int) -> Stock:
        return self.stocks[self.stock_of[product, attribute]]

    def attributes(self, product: Product) -> list[int]:
        """Combination ids of a product's rows; `[0]` for a simple one."""
        return product.combinations or [0]

    def lines_of(self, order: Order) -> Iterator[OrderLine]:
        return (self.order_lines[line] for line in order.lines)

    def state_of(self, order: Order) -> int:
        """The order's current state: the last of its history (spec/webservice.md §11.4)."""
        return self.histories[order.histories[-1]].state
