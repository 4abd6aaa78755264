"""Colours can be told apart: 4.5 to 1 for text, 3 to 1 for edges (WCAG 2.2 §1.4.3, §1.4.11)."""

import re
from pathlib import Path

import pytest

from comptoir.accounts import pages
from comptoir.simulator.accounts.pages import STYLE

ACCOUNT = (Path(pages.__file__).parent / "static" / "account.css").read_text("utf-8")
TEXT = 4.5
EDGE = 3.0
ON_ACCOUNT = [
    *((ink, ground) for ink in ("ink", "soft", "accent", "bad") for ground in ("ground", "paper")),
    ("good", "paper"),
    ("accent-ink", "accent"),
    ("bad", "bad-ground"),
    ("good", "good-ground"),
]
ON_SIMULATED = [
    *((ink, ground) for ink in ("ink", "soft", "link", "bad") for ground in ("ground", "paper")),
    ("good", "paper"),
    ("link-ink", "link"),
    ("bar-ink", "bar"),
]


def colours(css: str, scheme: str) -> dict[str, str]:
    """The variables of a style sheet; those of the dark come over those of the light."""
    light, _, rest = css.partition("@media (prefers-color-scheme: dark)")
    dark = rest.partition("}")[0]
    found = re.compile(r"--([a-z-]+):\s*#([0-9a-f]{6})")
    made = dict(found.findall(light))
    return made | dict(found.findall(dark)) if scheme == "dark" else made


def luminance(colour: str) -> float:
    """Relative, from 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("css", "pairs"), [(ACCOUNT, ON_ACCOUNT), (STYLE, ON_SIMULATED)], ids=["account", "simulated"]
)
def test_text_can_be_read(css: str, pairs: list[tuple[str, str]], scheme: str) -> None:
    known = colours(css, scheme)

    ratios = {pair: contrast(known[pair[0]], known[pair[1]]) for pair in pairs}

    assert {pair: ratio for pair, ratio in ratios.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("css", [ACCOUNT, STYLE], ids=["account", "simulated"])
def test_fields_have_an_edge_that_is_seen(css: str, scheme: str) -> None:
    known = colours(css, scheme)

    assert contrast(known["soft"], known["paper"]) >= EDGE


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("777777", "ffffff") == pytest.approx(4.48, abs=0.005)
