"""Where data lie so that something can happen to them: a small disk, a PostgreSQL of one's own."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests import pg, server
from tests.eventually import eventually
from tests.faults.scene import QUICK


@contextlib.contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of that size at `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    how = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "comptoir-test", folder]
    subprocess.run(how, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Write until nothing more fits. Remove the file to make room again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return ballast


class Cluster:
    """A PostgreSQL that no other test uses: it may be ended and started at the same address."""

    def __init__(self) -> None:
        self.server = pg.start()

    @property
    def data(self) -> Path:
        return self.server.home / "data"

    def backends(self) -> list[int]:
        """The processes that serve connections."""
        with psycopg.connect(f"{self.server.url}/postgres") as db:
            mine = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
            found = db.execute(f"SELECT pid FROM pg_stat_activity WHERE {mine}").fetchall()
        return [row[0] for row in found]

    def end(self, how: signal.Signals) -> None:
        """SIGINT: a fast shutdown. SIGQUIT: at once, to recover when it starts again."""
        self.server.process.send_signal(how)
        self.server.process.wait(60)

    def start(self) -> None:
        self.server = pg.start_again(self.server)


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    try:
        yield made
    finally:
        made.server.stop()


@contextlib.contextmanager
def on_postgresql(**changes: str) -> Iterator[tuple[server.Server, Cluster]]:
    """A server on a PostgreSQL of its own."""
    with cluster() as postgresql:
        url = f"{postgresql.server.url}/postgres"
        with server.running(database_url=url, **QUICK, **changes) as comptoir:
            yield comptoir, postgresql


def traced(processes: list[int], *options: str) -> "subprocess.Popen[bytes]":
    """strace at processes and all their threads, attached when this returns."""
    pids = [part for process in processes for part in ("-p", str(process))]
    command = ["strace", "-f", "-qq", "-o", os.devnull, *options, *pids]
    tracer = subprocess.Popen(command)
    tasks = [Path(f"/proc/{process}/task") for process in processes]

    def attached() -> bool:
        if tracer.poll() is not None:
            assert tracer.returncode == 0, "strace could not attach: is ptrace allowed here?"
            return True  # what it did to the processes has ended them all
        with contextlib.suppress(OSError):
            states = [(t / "status").read_text() for place in tasks for t in place.iterdir()]
            return all(f"TracerPid:\t{tracer.pid}" in state for state in states)
        return False

    eventually(attached)
    return tracer


def released(tracer: "subprocess.Popen[bytes]") -> None:
    tracer.terminate()
    tracer.wait(20)
