"""Fixtures every test may use, and the rules every test runs under."""

import ipaddress
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from comptoir.base.clock import FrozenClock, SystemClock
from comptoir.base.ids import SeededIds, SystemIds
from comptoir.infra.database import Database
from comptoir.infra.db.migrate import upgrade
from tests import fixtures, pg

ENGINES = ["sqlite", "postgresql"]
VERIFY = os.environ.get("COMPTOIR_VERIFY") == "1"
"""True under `make verify`: a test may take a larger slice of the same promise."""

SLICE = ENGINES if VERIFY else ENGINES[:1]
"""Where both engines are tried by others too: `make test` must end within 15 minutes."""

# `make test` is a fixed slice: the same examples each time. `make verify` draws new ones.
settings.register_profile("slice", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("verify", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("verify" if VERIFY else "slice")


def pytest_configure(config: pytest.Config) -> None:
    """One PostgreSQL for all workers of a parallel run. A run by hand starts its own when used."""
    is_worker = hasattr(config, "workerinput")
    if getattr(config.option, "numprocesses", None) and not is_worker:
        pg.root_url()


def _loopback_only(event: str, args: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = args[1]
    if not isinstance(address, tuple):
        return  # a unix socket
    host = str(address[0])
    try:
        allowed = ipaddress.ip_address(host).is_loopback
    except ValueError:
        allowed = host == "localhost"
    if not allowed:
        raise PermissionError(f"a test tried to reach {host}: tests use loopback only")


sys.addaudithook(_loopback_only)


@pytest.fixture
def clock() -> FrozenClock:
    """A clock at a fixed instant, moved by the test."""
    return FrozenClock(datetime(2026, 1, 31, 9, 0, tzinfo=UTC))


@pytest.fixture
def ids() -> SeededIds:
    """The same ids in each run."""
    return SeededIds("tests")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The name of the engine: a test that uses it, or a fixture below, runs once on each."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(engine: str, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, on each engine."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'comptoir.db'}"
    else:
        with pg.fresh_database() as url:
            yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database that has every table and no row, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "comptoir.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def migrated_url(engine: str, migrated_file: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a database that has every table and no row, on each engine."""
    if engine == "sqlite":
        yield f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'comptoir.db')}"
    else:
        with pg.fresh_database(pg.ensure_template("migrated", _migrate)) as url:
            yield url


def _migrate(url: str) -> None:
    made = Database(pg.driven(url), SystemClock(), SystemIds())
    upgrade(made.engine)
    made.close()


@pytest.fixture
def engine_env(engine: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment that puts a server process on each engine, with an empty database."""
    if engine == "sqlite":
        yield {}
    else:
        with pg.fresh_database() as url:
            yield {"COMPTOIR_DATABASE_URL": url}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the captured payloads. Fails, never skips, if it is not there."""
    return fixtures.shared()
