"""One server per module and engine, one fake store per test."""

from collections.abc import Iterator

import pytest

from tests.accounts.fake_store import FakeStore, fake_store
from tests.conftest import SLICE
from tests.server import Server, running


@pytest.fixture(scope="module", params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param, identity_rate="100000", verify_timeout="8") as made:
        yield made


@pytest.fixture
def shop() -> Iterator[FakeStore]:
    with fake_store() as made:
        yield made
