"""A real server process and stores that live, for tests that break something under them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from comptoir.app.client import ClientError, VendorClient
from comptoir.base.clock import Clock, SystemClock
from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.fingerprint import fingerprint
from comptoir.simulator import Simulation
from tests.eventually import eventually_async
from tests.faults.ledger import Ledger, Records
from tests.server import Server

QUICK = {"backoff_first": "0.1", "backoff_most": "0.5", "log_level": "debug"}
WITHIN = 100.0


@dataclass
class Scene:
    comptoir: Server
    sim: Simulation
    client: VendorClient
    ledgers: list[Ledger]
    vendor: dict[str, str]

    async def until(self, check: Any, within: float = WITHIN) -> None:
        async def asked() -> Any:
            return check()

        await eventually_async(asked, within)

    async def uploads(self, more: int) -> None:
        """Until that many more have been acknowledged."""
        wanted = sum(self.taken) + more
        await self.until(lambda: sum(self.taken) >= wanted)

    @property
    def taken(self) -> list[int]:
        return [ledger.taken.total() for ledger in self.ledgers]

    async def trigger(self) -> None:
        for store in self.sim.stores:
            await self.client.trigger(str(store.shop_id), full=True)

    def live(self, changes: int = 10) -> None:
        for store in self.sim.stores:
            store.live(changes)

    def check_ledgers(self) -> None:
        """Nothing acknowledged is lost, and no upload was counted twice."""
        records = Records(self.comptoir)
        try:
            for ledger in self.ledgers:
                assert not ledger.lost(records.rows(ledger.store))
                for job, received in records.received(ledger.store).items():
                    assert received <= ledger.sent[job]
            waiting = records.announced()
            assert len(waiting) == len(set(waiting))
        finally:
            records.close()

    def calls(self) -> int:
        """That the server has made to the stores."""
        return self.sim.counters.requests

    async def finish(self, clock: Clock | None = None, *, trigger: bool = True) -> None:
        """The sync comes to its end, and what vendors read hashes as the stores' own rows do."""
        for ledger in self.ledgers:
            ledger.begun = lambda: None
        await self.sim.settled()
        await self._finished(0)
        if trigger:
            # After what was under way: it may have read past changes that no hint announces.
            since = int((clock or SystemClock()).now().timestamp() * 1000)
            await eventually_async(self._asked, WITHIN)
            await self._finished(since)
        self.check_ledgers()
        for store in self.sim.stores:
            for name, content in catalogue().items():
                rows = await self.client.rows(str(store.shop_id), content.path)
                assert fingerprint(content, rows) == store.fingerprint(name), name

    async def _finished(self, since: int) -> None:
        records, left = Records(self.comptoir), [""]

        def unfinished() -> list[str]:
            return [name for store in self.sim.stores for name in records.unfinished(store, since)]

        async def done() -> bool:
            left[:] = await asyncio.to_thread(unfinished)
            return not left

        try:
            await eventually_async(done, WITHIN)
        except AssertionError as failed:
            raise AssertionError(f"not finished: {left}") from failed
        finally:
            records.close()

    async def _asked(self) -> bool:
        with contextlib.suppress(ClientError, aiohttp.ClientError):
            await self.client.sign_in(self.vendor["client_id"], self.vendor["client_secret"])
            await self.trigger()
            return True
        return False


@contextlib.asynccontextmanager
async def scene(comptoir: Server, stores: int = 1, **options: Any) -> AsyncIterator[Scene]:
    """Stores that are installed and whose vendor has consent for all: the first sync begins."""
    vendor = comptoir.quick_cli("vendor", "create", "acme")
    names = ",".join(catalogue())
    comptoir.quick_cli("module", "register", "acme_sync", "--vendor", "acme", "--contents", names)
    options = {"seed": 5, "versions": ("8",), "scale": 1.0, "debounce_seconds": 1.0} | options
    sim = Simulation(stores=stores, server=comptoir.base, **options)
    await sim.start()
    async with aiohttp.ClientSession() as session:
        client = VendorClient(session, comptoir.base, "acme")
        try:
            ledgers = [Ledger(store) for store in sim.stores]
            for store in sim.stores:
                await store.install()
            await client.sign_in(vendor["client_id"], vendor["client_secret"])
            for store in sim.stores:
                comptoir.quick_cli(
                    "consent", "grant", "--shop", str(store.shop_id), "--module", "acme_sync"
                )
            yield Scene(comptoir, sim, client, ledgers, vendor)
        finally:
            await sim.stop()
