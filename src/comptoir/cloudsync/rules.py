"""What to sync when, and how long to wait after a failure. Pure."""

from dataclasses import dataclass, replace

from comptoir.prestashop.agent import Failure

STALLED_PAGES = 3
"""Pages without progress after which a run is given up."""
CIRCLING_PAGES = 200
"""Pages after which a run that comes back to where it was, again and again, is given up."""
PASSES = 3
"""Passes of a full run at most, while the store's rows move under it."""
SMALLEST_PAGE = 10


@dataclass(frozen=True, slots=True)
class ContentState:
    """What is wanted of one content of one store. Times in milliseconds, None: never."""

    content: str
    active: bool
    """Some module with consent needs it."""
    want_full: bool
    want_incremental: bool
    next_full_at: int | None
    next_incremental_at: int | None
    backoff_until: int | None
    failures: int
    first_finished_at: int | None
    last_finished_at: int | None
    page: int

    def due_at(self) -> int | None:
        """When to look at it next."""
        if not self.active:
            return None
        if self.want_full or self.want_incremental:
            return self.backoff_until or 0
        times = [t for t in (self.next_full_at, self.next_incremental_at) if t is not None]
        return max(min(times), self.backoff_until or 0) if times else None

    def due(self, now: int) -> bool:
        at = self.due_at()
        return at is not None and at <= now

    def wants_full(self, now: int) -> bool:
        """Whether the run that is due is a full one."""
        by_time = self.next_full_at is not None and self.next_full_at <= now
        return self.want_full or by_time or self.first_finished_at is None


SLACK = 60_000
"""Milliseconds that a time may lie too far ahead and still be believed: it was set by a unit of
work that began later than the one that looks, or by another server, whose clock differs."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How far ahead the times of a state are ever set, in milliseconds. One that lies farther was
    set before the clock went back: it counts as past, so that nothing waits for it."""

    incremental: int
    full: int
    backoff: int

    @property
    def longest(self) -> int:
        """From now to the farthest time at which a store is due."""
        return max(self.incremental, self.backoff) + SLACK

    def believed(self, state: ContentState, now: int) -> ContentState:
        return replace(
            state,
            next_full_at=_believed(state.next_full_at, now + self.full),
            next_incremental_at=_believed(state.next_incremental_at, now + self.incremental),
            backoff_until=_believed(state.backoff_until, now + self.backoff),
        )


def _believed(at: int | None, latest: int) -> int | None:
    return 0 if at is not None and at > latest + SLACK else at


def hint_served(wanted_at: int, opened_at: int, now: int) -> bool:
    """Whether a run opened at `opened_at` and ending now has brought what was hinted. In doubt,
    when the clock went back during the run, it has not; a hint of the future came before that."""
    return opened_at <= now and not opened_at <= wanted_at <= now


@dataclass(slots=True)
class Progress:
    """Follows one run page by page: does it advance, and does the store's row count hold still?"""

    expected: int | None = None
    moved: bool = False
    slipped: bool = False
    """Rows went away, so that others slipped into pages read before; or the store began anew."""
    limits: int = 0
    records: int = 0
    last_remaining: int | None = None
    stalled: int = 0
    lowest: int | None = None
    since_lowest: int = 0

    def page(self, *, limit: int, records: int, remaining: int) -> None:
        """Note a page of a full run. Rows come by `LIMIT limit OFFSET offset` without a snapshot:
        a count that changes between pages tells that rows moved (spec/eventbus.md §3.3)."""
        self.limits += limit
        self.records += records
        if remaining > 0:
            total = self.limits + remaining
            self._count(total, limit)
            self.expected = total
        else:
            self._count(self.records, limit)
        self.advance(remaining)

    def _count(self, total: int, limit: int) -> None:
        if self.expected is not None:
            self.moved = self.moved or total != self.expected
            steady = self.expected <= total < self.expected + limit
            self.slipped = self.slipped or not steady

    def advance(self, remaining: int) -> None:
        """Note what remains: `stalled` counts the pages in a row that brought it no lower,
        `since_lowest` those since it was lowest."""
        if self.last_remaining is not None and 0 < remaining >= self.last_remaining:
            self.stalled += 1
        else:
            self.stalled = 0
        self.last_remaining = remaining
        if self.lowest is None or remaining < self.lowest:
            self.lowest, self.since_lowest = remaining, 0
        else:
            self.since_lowest += 1

    @property
    def stuck(self) -> bool:
        return self.stalled >= STALLED_PAGES or self.since_lowest >= CIRCLING_PAGES


def wait_after(failure: Failure, failures: int, *, first: float, most: float, jitter: float) -> int:
    """Milliseconds to wait after the `failures`-th failure in a row: doubling, up to `most`
    seconds, with a quarter of `jitter` (0..1) so that stores do not come back in step."""
    seconds = min(most, first * failure.patience * 2 ** min(failures - 1, 20))
    return int(seconds * (1 + jitter / 4) * 1000)


def longest_wait(most: float) -> int:
    """What `wait_after` never exceeds."""
    return int(most * 1.25 * 1000)


def smaller_page(page: int) -> int:
    """After a time-out or a lost upload: ask for half."""
    return max(SMALLEST_PAGE, page // 2)
