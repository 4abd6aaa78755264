"""EventBus records: one line of an upload → a row to keep, a delete, or a line to set aside.

Wire format: spec/eventbus.md §1.2 (v4) and §1.5 (older modules).
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from comptoir.prestashop import typed
from comptoir.prestashop.catalogue import Content, Kind, Property, by_collection
from comptoir.prestashop.rowid import row_id, sort_key
from comptoir.prestashop.values import Misfit, converter, text, time

BOM = b"\xef\xbb\xbf"
DEEPEST = 100
"""Levels of objects and lists inside the properties."""
FORMAT = b"2"
"""Goes into each row's digest: rows are written again after a change of how values are read."""
LONGEST_ID = 500
"""Characters of an id: what a database takes in a key or an index is limited."""


@dataclass(frozen=True, slots=True)
class Upsert:
    content: Content
    id: str
    sort_id: str
    values: tuple[Any, ...]
    """In the order of `columns(content)`."""
    extra: dict[str, Any] | None
    """Properties that the catalogue does not know."""
    misfits: dict[str, tuple[str, Any]] | None
    """Property → (why, value as sent)."""
    digest: bytes
    """Equal digests mean equal rows."""


@dataclass(frozen=True, slots=True)
class Delete:
    content: Content
    id: str
    """As sent: what it stands for depends on the content (spec/rawapi.md §13)."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that cannot be applied. It is kept aside, counted and visible."""

    reason: str
    line: bytes
    content: str = ""


Record = Upsert | Delete | Unreadable


class _Line(msgspec.Struct):
    collection: str
    action: str = "upsert"
    properties: msgspec.Raw = msgspec.Raw(b"null")
    delete_ids: list[str | int] = msgspec.field(default_factory=list, name="deleteIds")


_lines = msgspec.json.Decoder(_Line)


@cache
def columns(content: Content) -> tuple[str, ...]:
    """Names of the columns that hold what the agent sends; a time has its offset beside it."""
    names = []
    for prop in content.sent:
        names.append(prop.name)
        if prop.kind is Kind.TIME:
            names.append(f"{prop.name}_offset")
    return tuple(names)


def read_line(line: bytes, zone: ZoneInfo) -> Iterator[Record]:
    """Everything one line says; nothing for a blank line.

    `zone` is the store's: dates without offset are read in it.
    """
    line = line.strip().removeprefix(BOM)
    if not line:
        return
    try:
        found = _lines.decode(line)
        sent = bytes(found.properties)
        content = by_collection().get(found.collection)
        plain = _plain(found, content, sent, zone)
        properties = _decode(sent) if plain is None else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as wrong:
        yield Unreadable(f"not a record: {str(wrong)[:120]}", line)
        return
    if plain is not None:
        yield plain
    elif content is None:
        yield Unreadable("unknown collection", line)
    elif found.delete_ids:
        for deleted in found.delete_ids:
            yield _delete(content, deleted, line)
    else:
        yield _read(found.action, content, properties, sent, line, zone)


def _plain(found: _Line, content: Content | None, sent: bytes, zone: ZoneInfo) -> Upsert | None:
    """The row of an upsert in which nothing is unusual; None for every other line."""
    if content is None or found.action != "upsert" or found.delete_ids:
        return None
    plain = typed.read(content, sent, zone, LONGEST_ID)
    if plain is None:
        return None
    identifier, values = plain
    return Upsert(
        content, identifier, sort_key(identifier), values, None, None, _digest(sent, zone)
    )


def _read(
    action: str, content: Content, properties: Any, sent: bytes, line: bytes, zone: ZoneInfo
) -> Record:
    if not isinstance(properties, dict):
        return Unreadable("properties is not an object", line, content.name)
    if action == "delete":
        return _delete(content, properties.get("id"), line)
    if action != "upsert":
        return Unreadable("unknown action", line, content.name)
    if _too_deep(properties, line):
        return Unreadable("nested too deeply", line, content.name)
    return _upsert(content, properties, sent, line, zone)


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


def _upsert(
    content: Content, properties: dict[str, Any], sent: bytes, line: bytes, zone: ZoneInfo
) -> Record:
    try:
        identifier = _identify(content, properties)
    except Misfit as wrong:
        return Unreadable(str(wrong), line, content.name)
    zone = _zone(properties.get("timezone"), zone)
    misfits: dict[str, tuple[str, Any]] = {}
    values: list[Any] = []
    for prop in content.sent:
        value = properties.pop(prop.name, None)
        try:
            _convert(prop, value, zone, values)
        except Misfit as wrong:
            values.extend((None, None) if prop.kind is Kind.TIME else (None,))
            misfits[prop.name] = (str(wrong), value)
    return Upsert(
        content,
        identifier,
        sort_key(identifier),
        tuple(values),
        properties or None,
        misfits or None,
        _digest(sent, zone),
    )


def _digest(sent: bytes, zone: ZoneInfo) -> bytes:
    digest = hashlib.blake2b(sent, digest_size=16, salt=FORMAT)
    digest.update(zone.key.encode())
    return digest.digest()


def _convert(prop: Property, value: Any, zone: ZoneInfo, values: list[Any]) -> None:
    if prop.kind is Kind.TIME:
        values.extend(time(value, zone) or (None, None))
    else:
        found = _CONVERTERS[prop.kind, prop.base64](value)
        if isinstance(found, str) and len(found) > LONGEST_ID and prop.name.startswith("id_"):
            raise Misfit("too long for an id")
        values.append(found)


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
    return zone_named(name) or otherwise if isinstance(name, str) else otherwise


@lru_cache(1000)
def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that name; None if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
