"""What a store is before it sells anything: versions, place, languages."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from comptoir.base.instant import from_ms

KNOWN = {
    "1.6": ("1.6.1.24", "7.0.33"),
    "1.7": ("1.7.8.11", "7.4.33"),
    "8": ("8.1.7", "8.1.29"),
    "8.2": ("8.2.1", "8.2.20"),
    "9": ("9.0.1", "8.4.5"),
}
"""Short name → (PrestaShop, PHP)."""

MODULE_VERSION = "4.0.13"
ACCOUNTS_VERSION = "8.0.13"
GOOGLE = "ps_facebook"


@dataclass(frozen=True, slots=True)
class Place:
    zone: str
    country: str
    currency: str
    tax: float
    city: str
    postcode: str


PLACES = (
    Place("Europe/Paris", "FR", "EUR", 20.0, "Orléans", "45000"),
    Place("America/New_York", "US", "USD", 8.875, "Brooklyn", "11201"),
    Place("Europe/Madrid", "ES", "EUR", 21.0, "A Coruña", "15001"),
    Place("Europe/Warsaw", "PL", "PLN", 23.0, "Łódź", "90-001"),
    Place("Asia/Tokyo", "JP", "JPY", 10.0, "札幌市", "060-0001"),
    Place("Europe/London", "GB", "GBP", 20.0, "Bath", "BA1 1AA"),
    Place("America/Sao_Paulo", "BR", "BRL", 17.0, "São Paulo", "01310-100"),
    Place("Asia/Kolkata", "IN", "INR", 18.0, "Pune", "411001"),
)

LANGUAGES = (
    ("en",),
    ("fr", "en"),
    ("en", "fr", "es"),
    ("es",),
    ("de", "en"),
    ("fr",),
    ("it", "en", "fr", "de", "es"),
)
"""What store 1, 2, 3… speaks, the default language first."""


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def release(asked: str) -> tuple[str, str]:
    """(PrestaShop, PHP) for a short name (`8`) or a full version (`1.7.2.4`)."""
    if asked in KNOWN:
        return KNOWN[asked]
    parts = numbers(asked)
    if parts < (1, 7, 1):
        return asked, "7.0.33"
    if parts < (8,):
        return asked, "7.4.33" if parts >= (1, 7, 7) else "7.1.33"
    return asked, "8.1.29" if parts < (8, 2) else "8.2.20" if parts < (9,) else "8.4.5"


@dataclass(slots=True)
class Home:
    """Where an installation lives on its host; it may move."""

    folder: str
    """Of the front office, without slashes."""
    admin: str = "admin-dev"
    """Of the back office, below the other."""


@dataclass(frozen=True)
class Profile:
    number: int
    """1 for the first store of a simulation."""
    version: str
    php: str
    languages: tuple[str, ...]
    """ISO codes, the default one first; the n-th has the id n."""
    place: Place
    name: str
    origin: Callable[[], str] = field(compare=False)
    """Scheme, host and port, once they are known."""
    home: Home = field(default_factory=lambda: Home(""), compare=False)

    def __post_init__(self) -> None:
        self.home.folder = self.home.folder or f"shop{self.number}"

    def elsewhere(self, folder: str) -> "Profile":
        """The same store in another folder."""
        return replace(self, home=Home(folder, self.home.admin))

    @property
    def url(self) -> str:
        """Of the front office, without a last slash."""
        return f"{self.origin()}/{self.home.folder}"

    @cached_property
    def release(self) -> tuple[int, ...]:
        return numbers(self.version)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.place.zone)

    @cached_property
    def old_floats(self) -> bool:
        """PHP up to 7.0 prints at most 14 significant digits (spec/eventbus.md §1.2)."""
        return numbers(self.php) < (7, 1)

    @cached_property
    def uncast_is_text(self) -> bool:
        """Whether uncast numbers arrive as strings (spec/eventbus.md §4, int/str)."""
        return numbers(self.php) < (8, 1) or self.release[:2] == (8, 2)

    @property
    def default(self) -> str:
        return self.languages[0]

    def id_lang(self, iso: str) -> int:
        return self.languages.index(iso) + 1

    def since(self, *release: int) -> bool:
        return self.release >= release

    def local(self, ms: int) -> datetime:
        """The wall clock of the shop."""
        return from_ms(ms).astimezone(self.zone)

    def raw_datetime(self, ms: int | None) -> str:
        """As MySQL prints a DATETIME: shop time, no zone."""
        return f"{self.local(ms):%Y-%m-%d %H:%M:%S}" if ms else "0000-00-00 00:00:00"
