"""Cursors: where a page ends, as text for the client to hand back (keyset paging).

A cursor holds the last row's place in the order, not a number of rows: whatever comes or goes, the
next page begins behind it. It is encrypted, because a place may be somebody's address and a
cursor stands in URLs, and it opens only for the same list, filters, sort and direction. Equal
places make equal cursors, or no answer would have the same ETag twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from comptoir.base import base64url
from comptoir.cloudsync.raw.conditions import MARK, Condition
from comptoir.cloudsync.raw.errors import ParameterInvalid
from comptoir.cloudsync.raw.fields import fields
from comptoir.cloudsync.raw.filters import Listing
from comptoir.infra.vault import Vault
from comptoir.prestashop.catalogue import Content

VERSION = "1"
LONGEST = 8192
EXPECTED = (
    "the nextCursor of a page of this list, with the same filters, sort and direction,"
    " or nothing to begin again"
)
KEY = "t.sort_id"


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in the order of a list: what it is sorted by, then the key of its table."""

    values: tuple[Any, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Cursors:
    """Cursors of one list, as it was asked for."""

    vault: Vault
    purpose: str

    def write(self, place: Place) -> str:
        plain = msgspec.msgpack.encode((*place.values, place.key))
        sealed = self.vault.seal_alike(plain, self.purpose)
        return VERSION + base64url.encode(sealed)

    def read(self, text: str) -> Place:
        """Raises: ParameterInvalid: it was not made here, or for something else."""
        plain = self.vault.open_alike(_decoded(text), self.purpose)
        if plain is None:
            raise ParameterInvalid(parameter="cursor", expected=EXPECTED)
        *values, key = msgspec.msgpack.decode(plain)
        return Place(tuple(values), key)


def cursors(
    vault: Vault, engine: str, content: Content, shop_id: str, wanted: Listing, *, with_orders: bool
) -> Cursors:
    field = fields(content, with_orders=with_orders)[wanted.sort]
    bound = (
        f"raw cursor {VERSION}",
        engine,
        shop_id,
        content.path,
        wanted.sort,
        field.compare.value,
        wanted.descending,
        wanted.filters,
    )
    return Cursors(vault, msgspec.json.encode(bound).decode())


def behind(columns: Sequence[str], place: Place, *, descending: bool) -> Condition:
    """Rows whose place comes after `place`. Upwards nothing (NULL) comes last, downwards first."""
    if not columns:
        return Condition(f"{KEY} {'<' if descending else '>'} {MARK}", (place.key,))
    ways: list[str] = []
    values: list[object] = []
    equal: list[str] = []
    before: list[object] = []
    for column, value in zip((*columns, KEY), (*place.values, place.key), strict=True):
        if value is not None:
            further = f"{column} < {MARK}" if descending else f"{column} > {MARK}"
            if not descending and column != KEY:
                further = f"({further} OR {column} IS NULL)"
            ways.append(" AND ".join((*equal, further)))
            values += (*before, value)
            equal.append(f"{column} = {MARK}")
            before.append(value)
        else:
            if descending:
                ways.append(" AND ".join((*equal, f"{column} IS NOT NULL")))
                values += before
            equal.append(f"{column} IS NULL")
    return Condition(f"({' OR '.join(ways)})", tuple(values))


def _decoded(text: str) -> bytes:
    """Nothing unless it is written as we write it."""
    if len(text) > LONGEST or not text.startswith(VERSION) or not text.isascii():
        return b""
    plain = text.removeprefix(VERSION)
    try:
        found = base64url.decode(plain)
    except ValueError:
        return b""
    exact = base64url.encode(found) == plain
    return found if exact else b""
