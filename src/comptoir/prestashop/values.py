"""From what a store sends to what we keep, one value at a time (spec/eventbus.md §4, common rules).

Strict about meaning, tolerant about spelling: `7`, `7.0` and `"7"` are the integer 7, because PHP
and PrestaShop versions write them so. What does not fit raises `Misfit`; the row lands without it.
"""

import base64
import json
import math
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from comptoir.base import instant
from comptoir.prestashop.catalogue import Kind, Property

INT64 = 2**63
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}(\.0*)?")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_TRUE = {"1", "true"}
_FALSE = {"0", "false", ""}


class Misfit(Exception):
    """A value that does not fit its property. The text says how, without the value."""


def boolean(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        if value.lower() in _TRUE:
            return True
        if value.lower() in _FALSE:
            return False
    raise Misfit("not a boolean")


def integer(value: object) -> int | None:
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
        if not _INTEGER.fullmatch(value):
            raise Misfit("not a whole number")
        value = int(value.partition(".")[0])
    elif isinstance(value, float):
        if not value.is_integer():
            raise Misfit("not a whole number")
        value = int(value)
    if value is None:
        return None
    if not isinstance(value, int):
        raise Misfit("not a whole number")
    if not -INT64 <= value < INT64:
        raise Misfit("beyond 64 bits")
    return int(value)


def real(value: object) -> float | None:
    if isinstance(value, str):
        value = value.strip()  # `float` knows less white space than `strip`
        if not value:
            return None
        if not _NUMBER.fullmatch(value):
            raise Misfit("not a number")
        value = float(value)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit("not a number")
    try:
        found = float(value)
    except OverflowError as large:
        raise Misfit("too large a number") from large
    if not math.isfinite(found):
        raise Misfit("too large a number")
    return found


def text(value: object) -> str | None:
    """A missing PrestaShop setting comes as `false`: it is no text (spec/rawapi.md §11, shop)."""
    if isinstance(value, str):
        if "\0" in value:
            raise Misfit("a NUL character")
        if not value.isascii():
            _encodable(value)
        return value
    if value is None or value is False:
        return None
    if value is True:
        return "1"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else repr(value)
    raise Misfit("not a text")


def _encodable(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as half:
        raise Misfit("half a surrogate pair") from half


def encoded_text(value: object) -> str | None:
    """Base64 of UTF-8 text, as descriptions are sent."""
    if value is None or value == "":
        return "" if value == "" else None
    if not isinstance(value, str):
        raise Misfit("not base64")
    try:
        return text(base64.b64decode(value, validate=True).decode("utf-8"))
    except ValueError as wrong:
        raise Misfit("not base64 of UTF-8 text") from wrong


def json_text(value: object) -> str | None:
    """An object as compact JSON; the empty text for "none", however PHP writes that."""
    if value is None:
        return None
    if value in ("", [], {}):
        return ""
    if isinstance(value, dict | list):
        found = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text(found.replace("\\u0000", "\0"))
    raise Misfit("not an object")


def time(value: object, zone: ZoneInfo) -> tuple[int, int] | None:
    """(milliseconds, offset in minutes); None for empty and zero dates."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Misfit("not a date")
    if instant.is_zero_date(value):
        return None
    try:
        return instant.parse(value, zone)
    except ValueError as wrong:
        raise Misfit("not a date") from wrong


def converter(prop: Property) -> Callable[[object], object]:
    """The function for a property's values; times have their own, with the zone."""
    if prop.kind is Kind.TEXT:
        return encoded_text if prop.base64 else text
    return {
        Kind.BOOL: boolean,
        Kind.INT: integer,
        Kind.FLOAT: real,
        Kind.JSON: json_text,
    }[prop.kind]
