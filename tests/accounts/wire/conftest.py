"""One server for all: what goes over the wire is the same on each engine."""

from collections.abc import Iterator

import pytest

from tests.server import Server, running


@pytest.fixture(scope="session")
def wired() -> Iterator[Server]:
    with running(identity_rate="100000", verify_rate="100000", verify_timeout="8") as made:
        yield made


@pytest.fixture
def comptoir(wired: Server) -> Server:
    return wired
