"""The fast way to read upserts: one typed decoder per content, for rows as agents write them.

A line with anything unusual in it (an unknown property, a number in quotes, a value that does not
fit) is not read here at all: `read` returns None, and `records.py` takes it property by property.
Both ways give the same row; tests compare them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from datetime import time as clock_time
from functools import cache, lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from comptoir.prestashop.catalogue import Content, Kind, Property
from comptoir.prestashop.rowid import row_id
from comptoir.prestashop.values import Misfit, encoded_text, integer, json_text, real, time

_INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_DATE_LENGTH = len("2024-07-16T15:33:56+0200")
LONGEST_ID = 500
"""Characters of an id: what a database takes in a key or an index is limited."""
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
    content: Content, properties: "tuple[Property, ...] | list[Property]", *, whole: bool
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
            ("deleteIds", Any, None),
        ],
        gc=False,
    )
    return msgspec.json.Decoder(line)


def read(content: Content, line: bytes, zone: ZoneInfo) -> tuple[str, list[Any]] | None:
    """(row id, values in the order of `records.columns`); None if the line is not a plain one."""
    if content.singleton or b"\\u0000" in line:
        return None
    way = reader(content)
    try:
        found = way.rows.decode(line)
        if found.deleteIds is not None:
            return None
        values = [*msgspec.structs.astuple(found.properties)]
        identifier = _identify(tuple((values[i], may_lack) for i, may_lack in way.key))
        for i in way.ids:
            if values[i] is not None and len(values[i]) > LONGEST_ID:
                return None
        for i, convert in way.converted:
            values[i] = convert(values[i])
        for i in way.times:
            values[i], offset = _time(values[i], zone)
            values.append(offset)
    except (*WRONG, Misfit):
        return None
    return None if identifier is None else (identifier, values)


def read_key(content: Content, line: bytes) -> str | None:
    """The row id only, for a line whose other properties may not be needed; None as in `read`."""
    if content.singleton or b"\\u0000" in line:
        return None
    way = reader(content)
    try:
        found = way.keys.decode(line)
    except WRONG:
        return None
    if found.deleteIds is not None:
        return None
    parts = msgspec.structs.astuple(found.properties)
    return _identify(
        tuple((part, may_lack) for part, (_, may_lack) in zip(parts, way.key, strict=True))
    )


def _identify(parts: tuple[tuple[Any, bool], ...]) -> str | None:
    known = []
    for part, may_lack in parts:
        if part is not None:
            known.append(part if isinstance(part, str) else str(part))
        elif not may_lack:
            return None
    identifier = row_id(known)
    return identifier if 0 < len(identifier) <= LONGEST_ID else None


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
