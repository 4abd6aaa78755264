"""EventBus records: one line of an upload → a row to keep, a delete, or a line to set aside.

Wire format: spec/eventbus.md §1.2 (v4) and §1.5 (older modules).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from xxhash import xxh3_64_intdigest, xxh3_128_digest

from comptoir.prestashop import typed
from comptoir.prestashop.catalogue import Content, Kind, Property, by_collection
from comptoir.prestashop.rowid import row_id, sort_key, sort_keys
from comptoir.prestashop.typed import LONGEST_ID
from comptoir.prestashop.values import Misfit, converter, text, time

BOM = b"\xef\xbb\xbf"
DEEPEST = 100
"""Levels of objects and lists inside the properties."""
SHOWN = 1 << 16
"""Bytes kept of a line that is set aside."""
LONGEST_LINE = 8 << 20
"""Bytes of a line that is still read. A longer one may have been cut: it is not looked at."""
FORMAT = 3
"""Goes into each row's digest: rows are written again after a change of how values are read."""


class Upsert(msgspec.Struct, frozen=True, gc=False):
    """A row to keep."""

    content: Content
    id: str
    sort_id: str
    values: Sequence[Any]
    """In the order of `columns(content)`."""
    extra: dict[str, Any] | None
    """Properties that the catalogue does not know."""
    misfits: dict[str, tuple[str, Any]] | None
    """Property → (why, value as sent)."""
    digest: bytes
    """Equal digests mean equal rows."""


class Delete(msgspec.Struct, frozen=True, gc=False):
    """A row, or several, to end."""

    content: Content
    id: str
    """As sent: what it stands for depends on the content (spec/rawapi.md §13)."""


class Unreadable(msgspec.Struct, frozen=True, gc=False):
    """A line that cannot be applied. It is kept aside, counted and visible."""

    reason: str
    line: bytes
    content: str = ""


Record = Upsert | Delete | Unreadable


class Rows(msgspec.Struct, frozen=True, gc=False):
    """Plain rows of one content, each of its own key, a column at a time."""

    content: Content
    ids: list[str]
    sort_ids: list[str]
    columns: list[Sequence[Any]]
    """In the order of `columns(content)`."""
    digests: list[bytes]


class Glance(msgspec.Struct, frozen=True, gc=False):
    """Upserts read as far as their keys: where a digest is known, the rest does not matter."""

    sort_ids: list[str]
    digests: list[bytes]
    lines: list[bytes]


class _Line(msgspec.Struct):
    collection: str
    action: str = "upsert"
    properties: msgspec.Raw = msgspec.Raw(b"null")
    delete_ids: list[str | int] = msgspec.field(default_factory=list, name="deleteIds")


_lines = msgspec.json.Decoder(_Line)


@cache
def columns(content: Content) -> tuple[str, ...]:
    """Names of the columns that hold what the agent sends; the offsets of the times come last."""
    offsets = [f"{prop.name}_offset" for prop in content.sent if prop.kind is Kind.TIME]
    return (*(prop.name for prop in content.sent), *offsets)


def read_rows(lines: list[bytes], zone: ZoneInfo, content: Content) -> Rows | None:
    """The rows of the lines, if each is a plain upsert of a row of its own of the content."""
    found = typed.read(content, lines, zone) if _short_lines(lines) else None
    if found is None:
        return None
    keys = sort_keys(found.ids)
    if len(set(keys)) < len(keys):
        return None
    return Rows(content, found.ids, keys, found.columns, _digests(lines, zone))


def glance(lines: list[bytes], zone: ZoneInfo, content: Content) -> Glance | None:
    """As `read_rows`, but read only as far as the keys."""
    ids = typed.read_keys(content, lines) if _short_lines(lines) else None
    if ids is None:
        return None
    keys = sort_keys(ids)
    return None if len(set(keys)) < len(keys) else Glance(keys, _digests(lines, zone), lines)


def read_lines(
    lines: Iterable[bytes], zone: ZoneInfo, likely: Content | None = None
) -> list[Record]:
    """Everything that lines say, one by one. `likely`: the content that most of them are of."""
    found: list[Record] = []
    for line in map(bytes.strip, lines):
        if len(line) > LONGEST_LINE:
            found.append(Unreadable("the line is too long", line[:SHOWN]))
            continue
        plain = typed.read(likely, [line], zone) if likely else None
        if likely and plain:
            (identifier,), values = plain.ids, [value for (value,) in plain.columns]
            (digest,) = _digests([line], zone)
            key = sort_key(identifier)
            found.append(Upsert(likely, identifier, key, values, None, None, digest))
            continue
        for record in read_line(line, zone):
            found.append(record)
            zone = zone_after(record, zone)
    return found


def _short_lines(lines: list[bytes]) -> bool:
    return bool(lines) and max(map(len, lines)) <= LONGEST_LINE


def _digests(lines: list[bytes], zone: ZoneInfo) -> list[bytes]:
    seed = _seed(zone)
    return [xxh3_128_digest(line.strip(), seed) for line in lines]


def zone_after(record: Record, zone: ZoneInfo) -> ZoneInfo:
    """The store's zone for what follows: `info` says it."""
    if not isinstance(record, Upsert) or record.content.name != "info":
        return zone
    return _zone(record.values[columns(record.content).index("timezone")], zone)


def read_line(line: bytes, zone: ZoneInfo) -> Iterator[Record]:
    """Everything one line says; nothing for a blank line.

    `zone` is the store's: dates without offset are read in it.
    """
    line = line.strip().removeprefix(BOM)
    if not line:
        return
    try:
        found = _lines.decode(line)
        content = by_collection().get(found.collection)
        properties = _decode(bytes(found.properties))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as wrong:
        yield Unreadable(f"not a record: {str(wrong)[:120]}", line)
        return
    if content is None:
        yield Unreadable("unknown collection", line)
    elif found.delete_ids:
        for deleted in found.delete_ids:
            yield _delete(content, deleted, line)
    else:
        yield _read(found.action, content, properties, line, zone)


def _read(action: str, content: Content, properties: Any, line: bytes, zone: ZoneInfo) -> Record:
    if not isinstance(properties, dict):
        return Unreadable("properties is not an object", line, content.name)
    if action == "delete":
        return _delete(content, properties.get("id"), line)
    if action != "upsert":
        return Unreadable("unknown action", line, content.name)
    if _too_deep(properties, line):
        return Unreadable("nested too deeply", line, content.name)
    return _upsert(content, properties, line, zone)


def _decode(sent: bytes) -> Any:
    """JSON, with a second reader for what is JSON but more than the first one takes: a number
    like 1e400 then spoils its own value only, not the line."""
    try:
        return msgspec.json.decode(sent)
    except msgspec.DecodeError:
        return json.loads(sent, parse_constant=_no_constant)


def _too_deep(value: Any, line: bytes) -> bool:
    """Whether values nest so deeply that they could not be written down again."""
    if line.count(b"[") + line.count(b"{") <= DEEPEST:
        return False
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _delete(content: Content, identifier: object, line: bytes) -> Record:
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        return Unreadable("a delete without id", line, content.name)
    try:
        return Delete(content, _short(str(text(identifier))))
    except Misfit as wrong:
        return Unreadable(f"the id of a delete: {wrong}", line, content.name)


def _upsert(content: Content, properties: dict[str, Any], line: bytes, zone: ZoneInfo) -> Record:
    try:
        identifier = _identify(content, properties)
    except Misfit as wrong:
        return Unreadable(str(wrong), line, content.name)
    seed = _seed(zone)
    zone = _zone(properties.get("timezone"), zone)
    misfits: dict[str, tuple[str, Any]] = {}
    values: list[Any] = []
    offsets: list[int | None] = []
    for prop in content.sent:
        value = properties.pop(prop.name, None)
        found: Any = None
        offset: int | None = None
        try:
            if prop.kind is Kind.TIME:
                found, offset = time(value, zone) or (None, None)
            else:
                found = _convert(prop, value)
        except Misfit as wrong:
            misfits[prop.name] = (str(wrong), value)
        values.append(found)
        if prop.kind is Kind.TIME:
            offsets.append(offset)
    return Upsert(
        content,
        identifier,
        sort_key(identifier),
        [*values, *offsets],
        properties or None,
        misfits or None,
        xxh3_128_digest(line, seed),
    )


@cache
def _seed(zone: ZoneInfo) -> int:
    """Equal lines mean equal rows only where dates without offset mean the same."""
    return xxh3_64_intdigest(zone.key.encode(), FORMAT)


def _convert(prop: Property, value: Any) -> Any:
    found = _CONVERTERS[prop.kind, prop.base64](value)  # type: ignore[index]
    if isinstance(found, str) and len(found) > LONGEST_ID and prop.name.startswith("id_"):
        raise Misfit("too long for an id")
    return found


_CONVERTERS = {
    (kind, coded): converter(Property("", kind, "", None, base64=coded))  # type: ignore[arg-type]
    for kind in Kind
    if kind is not Kind.TIME
    for coded in (False, True)
}


def _identify(content: Content, properties: dict[str, Any]) -> str:
    """The row's id. Raises: Misfit when a property of the key is missing."""
    if content.singleton:
        return "1"
    return _short(row_id(list(_key_parts(content, properties, content.shape.key))))


def _short(identifier: str) -> str:
    """Raises: Misfit when it is empty, or longer than a database can have in a key."""
    if not identifier:
        raise Misfit("the key is empty")
    if len(identifier) > LONGEST_ID:
        raise Misfit("the id is too long")
    return identifier


def _key_parts(content: Content, properties: dict[str, Any], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        part = text(properties.get(name))
        if part is not None:
            yield part
        elif not content.by_name[name].since:
            raise Misfit(f"the key property {name} is missing")


def _zone(name: Any, otherwise: ZoneInfo) -> ZoneInfo:
    return zone_named(name) or otherwise if isinstance(name, str) and name else otherwise


@lru_cache(1000)
def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that name; None if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
