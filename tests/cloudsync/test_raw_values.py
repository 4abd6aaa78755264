"""Values of the Raw API's parameters and rows: what is read, what is written, and that any text
is either understood or refused."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.base.errors import BadRequest
from comptoir.base.instant import format_ms
from comptoir.cloudsync.raw import filters, values
from comptoir.cloudsync.raw.conditions import Condition, condition
from comptoir.cloudsync.raw.errors import ParameterInvalid
from comptoir.cloudsync.raw.fields import NO_DATE, fields
from comptoir.cloudsync.raw.filters import parameters
from comptoir.cloudsync.raw.render import decimal_text, renderer, unknown, whole
from comptoir.prestashop.catalogue import catalogue

ENGINES = st.sampled_from(["sqlite", "postgresql"])
FILTERS = [f for c in catalogue().values() for f in parameters(c).values()]
FIRST, LAST = -62_135_596_800_000, 253_402_300_799_999


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_as_go_writes_it_is_its_value(value: float) -> None:
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():e}".partition("e")
    text = f"{mantissa}e{'-' if int(exponent) < 0 else '+'}{abs(int(exponent)):02d}"

    for spelled in (text, text.replace("+", " "), repr(value)):
        found = values.number(spelled)
        assert found is not None, spelled
        assert float(found) == value


@pytest.mark.parametrize(
    "text", ["", "a", "1e", "1 2", "0x10", "NaN", "inf", "1e9999", "--1", "1,5"]
)
def test_what_is_no_number(text: str) -> None:
    assert values.number(text) is None


@given(st.integers(FIRST, LAST))
def test_a_time_copied_from_an_answer_is_that_instant(ms: int) -> None:
    assert values.span(format_ms(ms)) == (ms, ms)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1970-01-02", 86_400_000, 172_799_999),
        (" 1970-01-02 ", 86_400_000, 172_799_999),
        ("1970-01-02T00:00:00Z", 86_400_000, 86_400_000),
        ("1970-01-02T02:00:00+02:00", 86_400_000, 86_400_000),
        ("1970-01-02T02:00:00 02:00", 86_400_000, 86_400_000),
        ("1970-01-02T02:00:00 0200", 86_400_000, 86_400_000),
        ("1970-01-02 02:00:00 02:00", 86_400_000, 86_400_000),
        ("1970-01-02T02:00:00.5 02:00", 86_400_500, 86_400_500),
        ("1970-01-01T22:00:00-02:00", 86_400_000, 86_400_000),
        ("1970-01-02T00:00:00", 86_400_000, 86_400_000),
        ("1970-01-02 00:00", 86_400_000, 86_400_000),
        ("1970-01-02T00:00:00.1239Z", 86_400_123, 86_400_123),
    ],
)
def test_times_as_people_write_them(text: str, first: int, last: int) -> None:
    assert values.span(text) == (first, last)


@pytest.mark.parametrize("text", ["", "now", "0000-00-00", "2026-02-30", "2026", "1", "12:00"])
def test_what_is_no_time(text: str) -> None:
    assert values.span(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("0000-00-00", NO_DATE), ("1970-01-02", 86_400_000), ("1970-1-2", None), ("2026-02-30", None)],
)
def test_days(text: str, found: int | None) -> None:
    assert values.day(text) == found


@given(st.sampled_from(FILTERS), st.text() | st.from_regex(r"[-+0-9eT:. Z]{1,30}"), ENGINES)
def test_any_text_is_a_condition_or_refused_with_its_name(
    wanted: filters.Filter, text: str, engine: str
) -> None:
    found: Condition | ParameterInvalid
    try:
        found = condition(wanted, text, engine)
    except ParameterInvalid as refused:
        found = refused
    if isinstance(found, ParameterInvalid):
        assert (found.parameter, bool(found.expected)) == (wanted.name, True)
    else:
        assert text not in found.sql or len(text) < 8


@given(st.binary(max_size=200), ENGINES)
def test_any_query_string_is_read_or_refused(query: bytes, engine: str) -> None:
    found: filters.Listing | BadRequest
    try:
        found = filters.read(catalogue()["products"], query, engine)
    except BadRequest as refused:
        found = refused
    if isinstance(found, filters.Listing):
        assert 1 <= found.limit <= 1000
        assert found.offset >= 0


def test_no_two_parameters_share_a_name() -> None:
    """`xStart` is a range of `x`; no content has a field of that name too."""
    for content in catalogue().values():
        names = list(fields(content))
        ends = {f"{f.name}{end}" for f in fields(content).values() for end in ("Start", "End")}
        assert not ends & {*names, *filters.PAGE}, content.name
        assert not {*filters.PAGE} & {*names}, content.name


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_texts_have_no_exponent_and_keep_the_value(value: float) -> None:
    text = decimal_text(value)

    assert "e" not in text.lower()
    assert float(text) == value


@given(st.floats(allow_nan=False, allow_infinity=False).filter(float.is_integer))
def test_whole_numbers_are_written_without_fraction_or_exponent(value: float) -> None:
    text = msgspec.json.encode(whole(value)).decode()

    assert text.lstrip("-").isdigit()
    assert float(int(text)) == value


def test_unknown_properties_survive_what_json_cannot_say() -> None:
    found = unknown('{"a":Infinity,"b":[1e400,2.50],"\\ud800":"\\ud800","c":7.0}')
    text = msgspec.json.encode(found)

    assert json.loads(text) == {"a": None, "b": [None, 2.5], "?": "\ud800", "c": 7.0}
    assert msgspec.json.encode(unknown('{"a":2.50,"b":"é"}')) == '{"a":2.50,"b":"é"}'.encode()


def test_no_row_gives_no_rows() -> None:
    assert renderer(catalogue()["products"]).rows([]) == []
