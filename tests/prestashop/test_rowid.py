"""Row ids: safe in a path, different for different rows, sorted like numbers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.prestashop.rowid import row_id, sort_key

NUMBERS = st.one_of(st.integers(0, 30), st.integers(0, 10**6), st.integers(0, 10**60))
TUPLES = st.lists(NUMBERS, min_size=1, max_size=4).map(tuple)
PARTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=4)
IDS = st.text("0123456789abyzAZ.-_", max_size=30)


def joined(numbers: tuple[int, ...]) -> str:
    return "-".join(str(number) for number in numbers)


@given(st.lists(TUPLES, max_size=12))
def test_byte_order_is_the_order_of_the_numbers(keys: list[tuple[int, ...]]) -> None:
    by_bytes = sorted(keys, key=lambda key: sort_key(joined(key)).encode())

    assert by_bytes == sorted(keys)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from(["de", "en", "fr"])), max_size=12))
def test_ids_with_a_language_sort_by_number_first(keys: list[tuple[int, int, str]]) -> None:
    def key(parts: tuple[int, int, str]) -> bytes:
        return sort_key(f"{parts[0]}-{parts[1]}-{parts[2]}").encode()

    assert sorted(keys, key=key) == sorted(keys)


@given(st.lists(IDS, max_size=20))
def test_different_ids_have_different_keys(ids: list[str]) -> None:
    assert len({sort_key(name) for name in ids}) == len(set(ids))


@given(PARTS)
def test_an_id_goes_into_a_path_as_it_is(parts: list[str]) -> None:
    made = row_id(parts)

    assert re.fullmatch(r"[A-Za-z0-9._-]*", made)
    assert made.isascii()


@given(st.text(st.characters()), st.text(st.characters()))
def test_one_part_has_an_id_of_its_own(one: str, other: str) -> None:
    assert (row_id([one]) == row_id([other])) == (one == other)


@given(TUPLES)
def test_numbers_stay_as_they_are(numbers: tuple[int, ...]) -> None:
    assert row_id([str(number) for number in numbers]) == joined(numbers)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["12", "0", "en"], "12-0-en"),
        (["a.b"], "a.2Eb"),
        (["é"], ".C3A9"),
        (["a/b?c"], "a.2Fb.3Fc"),
        (["1", ""], "1-"),
    ],
)
def test_examples(parts: list[str], expected: str) -> None:
    assert row_id(parts) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("9", "a9"), ("10", "b10"), ("12-0-en", "b12-a0-en"), ("", ""), ("en", "en")],
)
def test_examples_of_keys(name: str, expected: str) -> None:
    assert sort_key(name) == expected


@pytest.mark.parametrize("size", [24, 25, 26, 49, 50, 51, 75])
def test_long_numbers_sort_too(size: int) -> None:
    assert sort_key("9" * size) < sort_key("1" + "0" * size)
