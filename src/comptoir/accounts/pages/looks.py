"""How pages write instants and browsers, for people."""

from datetime import UTC, datetime

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""Word in the `User-Agent` → name; the first that is there counts: many pretend to be others."""
LONGEST = 60


def moment(ms: int | None) -> str:
    """To the minute, in UTC; the same in every language. Empty for none."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC" if ms else ""


def day(ms: int) -> str:
    """In UTC, as ISO 8601 writes it."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d}"


def browser(said: str) -> str:
    """`Firefox, Linux` for a `User-Agent`; what it says itself when nothing is known."""
    found = [
        next((name for word, name in table if word in said), "") for table in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(name for name in found if name) or said[:LONGEST]
