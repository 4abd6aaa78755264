"""The catalogue of shop contents: 35 contents, 470 properties sent by the agent, 25 made here.

Everything that depends on a content is generated from here: tables, upload decoding, Raw API
rows, filters, documents and the simulator's payloads. Source: spec/catalogue.json, restated in
`properties.tsv` and `contents.py`.
"""

from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import resources

from comptoir.prestashop.contents import ALWAYS, FAMILIES, SHAPES, Shape


class Kind(Enum):
    """How a value is stored."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    TEXT = "text"
    TIME = "time"
    """Milliseconds since the epoch, with the original offset in minutes beside it."""
    JSON = "json"
    """An object, kept as compact JSON text; the empty string when the store sent none."""


class Api(Enum):
    """JSON type in the Raw API."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    """As the agent sends it, snake_case."""
    kind: Kind
    wire: str
    """What the agent sends: bool int float string datetime decimal-string json; "" if made here."""
    api: Api
    nullable: bool = False
    base64: bool = False
    """Sent as base64, kept and shown as text."""
    personal: bool = False
    secret: bool = False
    """Opens something by itself (a wishlist's share token)."""
    made: bool = False
    """Not sent by the agent: the Raw API makes it."""
    suspect: bool = False
    """Only in a client by mistake: accepted as a filter, never shown (spec/rawapi.md §12.7)."""
    optional: bool = False
    since: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()

    @property
    def camel(self) -> str:
        return camel(self.name)

    def sent_by(self, version: tuple[int, ...]) -> bool:
        """Whether a PrestaShop of this version sends the property."""
        return (
            bool(self.wire)
            and version >= self.since
            and not (self.removed and version >= self.removed)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """One of the 35. There is one object of each: contents are compared by identity."""

    name: str
    """snake_case, as asked from the agent and consented to."""
    shape: Shape = field(repr=False)
    properties: tuple[Property, ...] = field(repr=False)
    by_name: dict[str, Property] = field(repr=False)

    @property
    def kebab(self) -> str:
        return self.name.replace("_", "-")

    @property
    def collection(self) -> str:
        """The name on upload lines."""
        return self.shape.collection or self.name

    @property
    def path(self) -> str:
        """The name in Raw API paths."""
        return self.shape.path or self.kebab

    @property
    def singleton(self) -> bool:
        return not self.shape.key

    @property
    def sent(self) -> tuple[Property, ...]:
        """What the agent sends, in the catalogue's order."""
        return tuple(p for p in self.properties if p.wire)

    @property
    def shows_deleted(self) -> bool:
        """The Raw API gives `deleted` and `deletedAt` for it (spec/rawapi.md §6)."""
        return "deleted_at" in self.by_name


def camel(name: str) -> str:
    """`id_product_attribute` → `idProductAttribute`, `address1` → `address1`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _property(cells: list[str]) -> Property:
    _, name, kind, wire, api, flags = cells
    marks = dict(f.partition("=")[::2] for f in flags.split(",") if f != "-")
    return Property(
        name=name,
        kind=Kind(kind),
        wire="" if wire == "-" else wire,
        api=Api(api),
        nullable="nullable" in marks or wire == "-",
        base64="base64" in marks,
        personal="personal" in marks,
        secret="secret" in marks,
        made="made" in marks,
        suspect="suspect" in marks,
        optional="optional" in marks,
        since=_version(marks["since"]) if "since" in marks else (),
        removed=_version(marks["removed"]) if "removed" in marks else (),
    )


@cache
def catalogue() -> dict[str, Content]:
    """All contents by snake_case name, in the order of spec/eventbus.md §4."""
    text = resources.files(__package__).joinpath("properties.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    found: dict[str, list[Property]] = {}
    for cells in rows:
        found.setdefault(cells[0], []).append(_property(cells))
    return {
        name: Content(
            name=name,
            shape=SHAPES[name],
            properties=tuple(properties),
            by_name={p.name: p for p in properties},
        )
        for name, properties in found.items()
    }


@cache
def by_collection() -> dict[str, Content]:
    """Contents by the name on upload lines (`shops` for `info`)."""
    return {content.collection: content for content in catalogue().values()}


@cache
def by_path() -> dict[str, Content]:
    """Contents by their name in a Raw API path (`shop` for `info`)."""
    return {content.path: content for content in catalogue().values()}


def content_named(name: str) -> Content | None:
    """A content by its snake_case or kebab-case name; camelCase is unknown, as in the agent."""
    return catalogue().get(name.replace("-", "_"))


def expand(names: list[str]) -> tuple[list[str], list[str]]:
    """Contents that `names` stand for, families opened and the mandatory ones added.

    Returns (contents in catalogue order, names that are neither content nor family).
    """
    wanted = set(ALWAYS)
    unknown = []
    for name in names:
        content = content_named(name.strip())
        if content is None:
            unknown.append(name)
        else:
            wanted.update(FAMILIES.get(content.name, (content.name,)))
    return [name for name in catalogue() if name in wanted], unknown
