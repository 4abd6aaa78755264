"""Where the real captured payloads are: beside the clone, or where COMPTOIR_SHARED says.

They belong to no one program, so they are not in this repository. A test that needs them fails
without them: a promise that was not checked is not kept.
"""

import os
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]


def shared() -> Path:
    """The folder that holds `fixtures/` and `spec/`.

    Raises:
        FileNotFoundError: it is not there.
    """
    folder = Path(os.environ.get("COMPTOIR_SHARED") or REPO.parent / "shared")
    if not (folder / "fixtures").is_dir():
        raise FileNotFoundError(
            f"no captured payloads in {folder}/fixtures: set COMPTOIR_SHARED to their folder"
        )
    return folder


def captured(kind: str, version: str) -> dict[str, Path]:
    """The captured files of one kind (`eventbus`) and store version (`1.6`), by content name."""
    files = sorted((shared() / "fixtures" / kind / version).glob("*.json"))
    if not files:
        raise FileNotFoundError(f"no captured payloads of {kind} {version}")
    return {file.stem: file for file in files}
