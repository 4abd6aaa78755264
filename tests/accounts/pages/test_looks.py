"""Instants and browsers, as people read them."""

import pytest

from comptoir.accounts.pages.looks import browser, moment

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150 Safari/537"
)
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537 Chrome/150 Safari/537 Edg/150"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Safari/604"
)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (CHROME, "Chrome, Linux"),
        (EDGE, "Edge, Windows"),
        (SAFARI, "Safari, iPhone"),
        ("PrestaShop", "PrestaShop"),
        ("x" * 500, "x" * 60),
        ("", ""),
    ],
)
def test_a_browser_is_called_what_people_call_it(said: str, shown: str) -> None:
    assert browser(said) == shown


def test_an_instant_is_shown_to_the_minute() -> None:
    assert moment(1_767_225_659_999) == "2026-01-01 00:00 UTC"
    assert moment(None) == ""
