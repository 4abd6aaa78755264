"""The project speaks of itself alone, and asks no host by name for its packages."""

import re
import subprocess

import pytest

from tests.fixtures import REPO

# One letter of each stands in brackets, so that this file does not contain what it looks for.
FORBIDDEN = {
    "a package registry's host": re.compile(r"p[y]pi\.org|python[h]osted|npm[j]s|debian\.[o]rg"),
    "a path of somebody's machine": re.compile(r"(?<![\w.-])/wor[k]/|(?<![\w.-])/roo[t]/"),
    "whoever wrote it": re.compile(r"Claud[e]|Anthropi[c]|AI sessio[n]"),
}
BINARY = (".png", ".jpg", ".gz", ".zip", ".ico", ".woff2", ".db")


def files() -> list[str]:
    """Every file of the repository: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPO,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return sorted(n for n in set(names) if n and not n.endswith(BINARY) and (REPO / n).is_file())


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    pattern = FORBIDDEN[what]
    found = []
    for name in files():
        text = (REPO / name).read_text("utf-8", errors="replace")
        found += [
            f"{name}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]

    assert not found


def test_there_are_files_to_look_at() -> None:
    assert "tests/house/test_words.py" in files()
