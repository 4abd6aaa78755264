"""How days and results are shown."""

from collections.abc import Mapping

from comptoir.accounts.pages.page import Visit
from comptoir.base.instant import from_ms


def day(ms: int) -> str:
    """The day of an instant, UTC, as ISO 8601 writes it."""
    return from_ms(ms).strftime("%Y-%m-%d")


def done(visit: Visit, known: Mapping[str, str]) -> str:
    """What the form did that led here: `?done=name`, a sentence for each name we know."""
    key = known.get(visit.query("done"))
    return visit.say(key) if key and visit.request.method == "GET" else ""
