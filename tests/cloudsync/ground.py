"""A server without its worker, and stores whose runs the test opens, feeds and settles itself.

What an agent sends goes over HTTP, as an agent sends it; what the orchestrator does between the
pages is called by hand, so that a test says in which order things happen.
"""

import base64
import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import sqlalchemy as sa
import uvicorn

from comptoir import accounts, cloudsync
from comptoir.app.asgi import make_app
from comptoir.app.wiring import build
from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.cloudsync import runs, store
from comptoir.cloudsync.tables import RAW
from comptoir.infra import log
from comptoir.infra.http.context import Context
from comptoir.infra.settings import Settings
from comptoir.prestashop.catalogue import catalogue
from tests import pg
from tests.eventually import eventually

NOW = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
BOUNDARY = "------------------------d74496d66958873e"
MOST = 24 << 20
Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def line(collection: str, sent: Json, action: str = "upsert") -> bytes:
    return json.dumps(
        {"action": action, "collection": collection, "properties": sent}, separators=(",", ":")
    ).encode()


def gone(collection: str, identifier: object) -> bytes:
    return line(collection, {"id": identifier}, "delete")


def multipart(lines: Iterable[bytes], boundary: str = BOUNDARY, name: str = "file") -> bytes:
    """As curl writes it: CRLF between the lines, none after the last."""
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="file"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    )
    return head.encode() + b"\r\n".join(lines) + f"\r\n--{boundary}--\r\n".encode()


@dataclass
class Ground:
    context: Context
    clock: FrozenClock
    port: int
    stores: int = 0

    def request(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())

    def store(self, *contents: str, zone: str = "") -> "Store":
        """A new store, verified, whose contents somebody may read."""
        self.stores += 1
        url = f"https://shop{self.stores}.example"
        described = {
            "backOfficeUrl": f"{url}/admin",
            "frontendUrl": url,
            "multiShopId": self.stores,
            "name": "Demo",
        }
        headers = {"Content-Type": "application/json"}
        made = self.request(
            "POST", "/accounts/v1/shop-identities", headers, json.dumps(described)
        ).json
        found = Store(self, made["cloudShopId"], "")
        found.token = self.token(made["clientId"], made["clientSecret"], found.shop_id)
        if zone:
            run = found.open("info", full=True)
            found.send(run, line("shops", {"timezone": zone, "default_language": "en"}))
        return found

    def token(self, client: str, secret: str, shop_id: str) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": secret,
            "scope": "",
            "audience": f"store/{shop_id} {self.context.settings.base}/accounts",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.request("POST", "/oauth2/token", headers, urlencode(form))
        return str(answer.json["access_token"])

    def vendor_token(self, name: str) -> str:
        with self.context.db.begin("test") as work:
            made = accounts.create_vendor(work, name, self.context.vault)
        form = {
            "grant_type": "client_credentials",
            "client_id": made.client_id,
            "audience": f"https://api.cloudsync.prestashop.com tech-vendor/{name}",
        }
        pair = base64.b64encode(f"{made.client_id}:{made.client_secret}".encode()).decode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"Basic {pair}",
        }
        answer = self.request("POST", "/oauth2/token", headers, urlencode(form))
        return str(answer.json["access_token"])


@dataclass
class Store:
    ground: Ground
    shop_id: str
    token: str

    @property
    def context(self) -> Context:
        return self.ground.context

    def open(self, content: str, *langs: str, full: bool = False) -> store.Run:
        """The run of the only language, as the orchestrator opens it."""
        return self.open_all(content, list(langs) or [""], full=full)[0]

    def open_all(self, content: str, langs: list[str], *, full: bool = False) -> list[store.Run]:
        self.ground.clock.advance(timedelta(seconds=1))
        with self.context.db.begin("test") as work:
            return runs.open_runs(work, self.shop_id, content, langs, full=full)

    def post(
        self,
        path: str,
        body: Any,
        kind: str = f"multipart/form-data; boundary={BOUNDARY}",
        **headers: str,
    ) -> Answer:
        self.ground.clock.advance(timedelta(seconds=1))
        sent = {"Content-Type": kind, "Accept": "application/json"}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ground.request("POST", path, sent, body)

    def send(self, run: store.Run, *lines: bytes, **headers: str) -> Json:
        """An upload that is taken; what became of it."""
        answer = self.post(f"/collector/upload/{run.run_id}", multipart(lines), **headers)
        assert answer.status == 201, answer.body
        found: Json = answer.json
        return found

    def job(self, job_id: str) -> int:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.ground.request("GET", f"/sync-api/job/{job_id}", headers).status

    def settle(
        self, *found: store.Run, languages: Sequence[str] = (), doubt: str = ""
    ) -> list[store.Run]:
        """Nothing remains in any language. Returns the runs to pass again."""
        self.ground.clock.advance(timedelta(seconds=1))
        content = catalogue()[found[0].content]
        shop = cast("Any", SimpleNamespace(shop_id=self.shop_id))
        with self.context.db.begin("test") as work:
            for run in found:
                store.change_run(
                    work.db, self.shop_id, run.run_id, state=store.PASSED, reason=doubt
                )
            under_way = {
                run.run_id: run for run in store.running(work.db, self.shop_id, content.name)
            }
            runners = [
                runs.Runner(self.context, shop, content, languages, under_way[run.run_id], 100)
                for run in found
            ]
            return runs.settle(work, runners, runs.missing(work.db, runners))

    def full(
        self, content: str, *lines: bytes, lang: str = "", languages: Sequence[str] = ()
    ) -> None:
        """A whole full sync of one page in one language."""
        run = self.open(content, lang, full=True)
        self.send(run, *lines, Full_Sync_Requested="1")
        assert self.settle(run, languages=languages) == []

    def changes(self, content: str, *lines: bytes, lang: str = "") -> Json:
        """A whole incremental sync of one page in one language."""
        run = self.open(content, lang)
        found = self.send(run, *lines, Full_Sync_Requested="0")
        self.settle(run)
        return found

    def all_rows(self, content: str) -> list[Json]:
        table = RAW[content]
        query = sa.select(table).where(table.c.shop_id == self.shop_id).order_by(table.c.sort_id)
        with self.context.db.reading() as db:
            return [dict(row) for row in db.execute(query).mappings()]

    def rows(self, content: str) -> dict[str, Json]:
        """Live rows by id."""
        return {r["id"]: r for r in self.all_rows(content) if r["removed_at"] is None}

    def ids(self, content: str) -> list[str]:
        return list(self.rows(content))

    def aside(self) -> list[Json]:
        with self.context.db.reading() as db:
            found: list[Json] = cloudsync.overview(db, self.shop_id)["set_aside"]
            return found


@contextlib.contextmanager
def prepared(engine: str, folder: Path) -> Iterator[Ground]:
    """The server on a free port."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(pg.fresh_database()) if engine == "postgresql" else ""
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        clock = FrozenClock(NOW)
        settings = Settings(
            data=folder, port=port, database_url=url, max_upload=MOST, identity_rate=100_000
        )
        log.configure("error")
        context = build(settings, clock, SeededIds("ground"))
        config = uvicorn.Config(
            make_app(context), log_config=None, lifespan="on", timeout_keep_alive=600
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            eventually(lambda: server.started, 30)
            yield Ground(context, clock, port)
        finally:
            server.should_exit = True
            thread.join()
