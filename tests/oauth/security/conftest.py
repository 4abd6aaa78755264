"""An installation with people and applications, shared by the tests of a file."""

from collections.abc import Iterator

import pytest

from tests.conftest import SLICE
from tests.oauth.security.scene import Scene, built
from tests.server import running

QUICK = {"identity_rate": "100000", "sign_in_rate": "100000", "address_rate": "100000"}


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """On SQLite."""
    with running(**QUICK) as server:
        yield built(server)


@pytest.fixture(scope="module", params=SLICE)
def both(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """Where what is tested hangs on what the database does: on both engines in `make verify`."""
    with running(request.param, **QUICK) as server:
        yield built(server)
