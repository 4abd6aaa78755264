"""Values of query parameters: numbers by value, times at the precision shown (rawapi.md §4.2)."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from comptoir.base import instant
from comptoir.cloudsync.raw.fields import NO_DATE

NUMBER: Final = "a number, as 7, 7.5 or 1e+06"
BOOLEAN: Final = "true or false"
TIME: Final = "a time as 2026-01-31T09:00:00Z, or a day as 2026-01-31"
DAY: Final = "a day as 2026-01-31, or 0000-00-00 for none"
TEXT: Final = "a text without a NUL character"

_NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+ -]?[0-9]{1,3})?")
_BLANK_OFFSET = re.compile(r"(:\d\d(?:[.,]\d{1,9})?) (\d\d(?::?\d\d)?)$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_LAST = timedelta(days=1) - timedelta(milliseconds=1)


def number(text: str) -> Decimal | None:
    """The number that a text spells, with or without an exponent; None if it spells none.

    A blank in front of an exponent is a `+` that a client left unescaped.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    return Decimal(text.replace(" ", "+"))


def boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.strip().lower())


def span(text: str) -> tuple[int, int] | None:
    """The first and the last millisecond that a time stands for; None if it is no time.

    A bare day is the whole day in UTC; anything else is one instant. A text without offset is
    UTC, and a blank before an offset is a `+` that a client left unescaped.
    """
    text = _BLANK_OFFSET.sub(r"\1+\2", text.strip())
    try:
        first, _ = instant.parse(text, UTC)
    except ValueError:
        return None
    return first, first + (_LAST // timedelta(milliseconds=1) if _DAY.fullmatch(text) else 0)


def day(text: str) -> int | None:
    """A calendar day as milliseconds of its midnight, `0000-00-00` as NO_DATE; None otherwise."""
    text = text.strip()
    if text == "0000-00-00":
        return NO_DATE
    if not _DAY.fullmatch(text):
        return None
    try:
        return instant.to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))
    except ValueError:
        return None
