"""The process ends in the middle of a sync, asked or not: what was acknowledged is there, and the
sync goes on where it was."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from comptoir.app.client import ClientError, VendorClient
from comptoir.simulator import SimulatedStore, Simulation
from tests import server
from tests.conftest import SLICE, VERIFY
from tests.eventually import eventually_async

CONTENTS = ["products", "customers"]


class Played:
    """A server process and one simulated store beside it."""

    def __init__(self, comptoir: server.Server, sim: Simulation, client: VendorClient) -> None:
        self.comptoir = comptoir
        self.sim = sim
        self.client = client

    @property
    def store(self) -> SimulatedStore:
        return self.sim.stores[0]

    async def until(self, check: Callable[[], Any], within: float = 40.0) -> None:
        async def asked() -> Any:
            return check()

        await eventually_async(asked, within)

    async def rows(self, content: str) -> int:
        return len(await self.client.rows(str(self.store.shop_id), content))

    async def equal(self) -> bool:
        try:
            return all([await self.rows(n) == self.store.fingerprint(n)[0] for n in CONTENTS])
        except (ClientError, aiohttp.ClientError):
            return False

    def pages(self, content: str) -> list[dict[str, Any]]:
        return [call for call in self.store.calls if call["content"] == content]

    def taken(self, content: str) -> int:
        """Rows that the store has been told are kept."""
        return sum(call["sent"] for call in self.pages(content) if call["status"] == 201)


@contextlib.asynccontextmanager
async def played(engine: str) -> AsyncIterator[Played]:
    with server.running(engine, backoff_first="0.1", backoff_most="0.5") as comptoir:
        vendor = comptoir.quick_cli("vendor", "create", "acme")
        names = ",".join(CONTENTS)
        comptoir.quick_cli(
            "module", "register", "acme_sync", "--vendor", "acme", "--contents", names
        )
        sim = Simulation(stores=1, seed=5, server=comptoir.base, scale=30.0, languages=["en"])
        await sim.start()
        async with aiohttp.ClientSession() as session:
            client = VendorClient(session, comptoir.base, "acme")
            try:
                await sim.stores[0].install()
                shop_id = str(sim.stores[0].shop_id)
                comptoir.quick_cli("consent", "grant", "--shop", shop_id, "--module", "acme_sync")
                await client.sign_in(vendor["client_id"], vendor["client_secret"])
                yield Played(comptoir, sim, client)
            finally:
                await sim.stop()


@pytest.fixture(params=SLICE)
def engine(request: pytest.FixtureRequest) -> str:
    """Both in `make verify`: each of these takes long."""
    name: str = request.param
    return name


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"] if VERIFY else ["SIGKILL"])
def test_a_sync_goes_on_after_the_process_ended(engine: str, how: str) -> None:
    async def scenario() -> None:
        async with played(engine) as play:
            await play.until(lambda: len(play.pages("products")) >= 3)
            if how == "SIGTERM":
                assert await asyncio.to_thread(play.comptoir.stop) == 0
            else:
                await asyncio.to_thread(play.comptoir.kill)
            kept = play.taken("products")
            assert 0 < kept < play.store.fingerprint("products")[0]
            await asyncio.to_thread(play.comptoir.start)

            assert await play.rows("products") >= kept
            await eventually_async(play.equal, 40)

            asked = play.pages("products")
            assert len({call["params"]["job_id"] for call in asked}) == 1
            assert sum(call["params"].get("full") == "1" for call in asked) == 1

    asyncio.run(scenario())
