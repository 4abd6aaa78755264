"""One server per module and engine for pages."""

from collections.abc import Iterator

import pytest

from tests.server import Server, running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param, sign_in_rate="100000", identity_rate="100000") as made:
        yield made
