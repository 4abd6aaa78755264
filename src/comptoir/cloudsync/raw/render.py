"""Rows of the database to rows of the Raw API, a column at a time (spec/rawapi.md §5, §6).

What needs no conversion is not touched; the rest goes through one small function per column.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from comptoir.base import instant
from comptoir.cloudsync.raw.fields import NO_DATE, Compare, Field, fields
from comptoir.cloudsync.raw.query import ALL, SHAPES, selected
from comptoir.prestashop.catalogue import Api, Content, camel, catalogue

Row = dict[str, Any]
Column = Sequence[Any]

OURS = frozenset(
    f"t.{name}"
    for name in (
        "first_seen_at",
        "changed_at",
        "removed_at",
        "last_language_changed_at",
    )
)
"""Instants of the cloud's own clock; the others are the store's."""
LARGE = 2**63
"""From here on a whole number is written out: the encoder takes 64 bits."""


@dataclass(frozen=True, slots=True)
class Renderer:
    names: tuple[str, ...]
    conversions: tuple[tuple[int, Callable[[Column], Column]], ...]
    """(column, what to do with it)."""
    taken: frozenset[str]
    """Names of known fields in lower case: nothing unknown may have one of them."""
    whole: bool
    """No fields were chosen: unknown properties show too."""
    kind: Callable[..., Any] | None
    """Makes a row of values, quicker than a dict; for rows of all fields."""

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """The rows, in their order. If `whole`, the last column of `found` is `extra`."""
        if not found:
            return []
        columns: list[Column] = list(zip(*found, strict=True))
        extras = columns.pop() if self.whole else ()
        for index, convert in self.conversions:
            columns[index] = convert(columns[index])
        if self.kind and not any(extras):
            return list(map(self.kind, *columns))
        names = self.names
        made = [dict(zip(names, row, strict=False)) for row in zip(*columns, strict=False)]
        for row, extra in zip(made, extras, strict=self.whole):
            if extra:
                self._add(row, extra)
        return made

    def _add(self, row: Row, extra: str) -> None:
        """Properties that the catalogue does not know, as they came. Keys that differ only in
        case would confuse a client (spec/rawapi.md §5), so the first of them stays alone."""
        taken = set(self.taken)
        for name, value in unknown(extra).items():
            shown = camel(name)
            if shown.lower() not in taken:
                taken.add(shown.lower())
                row[shown] = value


def renderer(
    content: Content, *, with_orders: bool = False, chosen: frozenset[str] = ALL
) -> Renderer:
    return _renderer(content.name, with_orders, chosen)


@lru_cache(maxsize=SHAPES)
def _renderer(name: str, with_orders: bool, chosen: frozenset[str]) -> Renderer:
    content = catalogue()[name]
    shown = selected(content, with_orders=with_orders, chosen=chosen)
    conversions = ((index, _conversion(field)) for index, field in enumerate(shown))
    return Renderer(
        names=tuple(field.name for field in shown),
        conversions=tuple((index, how) for index, how in conversions if how is not None),
        taken=frozenset(known.lower() for known in fields(content)),
        whole=not chosen,
        kind=None if chosen else _kind(name, [field.name for field in shown]),
    )


def _kind(name: str, names: Sequence[str]) -> Callable[..., Any]:
    attributes = [f"f{number}" for number in range(len(names))]
    renamed = dict(zip(attributes, names, strict=True))
    return msgspec.defstruct(name, attributes, rename=renamed, gc=False)


def _conversion(field: Field) -> Callable[[Column], Column] | None:
    as_text = field.api is Api.STRING
    if field.name == "lastSyncedAt" or field.sql in OURS:
        return _instants
    found: dict[Compare, Callable[[Column], Column] | None] = {
        Compare.INT: _texts if as_text else None,
        Compare.FLOAT: _decimals if as_text else _numbers,
        Compare.BOOL: _flags,
        Compare.TIME: _times,
        Compare.DAY: _days,
    }
    return found.get(field.compare)


def _texts(column: Column) -> Column:
    return [None if v is None else str(v) for v in column]


def _flags(column: Column) -> Column:
    return [None if v is None else v == 1 for v in column]


def _numbers(column: Column) -> Column:
    """Whole ones without fraction: a client's integer takes no `7.0`."""
    return [v if v is None or not v.is_integer() else whole(v) for v in column]


def whole(value: float) -> int | msgspec.Raw:
    found = int(value)
    return found if -LARGE <= found < LARGE else msgspec.Raw(str(found).encode())


def _decimals(column: Column) -> Column:
    return [None if v is None else decimal_text(v) for v in column]


def decimal_text(value: float) -> str:
    """The shortest decimal text of a number, never with an exponent."""
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


_instant = lru_cache(maxsize=65536)(instant.format_instant)
_time = lru_cache(maxsize=65536)(instant.format_ms)


def _times(column: Column) -> Column:
    return [None if v is None else _time(v) for v in column]


def _instants(column: Column) -> Column:
    return [None if v is None else _instant(v) for v in column]


def _days(column: Column) -> Column:
    return ["0000-00-00" if v == NO_DATE else _time(v)[:10] for v in column]


def unknown(extra: str) -> dict[str, Any]:
    """The object of unknown properties, its values as they are written."""
    try:
        return msgspec.json.decode(extra, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        found = json.loads(extra, parse_float=_finite, parse_constant=lambda _: None)
        return {
            name.encode("utf-8", "replace").decode(): msgspec.Raw(json.dumps(value).encode())
            for name, value in found.items()
        }


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None
