"""Stores that do what the test says, driven by a whole server in the same event loop.

Left alone, a store is a faithful agent over lists of rows. A test puts a function in `turn` to
answer a call otherwise, or to do something in the middle of one.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from aiohttp import web

from comptoir import accounts, cloudsync
from comptoir.accounts.store import save_shop
from comptoir.app.asgi import make_app
from comptoir.app.wiring import build
from comptoir.app.worker import Worker
from comptoir.cloudsync import rows, schedule
from comptoir.cloudsync import store as state
from comptoir.cloudsync.tables import RAW
from comptoir.infra import log
from comptoir.infra.http.context import Context
from comptoir.infra.settings import load
from comptoir.prestashop.catalogue import catalogue
from tests.cloudsync.ground import BOUNDARY, Json, gone, line, multipart
from tests.cloudsync.harness import QUICK, QuietServer
from tests.eventually import eventually_async
from tests.ports import free_port

INFO = {"timezone": "UTC", "default_language": "en", "languages": "en"}
HEALTHY = {"ps_account": True, "is_valid_jwt": True, "ps_eventbus": True, "httpCode": 200}


@dataclass
class Call:
    """One `apiShopContent`."""

    content: str
    job: str
    lang: str
    limit: int
    full: bool


@dataclass
class FakeStore:
    stage: "Stage"
    number: int
    shop_id: str = ""
    token: str = ""
    data: dict[str, list[Json]] = field(default_factory=lambda: {"info": [dict(INFO)]})
    """Rows by content, or by `content/lang`."""
    outbox: dict[str, list[bytes]] = field(default_factory=dict)
    """Lines by content, or by `content/lang`: all go with one page, or `limit` of them."""
    offsets: dict[str, int | None] = field(default_factory=dict)
    """Cursors by `content/lang`; None: finished."""
    calls: list[Call] = field(default_factory=list)
    turn: Callable[[Call], Awaitable[Any]] | None = None
    """Gives the answer to a call, or None to leave it to the agent."""
    health: Callable[[], Awaitable[Any]] | None = None
    now: int = 0
    """Calls under way."""
    most: int = 0

    def asked(self, content: str) -> list[Call]:
        return [call for call in self.calls if call.content == content]

    async def answer(self, params: Any) -> Any:
        if params.get("controller") == "apiHealthCheck":
            return (await self.health()) if self.health else HEALTHY
        call = Call(
            params["shop_content"],
            params["job_id"],
            params.get("lang_iso", ""),
            int(params["limit"]),
            params.get("full") == "1",
        )
        self.calls.append(call)
        found = await self.turn(call) if self.turn else None
        return await self.agent(call) if found is None else found

    async def agent(self, call: Call) -> Any:
        """What ps_eventbus does (spec/eventbus.md §3.2-3.5)."""
        key = f"{call.content}/{call.lang}"
        if call.full:
            for name in [n for n in self.outbox if n.split("/")[0] == call.content]:
                self.outbox[name] = []
        if call.full or key not in self.offsets:
            self.offsets[key] = 0
        offset = self.offsets[key]
        if offset is None:
            return await self._changes(call, key)
        mine = self.data.get(key, self.data.get(call.content, []))
        page = [line(catalogue()[call.content].collection, r) for r in mine[offset:][: call.limit]]
        status = await self.upload(call, page) if page else 200
        if status in (200, 201):
            mine = self.data.get(key, self.data.get(call.content, []))
            offset += call.limit
            self.offsets[key] = offset if offset < len(mine) else None
        return self.said("full", status, len(page), max(0, len(mine) - offset))

    async def _changes(self, call: Call, key: str) -> Any:
        waiting = self.outbox.get(key, self.outbox.get(call.content, []))
        page = waiting[: call.limit]
        status = await self.upload(call, page, full=False) if page else 200
        if status in (200, 201):
            del waiting[: len(page)]
        return self.said("incremental", status, len(page), len(waiting))

    @staticmethod
    def said(kind: str, status: int, records: int, remaining: int) -> Any:
        return {
            "syncType": kind,
            "total_objects": records,
            "has_remaining_objects": remaining > 0,
            "remaining_objects": remaining,
            "httpCode": status,
        }

    async def upload(self, call: Call, lines: list[bytes], *, full: bool = True) -> int:
        """The store's own call to the cloud."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Full-Sync-Requested": str(int(full)),
        }
        url = f"{self.stage.base}/collector/upload/{call.job}"
        async with self.stage.http.post(url, data=multipart(lines), headers=headers) as answer:
            return answer.status

    def rows(self, content: str) -> list[str]:
        with self.stage.context.db.reading() as db:
            c = RAW[content].c
            query = RAW[content].select().where(c.shop_id == self.shop_id, c.removed_at.is_(None))
            return sorted(row["id"] for row in db.execute(query).mappings())

    def view(self, content: str = "") -> Json:
        with self.stage.context.db.reading() as db:
            found: Json = cloudsync.overview(db, self.shop_id)
        return next(c for c in found["contents"] if c["content"] == content) if content else found

    def runs(self, content: str) -> list[Json]:
        with self.stage.context.db.reading() as db:
            return [r for r in state.recent_runs(db, self.shop_id, 1000) if r["content"] == content]

    def want(self, *contents: str, full: bool = False) -> None:
        with self.stage.context.db.begin("test") as work:
            schedule.want(work, self.shop_id, contents, full=full, asked=True)
        self.stage.context.wake()

    async def synced(self, *contents: str, within: float = 120.0) -> None:
        """Until the contents have finished and wait for nothing."""

        async def check() -> bool:
            found = [self.view(name) for name in contents]
            return all(c["last_finished_at"] and not c["waiting"] for c in found)

        await eventually_async(check, within)


@dataclass
class Stage:
    context: Context
    worker: Worker
    http: aiohttp.ClientSession
    stores: list[FakeStore] = field(default_factory=list)
    url: str = ""

    @property
    def base(self) -> str:
        return self.context.settings.base

    async def handle(self, request: web.Request) -> web.Response:
        store = self.stores[int(request.match_info["shop"])]
        store.now += 1
        store.most = max(store.most, store.now)
        try:
            found = await store.answer(request.query)
        finally:
            store.now -= 1
        if isinstance(found, web.Response):
            return found
        return web.json_response(found, status=found["httpCode"])

    async def store(self, *contents: str) -> FakeStore:
        """A verified store that shares these contents; it is not driven before `start`."""
        made = FakeStore(self, len(self.stores))
        self.stores.append(made)
        url = f"{self.url}/{made.number}"
        described = {"backOfficeUrl": url, "frontendUrl": url, "multiShopId": 1, "name": "x"}
        async with self.http.post(
            f"{self.base}/accounts/v1/shop-identities", json=described
        ) as answer:
            identity = await answer.json()
        made.shop_id = identity["cloudShopId"]
        form = {
            "grant_type": "client_credentials",
            "client_id": identity["clientId"],
            "client_secret": identity["clientSecret"],
            "audience": f"store/{made.shop_id} {self.base}/accounts",
        }
        async with self.http.post(f"{self.base}/oauth2/token", data=form) as answer:
            made.token = (await answer.json())["access_token"]
        name = f"vendor{made.number}"
        with self.context.db.begin("test") as work:
            shop = accounts.load_shop(work.db, made.shop_id)
            save_shop(work.db, replace(shop, verified=True))
            accounts.create_vendor(work, name, self.context.vault)
            accounts.register_module(work, name, name, list(contents))
        return made

    def start(self, store: FakeStore) -> None:
        with self.context.db.begin("test") as work:
            name = f"vendor{store.number}"
            accounts.grant(work, store.shop_id, name)
            schedule.refresh(work, store.shop_id)
        self.context.wake()

    def count(self, store: FakeStore, content: str) -> int:
        with self.context.db.reading() as db:
            return rows.count(db, store.shop_id, catalogue()[content])


@contextlib.asynccontextmanager
async def staged(url: str, tmp_path: Path, **given: Any) -> AsyncIterator[Stage]:
    log.configure("critical")
    port = free_port()
    chosen = {"data": tmp_path, "database_url": url, "port": port, **QUICK, **given}
    context = build(load(environ={}, **chosen))
    worker = Worker(context)
    config = uvicorn.Config(
        make_app(context, worker), port=port, log_config=None, lifespan="on", timeout_keep_alive=600
    )
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve())
    async with aiohttp.ClientSession() as session:
        stage = Stage(context, worker, session)
        app = web.Application()
        app.router.add_route("*", "/{shop}/{tail:.*}", stage.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stage.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

        async def started() -> bool:
            return server.started

        try:
            await eventually_async(started)
            yield stage
        finally:
            await worker.stop()
            server.should_exit = True
            await serving
            await runner.cleanup()


__all__ = ["BOUNDARY", "Call", "FakeStore", "Stage", "gone", "line", "staged"]
