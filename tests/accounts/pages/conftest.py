"""One server per module for pages; on both engines in `make verify`. What they do to the database
is tried on both in `tests/accounts/people`."""

from collections.abc import Iterator

import pytest

from tests.conftest import SLICE
from tests.server import Server, running


@pytest.fixture(scope="module", params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param, sign_in_rate="100000", identity_rate="100000") as made:
        yield made
