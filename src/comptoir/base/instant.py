"""Instants as integers: milliseconds since the epoch, UTC. Printed as RFC 3339 with `Z`.

The store writes its dates in its own time zone (`2024-07-16T15:33:56+0200`, spec/eventbus.md §4);
we keep the instant and, beside it, the offset it was written with, in minutes.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r" ?(Z|z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Milliseconds since the epoch, rounded down. `at` must be timezone-aware."""
    return (at - EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


def format_ms(ms: int) -> str:
    """RFC 3339 in UTC: `2024-07-16T13:33:56Z`, with `.123` only when there is a fraction."""
    seconds, fraction = divmod(ms, 1000)
    at = EPOCH + timedelta(seconds=seconds)
    text = (
        f"{at.year:04d}-{at.month:02d}-{at.day:02d}T{at.hour:02d}:{at.minute:02d}:{at.second:02d}"
    )
    return f"{text}.{fraction:03d}Z" if fraction else f"{text}Z"


def format_instant(ms: int) -> str:
    """RFC 3339 in UTC, always with milliseconds: what we date ourselves compares as text too."""
    text = format_ms(ms)
    return text if len(text) > len("2024-07-16T13:33:56Z") else f"{text[:-1]}.000Z"


def shown(ms: int | None) -> str | None:
    """`format_instant`, or None for "never"."""
    return None if ms is None else format_instant(ms)


def is_zero_date(text: str) -> bool:
    """MySQL's way to say "no date": `0000-00-00`, with or without a time."""
    return text.startswith(("0000-00-00", "-0001-11-30"))


def parse(text: str, zone: ZoneInfo | timezone = UTC) -> tuple[int, int]:
    """Read an ISO 8601 date, or date and time, as (milliseconds, offset in minutes).

    The colon of the offset, the seconds and the fraction are optional, as PHP and MySQL write
    them. A text without offset is read in `zone`; an hour that the zone skips or repeats is read
    with the offset in force before the change.

    Raises:
        ValueError: not a date, or one that no calendar has.
    """
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a date: {text[:40]!r}")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    naive = datetime(  # noqa: DTZ001 - the zone is added two lines below
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro
    )
    at = naive.replace(tzinfo=_zone(offset) if offset else zone)
    minutes = int((at.utcoffset() or timedelta()).total_seconds() // 60)
    try:
        return to_ms(at.astimezone(UTC)), minutes
    except OverflowError as outside:
        raise ValueError(f"outside the calendar: {text[:40]!r}") from outside


def _zone(offset: str) -> timezone:
    if offset in ("Z", "z"):
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"not an offset: {offset}")
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if offset[0] == "-" else size)
