"""Values: strict about meaning, tolerant about spelling (spec/eventbus.md §4)."""

import base64
import json
import math
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.prestashop import values
from comptoir.prestashop.values import Misfit

UTC = ZoneInfo("UTC")
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
Reader = Callable[[object], object]


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ACCEPTED: list[tuple[Reader, object, object]] = [
    *((values.boolean, sent, True) for sent in (True, 1, 1.0, "1", "true", "TRUE")),
    *((values.boolean, sent, False) for sent in (False, 0, 0.0, "0", "false", "")),
    (values.boolean, None, None),
    *((values.integer, sent, 7) for sent in (7, 7.0, "7", "7.0", "7.", " 7 ", "+7", "007")),
    *((values.integer, sent, -7) for sent in (-7, -7.0, "-7", "-7.000000")),
    *((values.integer, sent, None) for sent in (None, "", "  ")),
    (values.integer, 2**63 - 1, 2**63 - 1),
    (values.integer, -(2**63), -(2**63)),
    (values.integer, str(2**63 - 1), 2**63 - 1),
    *((values.real, sent, 1.5) for sent in (1.5, "1.5", "1.500000", " 1.5 ", "+1.5", "15e-1")),
    *((values.real, sent, 2.0) for sent in (2, "2", "2.", "2e0", "0.2E1")),
    *((values.real, sent, 0.5) for sent in (".5", "0.5")),
    *((values.real, sent, None) for sent in (None, "", " ")),
    (values.text, "", ""),
    (values.text, " à ", " à "),
    (values.text, "\r\n\t", "\r\n\t"),
    (values.text, "😀", "😀"),
    (values.text, 7, "7"),
    (values.text, 7.0, "7"),
    (values.text, 7.25, "7.25"),
    (values.text, True, "1"),
    (values.text, False, None),
    (values.text, None, None),
    (values.encoded_text, coded("<p>à</p>"), "<p>à</p>"),
    (values.encoded_text, "", ""),
    (values.encoded_text, None, None),
    (values.json_text, {"a": 1, "é": [1.5, None]}, '{"a":1,"é":[1.5,null]}'),
    (values.json_text, [1], "[1]"),
    (values.json_text, {}, ""),
    (values.json_text, [], ""),
    (values.json_text, "", ""),
    (values.json_text, None, None),
    *((values.real, f"{blank}1.5{blank}", 1.5) for blank in "\t\x1c\x1f\x85\u2003"),
    *((values.integer, f"{blank}7{blank}", 7) for blank in "\t\x1c\x1f\x85\u2003"),
]
REFUSED: list[tuple[Reader, object]] = [
    *((values.boolean, sent) for sent in (2, -1, 0.5, "2", "yes", " 1", [], {}, "null")),
    *((values.integer, sent) for sent in (7.5, "7.5", "7a", "1e3", "--7", "0x7", [], {}, "٧")),
    *((values.integer, sent) for sent in (2**63, -(2**63) - 1, "9" * 19, 1e300, "9" * 31)),
    *((values.integer, sent) for sent in (math.inf, math.nan)),
    *((values.real, sent) for sent in ("x", "1,5", "1.5.0", "NaN", "inf", ".", "e5", True, [])),
    *((values.real, sent) for sent in (math.inf, -math.inf, math.nan, "1e999", 10**400)),
    *((values.text, sent) for sent in ([], {}, [1], "a\0b", "\ud800", "x\udfff")),
    *((values.encoded_text, sent) for sent in ("%", "abc", "YQ", "YQ==\n", 7, False, [])),
    (values.encoded_text, base64.b64encode(b"\xff\xfe").decode()),
    (values.encoded_text, coded("a\0b")),
    *((values.json_text, sent) for sent in ("{}", 7, True, {"a": "\0"}, ["\ud800"])),
]


@pytest.mark.parametrize(("read", "sent", "expected"), ACCEPTED)
def test_accepted(read: Reader, sent: object, expected: object) -> None:
    found = read(sent)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("read", "sent"), REFUSED)
def test_refused(read: Reader, sent: object) -> None:
    with pytest.raises(Misfit) as wrong:
        read(sent)

    assert str(wrong.value)
    if isinstance(sent, str) and len(sent) > 3:
        assert sent not in str(wrong.value), "a value may be personal: not in the reason"


def test_an_infinite_number_is_no_text() -> None:
    with pytest.raises(Misfit):
        values.text(math.inf)


@pytest.mark.parametrize("sent", ["é", "<p>Plain text, à la carte</p>", "\ud800"])
def test_text_that_is_not_base64_is_a_misfit(sent: str) -> None:
    with pytest.raises(Misfit):
        values.encoded_text(sent)


@pytest.mark.parametrize(
    "read", [values.boolean, values.integer, values.real, values.text, values.encoded_text]
)
@given(sent=JSON_VALUES.filter(lambda sent: not isinstance(sent, str) or sent.isascii()))
def test_any_value_fits_or_is_a_misfit(read: Reader, sent: object) -> None:
    try:
        found = read(sent)
    except Misfit:
        return
    if isinstance(found, str):
        assert "\0" not in found
        found.encode()
    elif isinstance(found, float):
        assert math.isfinite(found)
    elif isinstance(found, int):
        assert -(2**63) <= found < 2**63


@given(JSON_VALUES)
def test_what_is_kept_as_json_reads_back(sent: Any) -> None:
    try:
        found = values.json_text(sent)
    except Misfit:
        return
    if found:
        assert json.loads(found) == sent


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_description_reads_back(text: str) -> None:
    assert values.encoded_text(coded(text)) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_spelling_of_a_whole_number(number: int) -> None:
    for sent in (number, str(number), f"{number}.0", f" {number}.000000"):
        assert values.integer(sent) == number


@pytest.mark.parametrize("sent", [None, "", "0000-00-00", "0000-00-00 00:00:00"])
def test_no_date(sent: object) -> None:
    assert values.time(sent, UTC) is None


def test_a_date_keeps_the_offset_it_came_with() -> None:
    assert values.time("2024-07-16T15:33:56+0200", UTC) == (1721136836000, 120)
    assert values.time("2024-07-16 15:33:56", ZoneInfo("Europe/Paris")) == (1721136836000, 120)


@pytest.mark.parametrize("sent", ["soon", 1721136836, False, [], {}, "2024-02-30", "\ud800"])
def test_what_is_no_date_is_a_misfit(sent: object) -> None:
    with pytest.raises(Misfit):
        values.time(sent, UTC)
