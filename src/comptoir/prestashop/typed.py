"""The fast way to read upserts: one typed decoder per content, for rows as agents write them.

A line with anything unusual in it (an unknown property, a number in quotes, a value that does not
fit) is not read here at all: `read` returns None, and `records.py` takes it property by property.
Both ways give the same row; tests compare them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import time as clock_time
from functools import cache, lru_cache
from operator import attrgetter
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from comptoir.prestashop.catalogue import Content, Kind, Property
from comptoir.prestashop.rowid import plain_number, row_id
from comptoir.prestashop.values import Misfit, encoded_text, integer, json_text, real, time

_INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_DATE_LENGTH = len("2024-07-16T15:33:56+0200")
LONGEST_ID = 500
"""Characters of an id: what a database takes in a key or an index is limited."""
NUL = b"\\u0000"
BACKSLASH = ord("\\")
_PROPERTIES = attrgetter("properties")
WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Reader:
    """How the rows of one content are read."""

    rows: "msgspec.json.Decoder[Any]"
    """Takes a whole line, with every property."""
    keys: "msgspec.json.Decoder[Any]"
    """Takes a whole line, with the properties of the key only."""
    converted: tuple[tuple[int, Callable[[Any], Any]], ...]
    """Positions whose value is converted, and how."""
    times: tuple[int, ...]
    key: tuple[tuple[int, bool], ...]
    """Positions of the key among all properties, and whether a row may lack the part."""
    ids: tuple[int, ...]
    """Positions of ids in text, whose length is limited."""


@cache
def reader(content: Content) -> Reader:
    sent = content.sent
    position = {prop.name: i for i, prop in enumerate(sent)}
    keys = [content.by_name[name] for name in content.shape.key]
    return Reader(
        rows=_decoder(content, sent, whole=True),
        keys=_decoder(content, keys, whole=False),
        converted=tuple((i, how) for i, p in enumerate(sent) if (how := _converter(p))),
        times=tuple(i for i, p in enumerate(sent) if p.kind is Kind.TIME),
        key=tuple((position[p.name], bool(p.since)) for p in keys),
        ids=tuple(
            i for i, p in enumerate(sent) if p.kind is Kind.TEXT and p.name.startswith("id_")
        ),
    )


def _decoder(
    content: Content, properties: Sequence[Property], *, whole: bool
) -> "msgspec.json.Decoder[Any]":
    """Of a line that holds an upsert of the content and nothing else."""
    row = msgspec.defstruct(
        content.name,
        [(f"p{i}", _kind(prop), None) for i, prop in enumerate(properties)],
        rename={f"p{i}": prop.name for i, prop in enumerate(properties)},
        forbid_unknown_fields=whole,
        gc=False,
    )
    line = msgspec.defstruct(
        f"{content.name}_line",
        [
            ("collection", Literal[content.collection]),
            ("properties", row),
            ("action", Literal["upsert"], "upsert"),
            ("deleteIds", None, None),
        ],
        gc=False,
    )
    return msgspec.json.Decoder(line)


class Plain(NamedTuple):
    """Rows in which nothing is unusual, a column at a time."""

    ids: list[str]
    columns: list[Sequence[Any]]
    """In the order of `records.columns`."""


def read(content: Content, lines: Sequence[bytes], zone: ZoneInfo) -> Plain | None:
    """The rows of these lines; None if one of them is not a plain upsert of the content."""
    way = reader(content)
    found = _decoded(content, way.rows, lines)
    if not found:
        return None
    columns: list[Sequence[Any]] = list(zip(*found, strict=True))
    ids = _identify([(columns[i], may_lack) for i, may_lack in way.key])
    if ids is None or any(_too_long(columns[i]) for i in way.ids):
        return None
    try:
        for i, convert in way.converted:
            columns[i] = list(map(convert, columns[i]))
        for i in way.times:
            times = [_time(value, zone) for value in columns[i]]
            columns[i] = [at for at, _ in times]
            columns.append([offset for _, offset in times])
    except Misfit:
        return None
    return Plain(ids, columns)


def read_keys(content: Content, lines: Sequence[bytes]) -> list[str] | None:
    """The row ids only, of lines whose other properties may not be needed; None as in `read`."""
    way = reader(content)
    found = _decoded(content, way.keys, lines)
    if not found:
        return None
    parts = zip(zip(*found, strict=True), way.key, strict=True)
    return _identify([(column, may_lack) for column, (_, may_lack) in parts])


def _decoded(
    content: Content, decoder: "msgspec.json.Decoder[Any]", lines: Sequence[bytes]
) -> list[tuple[Any, ...]]:
    """The properties of each line; empty if one is not plain."""
    if content.singleton or any(NUL in line for line in lines if BACKSLASH in line):
        return []
    try:
        found = list(map(decoder.decode, lines))
    except WRONG:
        return []
    return list(map(msgspec.structs.astuple, map(_PROPERTIES, found)))


def _identify(parts: list[tuple[Sequence[Any], bool]]) -> list[str] | None:
    """The ids that these columns of the key make; None if one is not as it should be."""
    if any(None in column and not may_lack for column, may_lack in parts):
        return None
    rows = zip(*(column for column, _ in parts), strict=True)
    if len(parts) == 1 and None not in parts[0][0]:
        ids = list(map(str, parts[0][0]))
        if not plain_number("".join(ids)):
            ids = [row_id([identifier]) for identifier in ids]
    else:
        ids = [row_id([str(part) for part in row if part is not None]) for row in rows]
    return ids if all(0 < len(identifier) <= LONGEST_ID for identifier in ids) else None


def _too_long(column: Sequence[str | None]) -> bool:
    return any(value is not None and len(value) > LONGEST_ID for value in column)


def _time(value: Any, zone: ZoneInfo) -> tuple[int | None, int | None]:
    """As `values.time`, quicker for the one form that agents of today send."""
    if value is None:
        return None, None
    if len(value) == _DATE_LENGTH and value[10] == "T" and value[19] in "+-" and value.isascii():
        try:
            midnight, offset = _day(value[:10] + value[19:])
            return midnight + _clock(value[11:19]), offset
        except ValueError:
            pass
    return time(value, zone) or (None, None)


@lru_cache(4096)
def _day(text: str) -> tuple[int, int]:
    """Midnight of `2024-07-16+0200` in milliseconds, and the offset in minutes."""
    at = datetime.fromisoformat(f"{text[:10]}T00:00:00{text[10:]}")
    offset = at.utcoffset()
    assert offset is not None
    return int(at.timestamp()) * 1000, int(offset.total_seconds()) // 60


@lru_cache(100_000)
def _clock(text: str) -> int:
    """`15:33:56` in milliseconds. Raises: ValueError when it has any other form."""
    hour, minute, second = text.split(":")
    if len(hour) != 2 or len(minute) != 2:
        raise ValueError(text)
    at = clock_time(int(hour), int(minute), int(second))
    return (at.hour * 3600 + at.minute * 60 + at.second) * 1000


def _kind(prop: Property) -> Any:
    if prop.kind is Kind.BOOL:
        return bool | None
    if prop.kind is Kind.INT:
        return str | _INT64 | None if prop.wire == "string" else _INT64 | None
    if prop.kind is Kind.FLOAT:
        return str | float | None if prop.wire == "decimal-string" else float | None
    return Any if prop.kind is Kind.JSON else str | None


def _converter(prop: Property) -> Callable[[Any], Any] | None:
    if prop.kind is Kind.JSON:
        return json_text
    if prop.base64:
        return encoded_text
    if prop.kind is Kind.INT and prop.wire == "string":
        return integer
    return real if prop.wire == "decimal-string" and prop.kind is Kind.FLOAT else None
