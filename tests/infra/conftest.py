"""A writer of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from tests.infra.rig import Rig


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "comptoir.db"


@pytest.fixture
def rig(file: Path, clock: FrozenClock, ids: SeededIds) -> Iterator[Rig]:
    made = Rig(file, clock, ids)
    yield made
    made.close()
