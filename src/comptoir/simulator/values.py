"""Values as the store holds them, before anyone writes them down.

A row of a shop content is a dict from property to one of these. Two readers follow, which share
nothing but these types: `wire` writes what the agent sends, `truth` what a perfect cloud shows.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Html:
    """A text that the agent sends as base64."""

    text: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """A number that PHP casts to a string whatever its version."""

    number: int


@dataclass(frozen=True, slots=True)
class Uncast:
    """A number that nobody casts: a string or a number by PHP and PrestaShop version."""

    number: int


@dataclass(frozen=True, slots=True)
class Decimal:
    """A DECIMAL column read as a string."""

    number: float
    digits: int = 6


@dataclass(frozen=True, slots=True)
class At:
    """An instant, in milliseconds since the epoch, whole seconds."""

    ms: int


@dataclass(frozen=True, slots=True)
class Day:
    """A DATE column as it stands: `2025-03-01`, `0000-00-00` or nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values; PHP sends an empty one as an empty string."""

    items: tuple[tuple[str, str], ...]


Value = None | bool | int | float | str | Html | Quoted | Uncast | Decimal | At | Day | Pairs
Row = dict[str, Value]


def at(ms: int | None) -> At | None:
    """An instant, or nothing for a zero date."""
    return None if ms is None else At(ms)
