"""The rate limiter: a bucket per caller, refilled steadily."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comptoir.infra.http.rate import CALLERS, RateLimited, RateLimiter


class Seconds:
    """A clock of seconds, moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_at_once_then_one_by_one() -> None:
    seconds = Seconds()
    limiter = RateLimiter(6, seconds)
    for _ in range(6):
        limiter.take("a")
    with pytest.raises(RateLimited) as refused:
        limiter.take("a")
    assert refused.value.retry_after == 10
    limiter.take("b")
    seconds.now += 10
    limiter.take("a")
    with pytest.raises(RateLimited):
        limiter.take("a")


@given(st.integers(1, 500), st.lists(st.floats(0, 90), max_size=40))
@example(1, [1.1728053832840812, 0.0])
def test_who_waits_as_told_passes(per_minute: int, pauses: list[float]) -> None:
    seconds = Seconds()
    limiter = RateLimiter(per_minute, seconds)
    for pause in pauses:
        seconds.now += pause
        try:
            limiter.take("a")
        except RateLimited as refused:
            seconds.now += max(1, refused.retry_after)
            limiter.take("a")


@given(st.integers(1, 60), st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_never_more_than_a_full_bucket_and_its_refill(per_minute: int, pauses: list[float]) -> None:
    seconds = Seconds()
    limiter = RateLimiter(per_minute, seconds)
    passed = 0
    for pause in pauses:
        seconds.now += pause
        try:
            limiter.take("a")
            passed += 1
        except RateLimited:
            pass
    assert passed <= per_minute + (seconds.now - 1000.0) * per_minute / 60 + 1e-6


def test_a_refused_request_costs_nothing() -> None:
    seconds = Seconds()
    limiter = RateLimiter(1, seconds)
    limiter.take("a")
    for _ in range(100):
        with pytest.raises(RateLimited):
            limiter.take("a")
    seconds.now += 60
    limiter.take("a")


def test_memory_is_bounded() -> None:
    seconds = Seconds()
    limiter = RateLimiter(1, seconds)
    for number in range(CALLERS + 10):
        limiter.take(str(number))
    assert len(limiter._left) == CALLERS
