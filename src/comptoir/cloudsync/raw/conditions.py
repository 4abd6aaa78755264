"""One filter as SQL: a condition with a mark for each value, the same text for every value.

A shape that differs only in its values gives the same SQL, so that it is built and planned once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from comptoir.cloudsync.raw import values
from comptoir.cloudsync.raw.errors import ParameterInvalid
from comptoir.cloudsync.raw.fields import Compare, Field
from comptoir.infra.db import dialect
from comptoir.prestashop.rowid import sort_key

MARK = "\N{DOUBLE QUESTION MARK}"
"""Where a value goes: each database driver has its own sign, which an expression may contain."""
NOTHING = "1 = 0"
EVERYTHING = "{} IS NOT NULL"
INT64 = 2**63
DIGITS = 15
"""Digits that a double tells apart: longer texts of digits are compared as texts."""
SIGN = {"": "=", "Start": ">=", "End": "<="}
"""What follows the field's name in a parameter's name → comparison, both ends included."""


@dataclass(frozen=True, slots=True)
class Condition:
    sql: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that filters: a field, and the equality or the end of a range."""

    name: str
    field: Field
    end: str
    """`""`, `Start` or `End`."""

    def refuse(self, expected: str) -> ParameterInvalid:
        return ParameterInvalid(parameter=self.name, expected=expected)


def condition(wanted: Filter, text: str, engine: str) -> Condition:
    """Rows whose field is as `text` says.

    Raises:
        ParameterInvalid: a value of the wrong form.
    """
    if "\0" in text:
        raise wanted.refuse(values.TEXT)
    return _MAKERS[wanted.field.compare](wanted, text, engine)


def numeric(sql: str, engine: str) -> str:
    """SQL giving the number that a text is, NULL if it is none or longer than numbers are."""
    plain = f"length({sql}) <= 40 AND {sql} NOT LIKE '--%'"
    return f"(CASE WHEN {plain} THEN {dialect.numeric_text(engine, sql)} END)"


def _never(wanted: Filter, text: str, engine: str) -> Condition:
    return Condition(NOTHING)


def _id(wanted: Filter, text: str, engine: str) -> Condition:
    column, sign = wanted.field.order_sql, SIGN[wanted.end]
    keys = [sort_key(text)]
    found = values.number(text)
    if found is not None and found == found.to_integral_value():
        plain = sort_key(str(int(found)))
        if wanted.end:
            keys = [plain]
        elif plain not in keys:
            keys.append(plain)
    if len(keys) == 1:
        return Condition(f"{column} {sign} {MARK}", (keys[0],))
    return Condition(f"{column} IN ({MARK}, {MARK})", tuple(keys))


def _int(wanted: Filter, text: str, engine: str) -> Condition:
    """Exact for every 64-bit number. A number beyond them, or a fraction, equals none."""
    found = _number(wanted, text)
    bound = int(found.to_integral_value(ROUND_FLOOR if wanted.end == "End" else ROUND_CEILING))
    sql = wanted.field.sql
    if not wanted.end:
        whole = found == bound and -INT64 <= bound < INT64
        return Condition(f"{sql} = {MARK}", (bound,)) if whole else Condition(NOTHING)
    if -INT64 <= bound < INT64:
        return Condition(f"{sql} {SIGN[wanted.end]} {MARK}", (bound,))
    below = bound < 0
    return Condition(EVERYTHING.format(sql) if below == (wanted.end == "Start") else NOTHING)


def _float(wanted: Filter, text: str, engine: str) -> Condition:
    found = float(_number(wanted, text))
    return Condition(f"{wanted.field.sql} {SIGN[wanted.end]} {MARK}", (found,))


def _bool(wanted: Filter, text: str, engine: str) -> Condition:
    found = values.boolean(text)
    if found is None:
        raise wanted.refuse(values.BOOLEAN)
    return Condition(f"{wanted.field.sql} = {MARK}", (found,))


def _text(wanted: Filter, text: str, engine: str) -> Condition:
    """By text; by value where both the field and the filter are numbers."""
    sql, sign = wanted.field.sql, SIGN[wanted.end]
    found = values.number(text)
    if found is None or len(found.normalize().as_tuple().digits) > DIGITS:
        return Condition(f"{sql} {sign} {MARK}", (text,))
    as_number = numeric(sql, engine)
    if not wanted.end:
        return Condition(f"({sql} = {MARK} OR {as_number} = {MARK})", (text, float(found)))
    by_value = f"WHEN {as_number} IS NOT NULL THEN {as_number} {sign} {MARK}"
    return Condition(f"(CASE {by_value} ELSE {sql} {sign} {MARK} END)", (float(found), text))


def _time(wanted: Filter, text: str, engine: str) -> Condition:
    found = values.span(text)
    if found is None:
        raise wanted.refuse(values.TIME)
    first, last = found
    sql = wanted.field.sql
    if wanted.end:
        return Condition(
            f"{sql} {SIGN[wanted.end]} {MARK}", (first if wanted.end == "Start" else last,)
        )
    if first == last:
        return Condition(f"{sql} = {MARK}", (first,))
    return Condition(f"{sql} BETWEEN {MARK} AND {MARK}", (first, last))


def _day(wanted: Filter, text: str, engine: str) -> Condition:
    found = values.day(text)
    if found is None:
        raise wanted.refuse(values.DAY)
    return Condition(f"{wanted.field.sql} {SIGN[wanted.end]} {MARK}", (found,))


def _number(wanted: Filter, text: str) -> Decimal:
    found = values.number(text)
    if found is None:
        raise wanted.refuse(values.NUMBER)
    return found


_MAKERS: dict[Compare, Callable[[Filter, str, str], Condition]] = {
    Compare.ID: _id,
    Compare.INT: _int,
    Compare.FLOAT: _float,
    Compare.BOOL: _bool,
    Compare.TEXT: _text,
    Compare.TIME: _time,
    Compare.DAY: _day,
    Compare.NEVER: _never,
}
