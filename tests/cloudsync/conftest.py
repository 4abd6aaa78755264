"""A server without its worker, one for a module's tests on each engine."""

from collections.abc import Iterator

import pytest

from tests.cloudsync.ground import Ground, Store, prepared
from tests.conftest import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
def ground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    with prepared(request.param, tmp_path_factory.mktemp("ground")) as made:
        yield made


@pytest.fixture
def shop(ground: Ground) -> Store:
    """A store of the test's own."""
    return ground.store()


@pytest.fixture
def other(ground: Ground) -> Store:
    """Another one, whose rows nothing may touch."""
    return ground.store()
