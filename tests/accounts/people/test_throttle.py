"""Attempts are counted, each for a while."""

from datetime import timedelta

import pytest

from comptoir.accounts.people import throttle
from comptoir.accounts.people.errors import TooManyAttempts
from comptoir.accounts.people.tables import attempt
from tests.accounts.people.conftest import Town


def test_a_clock_that_went_back_locks_nobody_out(town: Town) -> None:
    for _ in range(throttle.MOST):
        town.do(lambda work: throttle.take(work, "slot"))
    with pytest.raises(TooManyAttempts) as refused:
        town.do(lambda work: throttle.take(work, "slot"))
    assert refused.value.retry_after == throttle.WINDOW_MS // 1000

    a_day = timedelta(days=1) // timedelta(milliseconds=1)
    town.do(lambda work: work.db.execute(attempt.update().values(first_at=work.now_ms + a_day)))
    town.do(lambda work: throttle.take(work, "slot"))
