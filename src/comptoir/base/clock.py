"""Where the server reads the time. Nothing else may call `datetime.now` or `time.time`."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, timezone-aware, always UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FrozenClock:
    """A clock that moves only when told to. Ships with the package: the sandbox uses it too."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, step: timedelta) -> None:
        if step < timedelta(0):
            raise ValueError(f"a clock cannot go back: {step}")
        self._at += step


def monotonic() -> float:
    """Seconds on a clock that never jumps: for measuring durations and time-outs only."""
    return time.monotonic()
