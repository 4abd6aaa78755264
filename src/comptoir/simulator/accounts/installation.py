"""One PrestaShop with the module: its shops share a database, a disk and an address."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from comptoir.base.ids import SeededIds
from comptoir.simulator.accounts.database import GLOBAL, Database
from comptoir.simulator.profile import ACCOUNTS_VERSION, Profile, numbers
from comptoir.simulator.world import World


@dataclass(slots=True)
class Installation:
    world: World
    profile: Profile
    ids: SeededIds
    version: str = ACCOUNTS_VERSION
    """Of the module's files."""
    db: Database = field(default_factory=Database)
    shops: "list[Shop]" = field(default_factory=list)

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self.world.clock.now().timestamp()

    @property
    def major(self) -> int:
        return numbers(self.version)[0]

    @property
    def multistore(self) -> bool:
        return len(self.shops) > 1

    @property
    def back_office(self) -> str:
        """Without the virtual path of any shop."""
        return f"{self.profile.url}/{self.profile.home.admin}"

    def add_shop(self, name: str, virtual: str = "") -> "Shop":
        number = self.shops[-1].id + 1 if self.shops else 1
        shop = Shop(self, number, name, virtual)
        self.shops.append(shop)
        return shop

    def remove_shop(self, shop: "Shop") -> None:
        self.shops.remove(shop)
        for name in shop.named(""):
            shop.put(name, None)

    def at(self, path: str) -> "Shop":
        """The shop that a path below our folder leads to."""
        first = path.split("/", maxsplit=1)[0]
        found = (shop for shop in self.shops if shop.virtual and shop.virtual == first)
        return next(found, self.shops[0])


@dataclass(slots=True)
class Shop:
    """A shop of an installation, and its configuration rows."""

    of: Installation
    id: int
    name: str
    virtual: str
    """Of its address; empty for the first one."""

    @property
    def front(self) -> str:
        return f"{self.of.profile.url}/{self.virtual}".rstrip("/")

    @property
    def back_office(self) -> str:
        return self.of.back_office

    @property
    def domain(self) -> str:
        return self.of.profile.origin().partition("://")[2]

    @property
    def secure(self) -> bool:
        return self.of.profile.origin().startswith("https:")

    @property
    def physical_uri(self) -> str:
        return f"/{self.of.profile.home.folder}/"

    @property
    def virtual_uri(self) -> str:
        return f"{self.virtual}/" if self.virtual else ""

    def get(self, name: str) -> str:
        return self.of.db.rows.get((self.id, name), "")

    def put(self, name: str, value: str | None) -> None:
        """None deletes the row."""
        if value is None:
            self.of.db.rows.pop((self.id, name), None)
        else:
            self.of.db.rows[self.id, name] = value

    def has(self, name: str) -> bool:
        return (self.id, name) in self.of.db.rows

    def named(self, *beginnings: str) -> Iterator[str]:
        """The rows of this shop whose names begin so."""
        return (
            n for shop, n in list(self.of.db.rows) if shop == self.id and n.startswith(beginnings)
        )


def global_row(of: Installation, name: str) -> str:
    return of.db.rows.get((GLOBAL, name), "")


def put_global(of: Installation, name: str, value: str) -> None:
    of.db.rows[GLOBAL, name] = value
