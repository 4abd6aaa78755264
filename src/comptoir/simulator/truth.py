"""What a perfect cloud shows for a store: rows as the Raw API gives them.

Read from the store's own values, never from what was sent. Property names and JSON types are the
catalogue's (spec/rawapi.md §5, §6).
"""

import json
from collections.abc import Iterable
from datetime import date, datetime

from comptoir.base.instant import format_ms, to_ms
from comptoir.prestashop.catalogue import Api, Content, Property
from comptoir.simulator.profile import Profile
from comptoir.simulator.values import At, Day, Decimal, Html, Pairs, Quoted, Row, Uncast, Value

Shown = dict[str, object]


def shown(content: Content, row: Row, profile: Profile) -> Shown:
    """One row, keyed in camelCase; what the version does not send is None."""
    return {p.camel: _shown(p, row.get(p.name), profile) for p in content.sent}


def deduplicated(content: Content, rows: Iterable[Shown]) -> list[Shown]:
    """One row per key of the catalogue: the last one sent."""
    names = [content.by_name[name].camel for name in content.shape.key]
    kept: dict[tuple[object, ...], Shown] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        kept.pop(key, None)
        kept[key] = row
    return list(kept.values())


def _shown(prop: Property, value: Value, profile: Profile) -> object:
    if isinstance(value, At):
        return format_ms(value.ms)
    if isinstance(value, Day):
        return _midnight(value, profile)
    if isinstance(value, Html):
        return value.text
    if isinstance(value, Pairs):
        return _compact(value)
    if isinstance(value, Quoted | Uncast):
        return str(value.number) if prop.api is Api.STRING else value.number
    if isinstance(value, Decimal):
        return float(f"{value.number:.{value.digits}f}")
    if isinstance(value, float):
        carried = float(f"{value:.14g}") if profile.old_floats else value
        return _shortest(carried) if prop.api is Api.STRING else carried
    if isinstance(value, int) and not isinstance(value, bool) and prop.api is Api.STRING:
        return str(value)
    return value


def _midnight(day: Day, profile: Profile) -> str | None:
    """A day is the instant its midnight strikes in the shop."""
    if not day.text or day.text == "0000-00-00":
        return None
    parts = date.fromisoformat(day.text)
    start = datetime(parts.year, parts.month, parts.day, tzinfo=profile.zone)
    return format_ms(to_ms(start))


def _compact(pairs: Pairs) -> str:
    if not pairs.items:
        return ""
    return json.dumps(dict(pairs.items), ensure_ascii=False, separators=(",", ":"))


def _shortest(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)
