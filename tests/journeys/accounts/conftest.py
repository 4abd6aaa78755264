"""One server for all flows, and one of each engine for the main ones."""

from collections.abc import Iterator

import pytest

from tests.conftest import SLICE
from tests.journeys.accounts import stage
from tests.server import Server


@pytest.fixture(scope="session")
def sqlite_server() -> Iterator[Server]:
    with stage.server("sqlite") as made:
        yield made


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    with stage.server("postgresql") as made:
        yield made


@pytest.fixture
def comptoir(sqlite_server: Server) -> Server:
    return sqlite_server


@pytest.fixture(params=SLICE)
def each(request: pytest.FixtureRequest) -> Server:
    """The server of each engine."""
    made: Server = request.getfixturevalue(f"{request.param}_server")
    return made
