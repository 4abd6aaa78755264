"""contract/ and docs/reference/ are what the code says today."""

import os
import subprocess
import sys
from pathlib import Path

import typer
from typer.testing import CliRunner

from comptoir.app.wiring import all_endpoints
from comptoir.cli import docs
from tests.fixtures import REPO


def command() -> typer.Typer:
    root = typer.Typer()
    root.add_typer(docs.make(all_endpoints, root), name="docs")
    return root


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(command(), ["docs", *words])
    return done.exit_code, done.output


def test_the_files_are_not_stale() -> None:
    comptoir = Path(sys.executable).with_name("comptoir")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("COMPTOIR_")}
    done = subprocess.run(
        [comptoir, "docs", "check", "--root", str(REPO)],
        capture_output=True,
        text=True,
        env=clean,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_build_then_check(tmp_path: Path) -> None:
    assert run("check", "--root", str(tmp_path))[0] == 1
    assert run("build", "--root", str(tmp_path))[0] == 0
    assert run("check", "--root", str(tmp_path)) == (0, "")


def test_a_changed_a_missing_and_a_left_over_file_are_stale(tmp_path: Path) -> None:
    run("build", "--root", str(tmp_path))
    (tmp_path / "docs/reference/settings.md").write_text("old", "utf-8")
    (tmp_path / "contract/openapi/oauth.json").unlink()
    (tmp_path / "contract/openapi/gone.json").write_text("{}", "utf-8")

    status, output = run("check", "--root", str(tmp_path))

    assert status == 1
    assert [line.partition(": ")[2] for line in output.splitlines()[:3]] == [
        "contract/openapi/gone.json",
        "contract/openapi/oauth.json",
        "docs/reference/settings.md",
    ]
    run("build", "--root", str(tmp_path))
    assert run("check", "--root", str(tmp_path)) == (0, "")


def test_the_files_are_the_same_each_time() -> None:
    root = command()

    assert docs.generated(all_endpoints(), root) == docs.generated(all_endpoints(), root)
