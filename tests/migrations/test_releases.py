"""A database of every earlier release is upgraded and reads back identical."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from comptoir.infra.db import ends, snapshot
from comptoir.infra.db.migrate import current, head
from comptoir.infra.settings import load as load_settings
from tests import synced
from tests.conftest import ENGINES
from tests.migrations import release
from tests.server import Server, prepared

KEPT = [(name, engine) for engine in ENGINES for name in release.names(engine)]


def held(comptoir: Server) -> tuple[str | None, dict[str, snapshot.Sum]]:
    """The schema, and what each raw table holds."""
    environ = {k: v for k, v in comptoir.environ.items() if k.startswith("COMPTOIR_")}
    with ends.living(sa.make_url(load_settings(environ=environ).database)) as db:
        found = {
            name: total for name, total in snapshot.sums(db).items() if name.startswith("raw_")
        }
        return current(db), found


@pytest.mark.parametrize(("name", "engine"), KEPT)
def test_an_earlier_release_is_upgraded(name: str, engine: str, tmp_path: Path) -> None:
    """By starting the server on it, and by restoring the backup that was taken before."""
    kept = tmp_path / "before.backup"
    # The stores are gone: nobody may be called.
    with prepared(engine, allow_private_addresses="0") as comptoir:
        made = release.load(name, engine, comptoir)
        assert held(comptoir)[0] == name
        comptoir.quick_cli("backup", str(kept))
        assert held(comptoir)[0] == name, "a backup changes nothing"
        comptoir.start()
        assert sum(rows for of in made.hashes.values() for rows, _ in of.values()) > 500
        assert synced.hashes(comptoir, made) == made.hashes
        assert comptoir.stop() == 0
        upgraded = held(comptoir)
    with prepared(engine) as other:
        told = other.quick_cli("restore", str(kept))
        assert (told["from_schema"], told["schema"]) == (name, head())
        assert held(other) == upgraded


def test_both_engines_have_every_release() -> None:
    assert release.names("sqlite") == release.names("postgresql") != []
