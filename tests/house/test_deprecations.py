"""An endpoint that will go says so half a year before, in its record and in the changelog; and a
POST that takes no Idempotency-Key says why."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from comptoir.app.wiring import all_endpoints
from comptoir.infra.http.endpoint import Endpoint
from comptoir.infra.http.openapi import plain_path
from tests.fixtures import REPO

MONTHS = 6
CHANGELOG = (REPO / "CHANGELOG.md").read_text("utf-8")
ONE = next(e for e in all_endpoints() if e.path == "/accounts/healthcheck")


def later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def broken(endpoints: Sequence[Endpoint], changelog: str) -> list[str]:
    found = []
    for endpoint in endpoints:
        name = f"{endpoint.method} {plain_path(endpoint.path)}"
        if endpoint.deprecated is None:
            found += [f"{name}: a sunset without deprecated"] if endpoint.sunset else []
            continue
        earliest = later(endpoint.deprecated, MONTHS)
        if endpoint.sunset is None or endpoint.sunset < earliest:
            found.append(f"{name}: give it a sunset, {earliest} or later")
        if not any("eprecated" in line and f"`{name}`" in line for line in changelog.splitlines()):
            found.append(f"{name}: write into CHANGELOG.md, in one line, that it is deprecated")
    return found


def test_what_is_deprecated_is_announced() -> None:
    assert broken(all_endpoints(), CHANGELOG) == []


SAID = "- Deprecated: `GET /accounts/healthcheck`, use `/healthz`; gone after 2026-07-31.\n"


@pytest.mark.parametrize(
    ("deprecated", "sunset", "changelog", "words"),
    [
        (date(2026, 1, 31), date(2026, 7, 31), SAID, ""),
        (date(2025, 8, 31), date(2026, 2, 28), SAID, ""),
        (date(2026, 1, 31), date(2026, 7, 30), SAID, "2026-07-31 or later"),
        (date(2026, 1, 31), None, SAID, "2026-07-31 or later"),
        (date(2026, 1, 31), date(2026, 7, 31), "", "write into CHANGELOG.md"),
        (date(2026, 1, 31), date(2026, 7, 31), SAID.replace("Depr", "xx"), "write into CHANGELOG"),
        (None, date(2026, 7, 31), SAID, "a sunset without deprecated"),
    ],
)
def test_the_rule_sees_what_is_missing(
    deprecated: date | None, sunset: date | None, changelog: str, words: str
) -> None:
    found = broken([replace(ONE, deprecated=deprecated, sunset=sunset)], changelog)

    assert len(found) == bool(words)
    assert words in "".join(found)


def test_a_post_takes_a_key_or_says_why_not() -> None:
    posts = [e for e in all_endpoints() if e.method == "POST"]

    assert [e.path for e in posts if not e.keyed and len(e.takes_no_key.split()) < 5] == []
    assert [e.path for e in all_endpoints() if e.method != "POST" and e.takes_no_key] == []
