"""A server in a process of its own, for the demo: started, awaited, ended with SIGTERM."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping

import aiohttp
from rich.console import Console

from comptoir.base.clock import monotonic
from comptoir.infra.settings import Settings

screen = Console(highlight=False, width=None if sys.stdout.isatty() else 150)


class DemoFailed(Exception):
    """Something did not come out right. The text says what."""


def free_port(wanted: int) -> int:
    """`wanted` if nobody listens there, else any free port."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def server(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[None]:
    """A real server process, ended with SIGTERM."""
    log = settings.data / "server.log"
    command = [sys.executable, "-m", "comptoir.app.main", "serve", "--port", str(settings.port)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=dict(environ), stderr=file)  # noqa: ASYNC220, S603
    try:
        await _answering(settings.base, process)
        screen.print(f"server on [bold]{settings.base}[/], data in {settings.data}")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(process.wait, 20)
        screen.print(f"server ended with status {status}")


async def _answering(base: str, process: "subprocess.Popen[bytes]") -> None:
    until = monotonic() + 30
    async with aiohttp.ClientSession() as session:
        while monotonic() < until and process.poll() is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{base}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise DemoFailed("the server did not start: see its log above")
