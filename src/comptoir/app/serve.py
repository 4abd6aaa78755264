"""`comptoir serve`: API, worker and console in one process, ended cleanly by SIGTERM."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import uvicorn

from comptoir.app.asgi import make_app
from comptoir.app.wiring import build
from comptoir.infra import log
from comptoir.infra.settings import Settings

GRACE = 10
"""Seconds that requests under way have to end."""


class Server(uvicorn.Server):
    """uvicorn, but a signal it was asked to end by is not raised again: we end with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        yield

    def _end(self) -> None:
        self.should_exit = True


def run(settings: Settings) -> int:
    """Serve until told to end. Returns the exit status."""
    log.configure(settings.log_level)
    context = build(settings)
    config = uvicorn.Config(
        make_app(context),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=30,
        lifespan="on",
    )
    server = Server(config)
    log.logger("server").info("starting", base=settings.base, database=context.db.dialect)
    server.run()
    return 0 if server.started else 1
