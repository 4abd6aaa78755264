"""Read the query of a list: page, sort and filters (spec/rawapi.md §4.1, §4.2)."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, urlencode

from comptoir.cloudsync.raw import values
from comptoir.cloudsync.raw.conditions import INT64, SIGN, Condition, Filter, condition
from comptoir.cloudsync.raw.errors import ParameterInvalid, ParameterRepeated, ParameterUnknown
from comptoir.cloudsync.raw.fields import Field, fields
from comptoir.prestashop.catalogue import Content, catalogue

DEFAULT_LIMIT = 10
MOST = 1000
PAGE = ("limit", "offset", "sort", "direction", "cursor", "fields")
MOVING = ("limit", "offset", "cursor")
"""Those that differ from page to page."""
DIRECTIONS = {"": False, "asc": False, "desc": True}
ALIASES = {"delimiter1SEnd": "delimiter1End", "delimiter2SEnd": "delimiter2End"}
"""Spellings that some clients use (spec/rawapi.md §4.2)."""
NAMED = 8
"""Names listed in a message at most."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list request asks for."""

    limit: int
    offset: int
    sort: str
    """A field's name."""
    descending: bool
    conditions: tuple[Condition, ...]
    tombstones: bool
    """The caller filters on deletion, so that ended rows are not left out."""
    kept: str
    """All parameters but those of a page's place, encoded again: for the links to other pages."""
    filters: tuple[tuple[str, str], ...]
    """The filters' names and texts, in one order whatever the request's."""
    cursor: str | None
    """Empty for the first page of a walk by cursor; None for a page by offset."""
    chosen: frozenset[str]
    """The fields that rows have; empty for all."""


def parameters(content: Content, *, with_orders: bool = False) -> dict[str, Filter]:
    """Every filter of a list, by the name of its parameter."""
    return _parameters(content.name, with_orders)


@cache
def _parameters(name: str, with_orders: bool) -> dict[str, Filter]:
    content = catalogue()[name]
    found = {}
    for field in fields(content, with_orders=with_orders).values():
        for end in SIGN if field.ranged else ("",):
            found[field.name + end] = Filter(field.name + end, field, end)
    for alias, plain in ALIASES.items():
        if plain in found:
            found[alias] = Filter(alias, found[plain].field, found[plain].end)
    return found


def pairs(query: bytes) -> list[tuple[str, str]]:
    """The parameters in their order, empty ones too.

    Raises:
        ParameterInvalid: far more parameters than there are.
    """
    try:
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=1000)
    except ValueError as many:
        raise ParameterInvalid(parameter="?", expected="fewer parameters") from many


def read(content: Content, query: bytes, engine: str, *, with_orders: bool = False) -> Listing:
    """Raises: ParameterUnknown, ParameterRepeated, ParameterInvalid."""
    known = parameters(content, with_orders=with_orders)
    page = dict.fromkeys(PAGE, "")
    conditions = []
    kept = []
    tombstones = False
    seen: dict[str, str] = {}
    for name, text in pairs(query) if query else ():
        plain = ALIASES.get(name, name) if name in known else name
        if plain in seen:
            raise ParameterRepeated(parameter=name)
        seen[plain] = text
        if name in page:
            page[name] = text
        else:
            wanted = known.get(name)
            if wanted is None:
                raise _unknown(content, name, known)
            conditions.append(condition(wanted, text, engine))
            tombstones = tombstones or wanted.field.name in ("deleted", "deletedAt")
        if name not in MOVING:
            kept.append((name, text))
    if "cursor" in seen and page["offset"].strip():
        raise ParameterInvalid(parameter="offset", expected="no offset beside a cursor")
    return Listing(
        limit=min(_whole("limit", page["limit"]) or DEFAULT_LIMIT, MOST),
        offset=_whole("offset", page["offset"]),
        sort=_sort(content, page["sort"]),
        descending=_descending(page["direction"]),
        conditions=tuple(conditions),
        tombstones=tombstones and content.shows_deleted,
        kept=urlencode(kept),
        filters=tuple(sorted(pair for pair in seen.items() if pair[0] not in PAGE)),
        cursor=page["cursor"].strip() if "cursor" in seen else None,
        chosen=_chosen(content, page["fields"]),
    )


def chosen_fields(content: Content, query: bytes) -> frozenset[str]:
    """The fields asked for of a single row; it takes no other parameter. Those of a page are
    passed over: clients send them everywhere.

    Raises:
        ParameterUnknown, ParameterRepeated, ParameterInvalid.
    """
    text: str | None = None
    for name, value in pairs(query) if query else ():
        if name not in PAGE:
            raise ParameterUnknown(
                parameter=name, hint=f"one row of {content.path} is asked for with none but fields."
            )
        if name == "fields":
            if text is not None:
                raise ParameterRepeated(parameter=name)
            text = value
    return _chosen(content, text or "")


def _chosen(content: Content, text: str) -> frozenset[str]:
    """The names in a list with commas, `id` always among them; empty when none is named.

    Raises:
        ParameterInvalid.
    """
    names = {name for part in text.split(",") if (name := part.strip())}
    if not names:
        return frozenset()
    known = [field.name for field in fields(content).values() if field.shown]
    for name in sorted(names.difference(known)):
        hint = suggest(name, known, f"{content.path} has the fields")
        raise ParameterInvalid(
            parameter="fields",
            expected=f"names of fields with commas between; {name[:80]!r} is none: {hint}"[:-1],
        )
    return frozenset({"id", *names})


def suggest(name: str, known: Iterable[str], what: str) -> str:
    """The nearest known name, or the first ones."""
    names = list(known)
    by_case = {n.lower(): n for n in names}
    near = [by_case[name.lower()]] if name.lower() in by_case else []
    near = near or difflib.get_close_matches(name[:80], names, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{what} {', '.join(names[:NAMED])}{more}."


def _unknown(content: Content, name: str, known: dict[str, Filter]) -> ParameterUnknown:
    names = [*PAGE, *(wanted.field.name for wanted in known.values() if not wanted.end)]
    near = suggest(name, [*PAGE, *known], "")
    if not near.startswith("did"):
        near = suggest(name, names, f"{content.path} takes")
        near += " A field also takes Start and End, as updatedAtStart."
    return ParameterUnknown(parameter=name, hint=near)


def _whole(name: str, text: str) -> int:
    """A whole number from 0; 0 when empty.

    Raises:
        ParameterInvalid.
    """
    if not text.strip():
        return 0
    found = values.number(text)
    if found is None or found != found.to_integral_value() or not 0 <= found < INT64:
        raise ParameterInvalid(parameter=name, expected="a whole number from 0 up")
    return int(found)


def _sort(content: Content, text: str) -> str:
    known: dict[str, Field] = fields(content)
    name = text.strip() or "id"
    if name not in known:
        hint = suggest(name, known, f"{content.path} has the fields")
        raise ParameterInvalid(parameter="sort", expected=f"the name of a field: {hint}"[:-1])
    return name


def _descending(text: str) -> bool:
    try:
        return DIRECTIONS[text.strip().lower()]
    except KeyError:
        raise ParameterInvalid(parameter="direction", expected="asc or desc") from None
