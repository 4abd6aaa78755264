"""`comptoir serve`: API, worker and console in one process, ended cleanly by SIGTERM."""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn

from comptoir.app.asgi import make_app
from comptoir.app.protocol import door
from comptoir.app.wiring import build
from comptoir.app.worker import Worker
from comptoir.cli.shared import note
from comptoir.infra import log
from comptoir.infra.settings import Settings

GRACE = 10
"""Seconds that requests under way have to end."""


class Server(uvicorn.Server):
    """uvicorn, but a signal it was asked to end by is not raised again: we end with status 0."""

    def __init__(self, config: uvicorn.Config, worker: Worker, base: str) -> None:
        super().__init__(config)
        self._worker = worker
        self._base = base

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Whoever starts it by hand is told where to go; the log says it to programs."""
        await super().startup(sockets)
        if self.started and sys.stderr.isatty():
            note(f"people sign up and in at {self._base}/account; Ctrl-C ends the server")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        yield

    def _end(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop calling stores first: their uploads would find the door closed."""
        await self._worker.stop()
        await super().shutdown(sockets)


HANDED_OVER = 0.0005
"""Seconds after which a thread that waits for the interpreter gets it: the database's threads want
it often and briefly, beside one that reads uploads."""


def _collect_seldom() -> None:
    """What the start made stays: the garbage collector need not look at it again. A batch makes
    many objects and no circles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _allow_many_files() -> None:
    """A socket is a file: as many as the system lets us, for thousands of stores."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def run(settings: Settings) -> int:
    """Serve until told to end. Returns the exit status.

    Raises: VaultError, before anything is served, when the secret key is not this database's.
    """
    log.configure(settings.log_level)
    context = build(settings)
    asyncio.run(context.signer.ready())
    _allow_many_files()
    sys.setswitchinterval(HANDED_OVER)
    _collect_seldom()
    worker = Worker(context)
    config = uvicorn.Config(
        make_app(context, worker),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=door(settings),
        ws="none",
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=sorted(settings.trusted_proxies),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=30,
        lifespan="on",
    )
    server = Server(config, worker, settings.base)
    log.logger("server").info("starting", base=settings.base, database=context.db.dialect)
    try:
        server.run()
    except SystemExit:  # uvicorn's way to give up; it has logged why
        return 1
    return 0 if server.started else 1
