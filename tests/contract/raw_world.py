"""A running server with stores whose rows came through the decoder and the merge, for the Raw API.

Stores by name: `1.6`, `1.7` and `8` hold the captured payloads; `made` holds made rows of all 35
contents; `foreign` consented to another vendor only; `partly` to products only; `empty` sent
nothing. The tests' vendor is `acme`.
"""

import base64
import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import uvicorn

from comptoir.accounts import create_vendor, grant, register_module
from comptoir.accounts.rules import Shop
from comptoir.accounts.store import add_organisation, save_shop
from comptoir.app.asgi import make_app
from comptoir.app.wiring import build
from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.cloudsync.merge import apply
from comptoir.cloudsync.raw.api import list_rows
from comptoir.cloudsync.rows import Batch
from comptoir.infra.http.auth import Access, Caller
from comptoir.infra.http.context import Context
from comptoir.infra.settings import Settings
from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.records import read_line
from tests import pg
from tests.contract.raw_reference import MADE_ROWS, captured_lines, made_lines
from tests.eventually import eventually

VENDOR = "acme"
NOW = datetime(2026, 1, 31, 9, 0, 0, 250_000, tzinfo=UTC)
VERSIONS = ("1.6", "1.7", "8")
AUDIENCE = "https://api.cloudsync.prestashop.com tech-vendor/"


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class World:
    context: Context
    clock: FrozenClock
    port: int
    token: str = ""
    shops: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, bearer: str | None = None, /, **query: Any) -> Answer:
        """GET with the vendor's token, another one, or (`""`) none."""
        bearer = self.token if bearer is None else bearer
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        asked = f"{path}?{urlencode(query)}" if query else path
        return self.request("GET", asked, headers)

    def request(
        self, method: str, path: str, headers: dict[str, str], body: str | bytes = ""
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode())
        finally:
            connection.close()

    def path(self, shop: str, collection: str, row: str = "") -> str:
        return f"/raw/v1/{self.shops[shop]}/{collection}" + (f"/{row}" if row else "")

    def page(self, shop: str, collection: str, /, **query: Any) -> dict[str, Any]:
        answer = self.get(self.path(shop, collection), **query)
        assert answer.status == 200, (collection, query, answer.text)
        found: dict[str, Any] = answer.json
        return found

    def listed(self, shop: str, collection: str, /, **query: Any) -> dict[str, Any]:
        """As `page`, without HTTP and so several times as fast: for what is not about HTTP."""
        content = next(c for c in catalogue().values() if c.path == collection)
        with self.context.db.reading() as db:
            body = list_rows(
                db,
                content,
                self.shops[shop],
                Caller(Access.VENDOR, "", vendor=VENDOR),
                urlencode(query).encode(),
                self.context.settings.base,
                self.context.vault,
            )
        found: dict[str, Any] = json.loads(body)
        return found

    def ids(self, shop: str, collection: str, /, **query: Any) -> list[str]:
        """The ids of the rows found, in their order."""
        found = self.page(shop, collection, **({"limit": 1000} | query))
        assert found["total"] == len(found["items"]) or "limit" in query or "offset" in query
        return [row["id"] for row in found["items"]]

    def add_shop(self, name: str) -> str:
        shop_id = str(self.context.ids.uuid())
        with self.context.db.begin("tests") as work:
            add_organisation(work.db, f"org-{shop_id}", name, work.now_ms)
            at = work.now_ms
            save_shop(
                work.db,
                Shop(
                    shop_id=shop_id,
                    organisation_id=f"org-{shop_id}",
                    client_id=f"c-{shop_id}",
                    name=name,
                    frontend_url=f"https://{shop_id}.example",
                    back_office_url="",
                    multi_shop_id="1",
                    verified=True,
                    error_code="",
                    point_of_contact_uuid=None,
                    point_of_contact_email=None,
                    prestashop_version="8.0.0",
                    module_version="4.0.0",
                    created_at=at,
                    updated_at=at,
                    verified_at=at,
                    unverified_at=None,
                ),
            )
        self.shops[name] = shop_id
        return shop_id

    def consent(self, shop: str, module: str, contents: list[str] | None = None) -> None:
        with self.context.db.begin("tests") as work:
            grant(work, self.shops[shop], module, contents)

    def ingest(
        self, shop: str, lines: Iterable[bytes], zone: str = "Europe/Paris", lang: str = ""
    ) -> None:
        """Apply upload lines as an upload does."""
        with self.context.db.begin("tests") as work:
            batch = Batch(work.db, self.shops[shop], "run", lang, work.now_ms)
            apply(batch, [r for line in lines for r in read_line(line, ZoneInfo(zone))])

    def vendor(self, name: str, module: str, contents: list[str]) -> str:
        """A vendor with one module. Returns an access token of it."""
        with self.context.db.begin("tests") as work:
            made = create_vendor(work, name, self.context.vault)
            register_module(work, name, module, contents)
        return self.issued(
            {"audience": AUDIENCE + name},
            {"clientId": made.client_id, "clientSecret": made.client_secret},
        )

    def store_token(self, made: dict[str, Any]) -> str:
        """Of a store, from the answer that its identity came with."""
        audience = f"store/{made['cloudShopId']} {self.context.settings.base}/accounts"
        return self.issued({"audience": audience}, made)

    def issued(self, form: dict[str, str], client: dict[str, Any]) -> str:
        name = client["clientId"]
        basic = base64.b64encode(f"{name}:{client['clientSecret']}".encode()).decode()
        answer = self.request(
            "POST",
            "/oauth2/token",
            {
                "Authorization": f"Basic {basic}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            urlencode({**form, "client_id": name, "grant_type": "client_credentials"}),
        )
        assert answer.status == 200, answer.text
        return str(answer.json["access_token"])


@contextlib.contextmanager
def running(engine: str, folder: Path, **changes: Any) -> Iterator[World]:
    """A server on a free port, with nothing in it but the migrations. `changes`: settings."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(pg.fresh_database()) if engine == "postgresql" else ""
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        clock = FrozenClock(NOW)
        settings = Settings(data=folder, port=port, database_url=url, log_level="error", **changes)
        context = build(settings, clock, SeededIds("raw"))
        config = uvicorn.Config(
            make_app(context), log_config=None, lifespan="on", timeout_keep_alive=600
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            eventually(lambda: server.started, 30)
            yield World(context, clock, port)
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def small_world(engine: str, folder: Path) -> Iterator[World]:
    """The server with the stores `made` and `partly`."""
    with running(engine, folder) as made:
        made.token = made.vendor(VENDOR, "acme_all", list(catalogue()))
        made.add_shop("made")
        made.ingest("made", made_lines(MADE_ROWS))
        made.consent("made", "acme_all")
        made.add_shop("partly")
        made.consent("partly", "acme_all", ["products", "order_status_history"])
        yield made


@contextlib.contextmanager
def world(engine: str, folder: Path) -> Iterator[World]:
    """The server with all stores of this module's description."""
    with small_world(engine, folder) as made:
        made.vendor("other", "other_all", list(catalogue()))
        for version in VERSIONS:
            made.add_shop(version)
            made.consent(version, "acme_all")
            made.ingest(version, captured_lines(version))
        made.add_shop("foreign")
        made.ingest("foreign", made_lines(MADE_ROWS))
        made.consent("foreign", "other_all")
        made.add_shop("empty")
        made.consent("empty", "acme_all")
        yield made
