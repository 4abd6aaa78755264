"""The fast way to read upserts: one typed decoder per content, for rows as agents write them.

A line with anything unusual in it (an unknown property, a number in quotes, a value that does not
fit) is not read here at all: `read` returns None, and `records.py` takes it property by property.
Both ways give the same row; tests compare them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import time as clock_time
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from comptoir.prestashop.catalogue import Content, Kind, Property
from comptoir.prestashop.rowid import plain_number, row_id
from comptoir.prestashop.values import Misfit, encoded_text, integer, json_text, real, time

_INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
LONGEST_ID = 500
"""Characters of an id: what a database takes in a key or an index is limited."""
NUL = b"\\u0000"
BACKSLASH = ord("\\")
_PROPERTIES = attrgetter("properties")
WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


Convert = Callable[[Sequence[Any]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Reader:
    """How the rows of one content are read."""

    rows: "msgspec.json.Decoder[Any]"
    """Takes a whole line, with every property."""
    keys: "msgspec.json.Decoder[Any]"
    """Takes a whole line, with the properties of the key only."""
    converted: tuple[tuple[int, Convert], ...]
    """Positions whose values are converted, and how."""
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
            columns[i] = convert(columns[i])
        for i in way.times:
            columns[i], offsets = _times(columns[i], zone)
            columns.append(offsets)
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


def _times(
    column: Sequence[Any], zone: ZoneInfo
) -> tuple[Sequence[int | None], Sequence[int | None]]:
    """As `values.time` of each: the milliseconds, and the offsets. Quicker where all have the one
    form that agents of today send. Raises: Misfit."""
    try:
        offsets = [_OFFSETS[value[19:]] for value in column]
        return [
            _DAYS[value[:10]] + _CLOCK[value[10:19]] - offset * 60_000
            for value, offset in zip(column, offsets, strict=True)
        ], offsets
    except (TypeError, ValueError):
        pass
    found = [time(value, zone) or (None, None) for value in column]
    return [at for at, _ in found], [offset for _, offset in found]


class _Known(dict[str, int]):
    """What texts mean that `read` understands: each is read once."""

    def __init__(self, form: str, read: Callable[[str], int]) -> None:
        super().__init__()
        self._form = re.compile(form, re.ASCII)
        self._read = read

    def __missing__(self, text: str) -> int:
        """Raises: ValueError."""
        if not self._form.fullmatch(text):
            raise ValueError(text)
        if len(self) >= MOST_KNOWN:
            self.clear()
        found = self[text] = self._read(text)
        return found


def _clock(text: str) -> int:
    at = clock_time.fromisoformat(text)
    return (at.hour * 3600 + at.minute * 60 + at.second) * 1000


def _offset(text: str) -> int:
    found = datetime.fromisoformat(f"2000-01-01T00:00:00{text}").utcoffset()
    assert found is not None
    return int(found.total_seconds()) // 60


MOST_KNOWN = 100_000
_DAYS = _Known(
    r"\d{4}-\d\d-\d\d",
    lambda text: int(datetime.fromisoformat(f"{text}T00:00:00+00:00").timestamp()) * 1000,
)
"""Midnight, in milliseconds."""
_CLOCK = _Known(r"T\d\d:\d\d:\d\d", _clock)
_OFFSETS = _Known(r"[+-]\d{4}", _offset)
"""In minutes."""


def _kind(prop: Property) -> Any:
    if prop.kind is Kind.BOOL:
        return bool | None
    if prop.kind is Kind.INT:
        return str | _INT64 | None if prop.wire == "string" else _INT64 | None
    if prop.kind is Kind.FLOAT:
        return str | float | None if prop.wire == "decimal-string" else float | None
    return Any if prop.kind is Kind.JSON else str | None


def _converter(prop: Property) -> Convert | None:
    if prop.kind is Kind.JSON:
        return _each(json_text)
    if prop.base64:
        return _each(encoded_text)
    if prop.kind is Kind.INT and prop.wire == "string":
        return _each(integer, r"-?[0-9]{1,18}", int)
    if prop.wire == "decimal-string" and prop.kind is Kind.FLOAT:
        return _each(real, r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", float)
    return None


def _each(
    convert: Callable[[Any], Any], plain: str = "", quick: Callable[[str], Any] | None = None
) -> Convert:
    """Of a column. Where each value is of the plain form, the quick way does the same."""
    form = re.compile(f"(?:{plain}\n)+")

    def column(values: Sequence[Any]) -> list[Any]:
        if quick:
            try:
                if form.fullmatch("\n".join(values) + "\n"):
                    return list(map(quick, values))
            except (TypeError, ValueError):
                pass
        return list(map(convert, values))

    return column
