"""A whole server and its simulated stores in one event loop, with the database within reach."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn

from comptoir import accounts, cloudsync
from comptoir.app.asgi import make_app
from comptoir.app.client import VendorClient
from comptoir.app.wiring import build
from comptoir.app.worker import Worker
from comptoir.cloudsync import store as state
from comptoir.infra import log
from comptoir.infra.http.context import Context
from comptoir.infra.settings import load
from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.fingerprint import fingerprint
from comptoir.simulator import SimulatedStore, Simulation
from tests.eventually import eventually_async
from tests.ports import free_port

VENDOR = "acme"
MODULE = "acme_sync"
QUICK = {
    "allow_private_addresses": True,
    "identity_rate": 10_000,
    "backoff_first": 0.05,
    "backoff_most": 0.4,
}


class QuietServer(uvicorn.Server):
    """uvicorn in a test's own loop: signals stay the test runner's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@dataclass
class Harness:
    context: Context
    worker: Worker
    sim: Simulation
    client: VendorClient
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return self.context.settings.base

    async def onboard(self, contents: list[str] | None = None) -> None:
        """Stores install; one vendor's module gets what it asks for from each."""
        await asyncio.gather(*(store.install() for store in self.sim.stores))
        with self.context.db.begin("test") as work:
            made = accounts.create_vendor(work, VENDOR, self.context.vault)
            accounts.register_module(work, VENDOR, MODULE, contents or list(catalogue()))
        await self.client.sign_in(made.client_id, made.client_secret)
        await self.consent()

    async def consent(self) -> None:
        with self.context.db.begin("test") as work:
            for store in self.sim.stores:
                accounts.grant(work, str(store.shop_id), MODULE)
        self.context.wake()

    async def withdraw(self, store: SimulatedStore) -> None:
        with self.context.db.begin("test") as work:
            accounts.withdraw(work, str(store.shop_id), MODULE)
        self.context.wake()

    def overview(self, store: SimulatedStore) -> dict[str, Any]:
        with self.context.db.reading() as db:
            return cloudsync.overview(db, str(store.shop_id))

    def content(self, store: SimulatedStore, name: str) -> dict[str, Any]:
        found = [c for c in self.overview(store)["contents"] if c["content"] == name]
        return found[0] if found else {"reason": ""}

    def runs(self, store: SimulatedStore) -> list[dict[str, Any]]:
        with self.context.db.reading() as db:
            return state.recent_runs(db, str(store.shop_id), 1000)

    async def until(self, check: Callable[[], Any], within: float = 30.0) -> Any:
        async def asked() -> Any:
            return check()

        return await eventually_async(asked, within)

    async def synced(self, since: int = 0, within: float = 40.0) -> None:
        """Until every consented content of every store has finished at or after `since`."""

        def check() -> bool:
            with self.context.db.reading() as db:
                return all(self._synced(db, store, since) for store in self.sim.stores)

        await self.until(check, within)

    def _synced(self, db: Any, store: SimulatedStore, since: int) -> bool:
        wanted = len(accounts.consented_contents(db, str(store.shop_id)))
        done, _ = cloudsync.finished_since(db, str(store.shop_id), since)
        return wanted > 0 and done == wanted

    async def differences(self, store: SimulatedStore) -> dict[str, tuple[Any, Any]]:
        """Contents whose rows in the Raw API are not the store's own."""
        found = {}
        for name, content in catalogue().items():
            rows = await self.client.rows(str(store.shop_id), content.path)
            mine, theirs = fingerprint(content, rows), store.fingerprint(name)
            if mine != theirs:
                found[name] = (mine, theirs)
        return found

    def now(self) -> int:
        return int(self.context.clock.now().timestamp() * 1000)


@contextlib.asynccontextmanager
async def running(
    url: str, tmp_path: Path, sim: dict[str, Any] | None = None, **given: Any
) -> AsyncIterator[Harness]:
    log.configure("error")
    port = free_port()
    settings = load(
        environ={},
        **{"data": tmp_path, "database_url": url, "port": port, **QUICK, **given},
    )
    context = build(settings)
    worker = Worker(context)
    config = uvicorn.Config(
        make_app(context, worker),
        port=port,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_keep_alive=600,
    )
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve())
    options = {"stores": 1, "seed": 3, "versions": ("8",), "debounce_seconds": 0.0, **(sim or {})}
    simulation = Simulation(server=settings.base, **options)

    async def started() -> bool:
        return server.started

    async with aiohttp.ClientSession() as session:
        client = VendorClient(session, settings.base, VENDOR)
        try:
            await eventually_async(started)
            await simulation.start()
            yield Harness(context, worker, simulation, client)
        finally:
            await worker.stop()
            await simulation.stop()
            server.should_exit = True
            await serving
