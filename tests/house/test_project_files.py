"""Scripts that anyone may run, decisions that name their guard, links that lead somewhere."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from tests.fixtures import REPO

SCRIPTS = sorted([*REPO.joinpath("scripts").iterdir(), REPO / ".ci" / "run"])
DECISIONS = sorted(REPO.joinpath("docs", "decisions").glob("[0-9]*.md"))
PAGES = sorted([*REPO.glob("*.md"), *REPO.joinpath("docs").rglob("*.md")])
SECTIONS = ("## Context", "## Decision", "## Consequences", "## Alternatives", "## Enforced by")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_run(script: Path) -> None:
    assert os.access(script, os.X_OK)


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_sections(page: Path) -> None:
    text = page.read_text("utf-8")

    found = re.findall(r"^## .*$", text, re.MULTILINE)
    assert found == list(SECTIONS)
    assert len(text.splitlines()) <= 80, "one page"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(REPO).as_posix())
def test_links_and_paths_lead_to_files(page: Path) -> None:
    text = page.read_text("utf-8")
    linked = [
        page.parent / target.partition("#")[0]
        for target in re.findall(r"\]\(([^)\s]+)\)", text)
        if "://" not in target and not target.startswith("#")
    ]
    named = [
        REPO / name
        for name in re.findall(r"`((?:src/comptoir|tests|scripts|docs)/[\w./-]+)`", text)
    ]

    assert [str(p.relative_to(REPO)) for p in (*linked, *named) if not p.exists()] == []


def test_the_lock_was_made_from_the_project() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    named = {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in listed}
    lock = (REPO / "requirements.lock").read_text("utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    direct = {b.partition("==")[0].lower() for b in blocks if "comptoir (pyproject.toml)" in b}

    assert named == direct, "compile requirements.lock again: its first lines say how"
