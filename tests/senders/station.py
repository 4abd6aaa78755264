"""A real server, a store that sends what no agent should, and another one that must not notice.

Runs are opened in the database beside the server: the stores here have no agent to be called.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from comptoir.base.clock import SystemClock, monotonic
from comptoir.base.ids import SystemIds
from comptoir.cloudsync import runs
from comptoir.cloudsync.tables import RAW
from comptoir.infra.database import Database
from comptoir.infra.settings import load
from tests.cloudsync.ground import BOUNDARY, line, multipart
from tests.server import Answer, Server

PART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
    "Content-Type: text/plain\r\n\r\n"
).encode()
END = f"\r\n--{BOUNDARY}--\r\n".encode()
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
MEGABYTE = 1 << 20
ROOM = 150 * MEGABYTE
"""How far above idle the server's memory may rise."""
WORST = 20.0
"""Seconds that another store's request may take meanwhile."""


@dataclass
class Station:
    server: Server
    idle: int = 0
    """Bytes of memory of the server when it has done nothing."""
    stores: int = 0

    def store(self) -> "Store":
        self.stores += 1
        made = self.server.create_identity(f"https://shop{self.stores}.example")
        return Store(self, made.shop_id, self.server.store_token(made))

    def _memory(self, name: str) -> int:
        assert self.server.process is not None
        text = Path(f"/proc/{self.server.process.pid}/status").read_text("ascii")
        found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024

    def settle(self) -> None:
        """Note what the server takes when idle."""
        self.idle = self._memory("VmRSS")

    @contextlib.contextmanager
    def modest(self) -> Iterator[None]:
        """The server's memory stays within ROOM of idle, at every moment."""
        assert self.server.process is not None and self.idle
        Path(f"/proc/{self.server.process.pid}/clear_refs").write_text("5")
        yield
        risen = self._memory("VmHWM") - self.idle
        assert risen < ROOM, f"{risen / MEGABYTE:.0f} MB above idle"

    @contextlib.contextmanager
    def others_served(self, other: "Store") -> Iterator[list[float]]:
        """Another store checks its job and uploads all the while, and waits for nothing."""
        job, done, waits = other.open("customers"), threading.Event(), list[float]()

        def ask() -> None:
            while not done.is_set() or not waits:
                began = monotonic()
                assert other.job(job) == 201
                sent = line("customers", {"id_customer": len(waits) + 1})
                assert other.upload(job, multipart([sent])).status == 201
                waits.append(monotonic() - began)
                done.wait(0.02)

        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(ask)
            try:
                yield waits
            finally:
                done.set()
                asking.result()
        assert max(waits) < WORST, f"another store waited {max(waits):.1f} s"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), 60)


@dataclass
class Store:
    station: Station
    shop_id: str
    token: str

    @property
    def server(self) -> Server:
        return self.station.server

    @contextlib.contextmanager
    def _database(self) -> Iterator[Database]:
        url = load(environ=self.server.environ).database
        database = Database(url, SystemClock(), SystemIds())
        try:
            yield database
        finally:
            database.close()

    def open(self, content: str, *, full: bool = False) -> str:
        """A job of this store under way."""
        with self._database() as database, database.begin("test") as work:
            (run,) = runs.open_runs(work, self.shop_id, content, [""], full=full)
        return run.run_id

    def rows(self, content: str, *names: str) -> list[tuple[Any, ...]]:
        """These columns of the store's live rows."""
        table = RAW[content]
        columns = [table.c[name] for name in names]
        query = sa.select(*columns).where(table.c.shop_id == self.shop_id)
        with self._database() as database, database.reading() as db:
            found = db.execute(query.where(table.c.removed_at.is_(None)).order_by(table.c.sort_id))
            return [tuple(row) for row in found]

    def job(self, job: str) -> int:
        return self.server.get(f"/sync-api/job/{job}", token=self.token).status

    def upload(
        self, job: str, body: bytes, kind: str = MULTIPART, headers: Mapping[str, str] | None = None
    ) -> Answer:
        return self.server.request(
            "POST",
            f"/collector/upload/{job}",
            body=body,
            token=self.token,
            headers={"Content-Type": kind, **(headers or {})},
        )

    def head(self, job: str, *headers: str) -> bytes:
        """The start of an upload, for who writes the rest to the socket."""
        lines = (
            f"POST /collector/upload/{job} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {self.token}",
            f"Content-Type: {MULTIPART}",
            *headers,
        )
        return "\r\n".join((*lines, "", "")).encode()

    def set_aside(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.server.quick_cli("store", "aside", self.shop_id)
        return found

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.quick_cli("store", "show", self.shop_id)
        return found


def read_all(connection: socket.socket) -> bytes:
    """All that comes until the other side ends the connection."""
    text = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            text += part
    return text


def parse(text: bytes) -> tuple[int, dict[str, str], bytes]:
    """(status, headers by name in lower case, body) of an answer."""
    head, blank, body = text.partition(b"\r\n\r\n")
    assert blank, text[:500]
    first, *rest = head.decode("ascii").split("\r\n")
    pairs = (each.partition(":") for each in rest)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, body


def chunked(parts: Iterable[bytes]) -> Iterator[bytes]:
    """As Transfer-Encoding: chunked writes them."""
    for part in parts:
        yield b"%x\r\n%s\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


def send_all(connection: socket.socket, parts: Iterable[bytes]) -> bytes:
    """Write until the other side answers or closes, and read to the end, as curl does."""
    got = b""
    connection.setblocking(True)
    try:
        for part in parts:
            connection.sendall(part)
            connection.setblocking(False)
            try:
                got = connection.recv(65536)
                break
            except BlockingIOError:
                pass
            finally:
                connection.setblocking(True)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return got + read_all(connection)
