"""Instants: what stores write is read as one instant, and printed so that it reads back."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.base import instant

FIRST = instant.to_ms(datetime(1, 1, 1, tzinfo=UTC))
LAST = instant.to_ms(datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC))
PARIS = ZoneInfo("Europe/Paris")
NEW_YORK = ZoneInfo("America/New_York")
MOMENTS = st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1))
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59)


def ms(*parts: int) -> int:
    return instant.to_ms(datetime(*parts, tzinfo=UTC))  # type: ignore[arg-type,misc]


@given(st.integers(FIRST, LAST))
def test_what_is_printed_reads_back(value: int) -> None:
    printed = instant.format_ms(value)

    assert printed.endswith("Z")
    assert instant.parse(printed) == (value, 0)
    assert instant.to_ms(instant.from_ms(value)) == value


@given(st.integers(FIRST, LAST), st.integers(FIRST, LAST))
def test_within_four_digit_years_text_without_fraction_sorts_like_time(a: int, b: int) -> None:
    a, b = a // 1000 * 1000, b // 1000 * 1000

    assert (instant.format_ms(a) < instant.format_ms(b)) == (a < b)


@given(MOMENTS, OFFSETS)
def test_an_offset_is_read_with_and_without_colon(at: datetime, minutes: int) -> None:
    here = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    text = at.isoformat(timespec="milliseconds")

    expected = (instant.to_ms(here), minutes)
    assert instant.parse(f"{text}{sign}{hours:02d}:{rest:02d}") == expected
    assert instant.parse(f"{text}{sign}{hours:02d}{rest:02d}") == expected
    if rest == 0:
        assert instant.parse(f"{text}{sign}{hours:02d}") == expected


@given(MOMENTS)
def test_an_offset_wins_over_the_zone(at: datetime) -> None:
    text = at.isoformat() + "+02:00"

    assert instant.parse(text, NEW_YORK) == instant.parse(text, PARIS)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_a_date_alone_is_its_midnight(day: date) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=PARIS)

    found, minutes = instant.parse(day.isoformat(), PARIS)
    assert found == instant.to_ms(midnight)
    offset = midnight.utcoffset()
    assert offset is not None and minutes == offset.total_seconds() // 60


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-07-16T15:33:56+0200", (ms(2024, 7, 16, 13, 33, 56), 120)),
        ("2024-07-16T15:33:56+02:00", (ms(2024, 7, 16, 13, 33, 56), 120)),
        ("2024-07-16T15:33:56-0330", (ms(2024, 7, 16, 19, 3, 56), -210)),
        ("2024-07-16 15:33:56", (ms(2024, 7, 16, 15, 33, 56), 0)),
        ("2024-07-16T15:33", (ms(2024, 7, 16, 15, 33), 0)),
        ("2024-07-16T15:33:56Z", (ms(2024, 7, 16, 15, 33, 56), 0)),
        ("2024-07-16T15:33:56z", (ms(2024, 7, 16, 15, 33, 56), 0)),
        ("2024-07-16T15:33:56.5Z", (ms(2024, 7, 16, 15, 33, 56, 500_000), 0)),
        ("2024-07-16T15:33:56,123456789Z", (ms(2024, 7, 16, 15, 33, 56, 123_000), 0)),
        ("2024-07-16 15:33:56 +0200", (ms(2024, 7, 16, 13, 33, 56), 120)),
        (" 2024-07-16 ", (ms(2024, 7, 16), 0)),
        ("1969-12-31T23:59:59.999Z", (-1, 0)),
        ("2024-02-29", (ms(2024, 2, 29), 0)),
    ],
)
def test_spellings(text: str, expected: tuple[int, int]) -> None:
    assert instant.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "-0001-11-30T00:00:00+0009",
        "2023-02-29",
        "2024-13-01",
        "2024-07-16T24:00:00",
        "2024-07-16T15:33:60Z",
        "2024-07-16T15:33:56+2400",
        "2024-07-16T15:33:56+0260",
        "2024-07-16T15:33:56+2",
        "2024-7-16",
        "20240716",
        "1721136836",
        "2024-07-16T",
        "2024-07-16\n2024-07-17",
        "2024-07-16T15:33:56.1234567890Z",
        "٢٠٢٤-٠٧-١٦",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2024-07-16T15:33:56\0",
    ],
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        instant.parse(text)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    try:
        found, minutes = instant.parse(text, PARIS)
    except ValueError:
        return
    assert FIRST - 86_400_000 <= found <= LAST + 86_400_000
    assert abs(minutes) < 24 * 60


@pytest.mark.parametrize("text", ["0000-00-00", "0000-00-00 00:00:00", "-0001-11-30T00:00:00+0009"])
def test_zero_dates(text: str) -> None:
    assert instant.is_zero_date(text)


@pytest.mark.parametrize("text", ["", "2000-01-01", "0000-01-01", "1970-01-01T00:00:00Z"])
def test_other_dates_are_no_zero_dates(text: str) -> None:
    assert not instant.is_zero_date(text)


@pytest.mark.parametrize(
    ("zone", "text", "expected", "offset"),
    [
        (PARIS, "2026-01-15 12:00:00", ms(2026, 1, 15, 11), 60),
        (PARIS, "2026-07-15 12:00:00", ms(2026, 7, 15, 10), 120),
        # 29 March 2026: 02:00 becomes 03:00. What is skipped is read as if it had not.
        (PARIS, "2026-03-29 01:59:59", ms(2026, 3, 29, 0, 59, 59), 60),
        (PARIS, "2026-03-29 02:30:00", ms(2026, 3, 29, 1, 30), 60),
        (PARIS, "2026-03-29 03:00:00", ms(2026, 3, 29, 1), 120),
        # 25 October 2026: 03:00 becomes 02:00. What comes twice is the first.
        (PARIS, "2026-10-25 02:30:00", ms(2026, 10, 25, 0, 30), 120),
        (PARIS, "2026-10-25 03:00:00", ms(2026, 10, 25, 2), 60),
        (NEW_YORK, "2026-03-08 02:30:00", ms(2026, 3, 8, 7, 30), -300),
        (NEW_YORK, "2026-11-01 01:30:00", ms(2026, 11, 1, 5, 30), -240),
        (ZoneInfo("Asia/Kolkata"), "2026-01-01", ms(2025, 12, 31, 18, 30), 330),
    ],
)
def test_a_text_without_offset_is_read_in_the_zone(
    zone: ZoneInfo, text: str, expected: int, offset: int
) -> None:
    assert instant.parse(text, zone) == (expected, offset)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (FIRST, "0001-01-01T00:00:00Z"),
        (ms(2024, 7, 16, 13, 33, 56, 120_000), "2024-07-16T13:33:56.120Z"),
    ],
)
def test_the_printed_form(value: int, text: str) -> None:
    assert instant.format_ms(value) == text


@given(st.integers(-(10**12), 10**13))
def test_our_own_instants_sort_as_text_within_a_calendar_of_four_digit_years(ms: int) -> None:
    earlier, later = instant.format_instant(ms), instant.format_instant(ms + 1)
    assert earlier < later
    assert instant.parse(earlier) == (ms, 0)
