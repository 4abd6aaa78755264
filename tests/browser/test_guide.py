"""The merchant's guide is followed in a real browser, step by step, by who has nothing but it.

The terminal's commands are the guide's own; the English one is followed without a mouse. The
pictures that the guide shows are taken again on the way, and each page is one that everybody can
use. `.venv/bin/python -m tests.browser.pictures` writes the pictures anew.
"""

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import png
from tests.browser.guide import steps
from tests.browser.pictures import PICTURES, WALKED
from tests.browser.walk import STRIDE, Walker, terminal
from tests.conftest import VERIFY
from tests.guides.snippets import snippets
from tests.ports import free_port

MOST_BYTES, MOST_WIDTH = 80_000, 1000
SHOWS = 40
"""Lines of a picture that differ: less is an empty page."""


@pytest.mark.parametrize("guide", WALKED if VERIFY else list(WALKED)[:1])
def test_a_reader_does_what_the_guide_says(chromium: Browser, guide: str, tmp_path: Path) -> None:
    ports = {"8000": str(free_port()), "8001": str(free_port())}
    with terminal(ports) as shell:
        keyboard = guide == "merchant.md"
        walker = Walker(chromium, shell, WALKED[guide], keyboard=keyboard, pictures=tmp_path)
        walker.walk(steps(guide))
        assert walker.verdict() == []

    taken = {path.name: png.size(path.read_bytes()) for path in tmp_path.glob("*.png")}
    shown = [step.what for step in steps(guide) if step.kind == "picture"]
    assert sorted(taken) == sorted(shown)
    for name, (width, height) in taken.items():
        was = png.size((PICTURES / name).read_bytes())
        assert was[0] == width, f"{name} is an old picture"
        assert abs(was[1] - height) <= STRIDE, f"{name} is an old picture"
        assert png.lines((tmp_path / name).read_bytes()) > SHOWS


@pytest.mark.parametrize("guide", WALKED)
def test_pictures_are_small_and_said_in_words(guide: str) -> None:
    for step in steps(guide):
        if step.kind == "picture":
            picture = (PICTURES / step.what).read_bytes()
            assert len(picture) < MOST_BYTES, step.what
            assert png.size(picture)[0] <= MOST_WIDTH
            assert png.lines(picture) > SHOWS, f"{step.what} shows nothing"
            assert len(step.value.split()) >= 5, f"{step.what}: say what it shows"


def test_no_picture_lies_about() -> None:
    shown = {step.what for guide in WALKED for step in steps(guide) if step.kind == "picture"}

    assert {path.name for path in PICTURES.iterdir()} == shown


@pytest.mark.parametrize("guide", WALKED)
def test_what_comes_of_a_press_is_said_before_going_on(guide: str) -> None:
    """Else a slow page would not be there yet, for the reader as for this test."""
    for before, after in pairwise(steps(guide)):
        if after.kind in ("picture", "run", "open"):
            assert before.kind != "press", f"{guide}:{after.line}: say what one sees first"


def test_the_guide_is_the_same_in_every_language() -> None:
    english, french = (steps(guide) for guide in WALKED)

    assert [step.kind for step in english] == [step.kind for step in french]
    assert [s.text for s in snippets("merchant.fr.md")] == [
        s.text.replace("--language en", "--language fr") for s in snippets("merchant.md")
    ]
    for here, there in zip(english, french, strict=True):
        if here.kind == "picture":
            assert here.what.replace(".png", ".fr.png") == there.what
