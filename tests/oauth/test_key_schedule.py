"""Which key signs when. Pure."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.oauth.key_schedule import Policy, SigningKey, is_due, next_after, signing_at

POLICY = Policy(period_ms=900, ahead_ms=100, lasts_ms=50)
FIRST = SigningKey("first", b"x", 1000, 1000)
SECOND = SigningKey("second", b"x", 1800, 1900)
TURN = [replace(FIRST, retired_at=1900, ends_at=1950), SECOND]


@pytest.mark.parametrize(
    ("now", "signing", "states"),
    [
        (1800, "first", ["signing", "waiting"]),
        (1899, "first", ["signing", "waiting"]),
        (1900, "second", ["retired", "signing"]),
        (1949, "second", ["retired", "signing"]),
        (1950, "second", ["ended", "signing"]),
    ],
)
def test_a_turn(now: int, signing: str, states: list[str]) -> None:
    chosen = signing_at(TURN, now)
    assert chosen is not None and chosen.kid == signing
    assert [key.state(now) for key in TURN] == states


def test_the_next_one_is_due_so_early_that_a_key_signs_for_its_period() -> None:
    assert not is_due([FIRST], 1799, POLICY)
    assert is_due([FIRST], 1800, POLICY)
    assert not is_due(TURN, 1800, POLICY), "one waits"
    assert is_due([], 0, POLICY)


def test_a_destroyed_key_is_never_good() -> None:
    gone = replace(FIRST, sealed=b"")
    assert signing_at([gone], 1000) is None
    assert is_due([gone], 1000, POLICY)
    assert gone.state(1000) == "ended"


def test_a_clock_that_was_set_back_before_every_key_signs_with_the_first() -> None:
    chosen = signing_at(TURN, 10)
    assert chosen is not None and chosen.kid == "first"
    assert next_after(TURN, 10) == SECOND


@given(st.permutations(TURN), st.integers(0, 3000))
def test_the_order_of_rows_does_not_matter(keys: list[SigningKey], now: int) -> None:
    assert signing_at(keys, now) == signing_at(TURN, now)
