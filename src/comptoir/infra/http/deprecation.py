"""How an endpoint that will go says so: RFC 9745 (`Deprecation`) and RFC 8594 (`Sunset`)."""

from datetime import UTC, date, datetime, time
from email.utils import format_datetime


def headers(deprecated: date, sunset: date | None, about: str) -> dict[str, str]:
    """What every answer of a deprecated endpoint carries. `about`: where it is described."""
    found = {
        "Deprecation": f"@{int(_midnight(deprecated).timestamp())}",
        "Link": f'<{about}>; rel="deprecation"; type="text/html"',
    }
    if sunset is not None:
        found["Sunset"] = format_datetime(_midnight(sunset), usegmt=True)
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
