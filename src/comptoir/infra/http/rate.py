"""A token bucket per caller, in memory."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from comptoir.base.clock import monotonic
from comptoir.base.errors import Retry, TooMany

CALLERS = 100_000
ROUNDING = 1e-6
"""Who waited as long as told passes, though the sum of many floats falls short of 1."""


@dataclass(kw_only=True, eq=False)
class RateLimited(TooMany):
    """Too many requests from this client or address. `RateLimit` says which limit is used up."""

    code = "infra.rate_limited"
    title = "Too many requests"
    retry = Retry.LATER

    retry_after: int
    """Seconds until the next request will pass."""

    def detail(self) -> str:
        return f"Too many requests: try again in {self.retry_after} s."


class RateLimiter:
    """`per_minute` requests per caller, all of them at once if nothing came before."""

    def __init__(self, per_minute: int, now: Callable[[], float] = monotonic) -> None:
        self.most = per_minute
        self._rate = per_minute / 60
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count a request. Raises: RateLimited."""
        now = self._now()
        left, at = self._left.pop(caller, (float(self.most), now))
        left = min(float(self.most), left + (now - at) * self._rate)
        allowed = left >= 1 - ROUNDING
        self._left[caller] = (left - 1 if allowed else left, now)
        if len(self._left) > CALLERS:
            self._left.popitem(last=False)
        if not allowed:
            raise RateLimited(retry_after=max(1, ceil((1 - left) / self._rate)))

    def standing(self, caller: str) -> tuple[int, int]:
        """(requests left, seconds until all are there again), as of the caller's last request."""
        left, _ = self._left.get(caller, (float(self.most), 0.0))
        return int(left + ROUNDING), ceil((self.most - left) / self._rate - ROUNDING)
