"""One server per module and engine, and tokens without one."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from comptoir.base.clock import FrozenClock
from tests.conftest import SLICE
from tests.oauth.world import Scenario, World
from tests.server import Server, running


@pytest.fixture(scope="module", params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param, identity_rate="100000") as made:
        yield made


@pytest.fixture
def play(migrated_url: str, clock: FrozenClock) -> Callable[[Scenario], None]:
    def run(scenario: Scenario) -> None:
        world = World(migrated_url, clock)
        try:
            asyncio.run(scenario(world))  # type: ignore[arg-type]
        finally:
            world.db.close()

    return run
