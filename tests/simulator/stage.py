"""What every test here starts from: a fake cloud, a simulation, an installed store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession

from comptoir.simulator import SimulatedStore, Simulation
from tests.simulator.cloud import Cloud
from tests.simulator.reference import Reference


@dataclass
class Stage:
    cloud: Cloud
    sim: Simulation
    http: ClientSession
    pauses: list[float] = field(default_factory=list)

    @property
    def store(self) -> SimulatedStore:
        return self.sim.stores[0]

    def reference(self, store: SimulatedStore | None = None) -> Reference:
        return Reference(self.cloud, store or self.store, self.http)


@asynccontextmanager
async def stage(*, installed: bool = True, **options: Any) -> AsyncIterator[Stage]:
    """One store unless more are asked for; installed and verified unless told otherwise."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async with Cloud() as cloud, ClientSession() as http:
        options = {"stores": 1, "versions": ("8",), "clock": cloud.clock, "pause": pause} | options
        sim = Simulation(server=cloud.url, **options)
        await sim.start()
        try:
            for store in sim.stores if installed else []:
                await store.install()
            yield Stage(cloud, sim, http, pauses)
        finally:
            await sim.stop()


def played(scenario: Callable[[Stage], Awaitable[None]], **options: Any) -> None:
    """Run a scenario on a stage."""

    async def run() -> None:
        async with stage(**options) as there:
            await scenario(there)

    asyncio.run(run())
