"""What `comptoir simulate` does not know, it says before it starts anything."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("option", "value", "known"),
    [
        ("--version", "8,7", "1.6, 1.7, 8 or 9"),
        ("--accounts-version", "4", "5.6.2 to 8"),
        ("--language", "fr,xx", "de, en, es, fr or it"),
        ("--employee", "ada", "name@shop.test"),
        ("--defects", "none", "There are:"),
    ],
)
def test_an_unknown_value_is_named(option: str, value: str, known: str) -> None:
    command = [
        sys.executable,
        "-m",
        "comptoir.app.main",
        "simulate",
        "--server",
        "http://localhost",
    ]
    done = subprocess.run(
        [*command, option, value], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 2
    assert value.rpartition(",")[2] in done.stderr
    assert known in done.stderr
