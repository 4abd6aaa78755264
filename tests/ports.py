"""Ports for what tests start: no two processes are ever given the same one.

A port is chosen first and bound later, by another process; and a server that restarts must find it
free. So they stand below those that the system gives out, and a file shared by all test processes
of this user says which was given last.
"""

import fcntl
import os
import socket
import tempfile
from pathlib import Path

FIRST, AFTER = 15_000, 30_000
"""Below the ports of outgoing connections (from 32768 on Linux, from 49152 on macOS)."""

GIVEN = Path(tempfile.gettempdir()) / f"comptoir-test-port-{os.getuid()}"


def free_port() -> int:
    """A port of 127.0.0.1 where nobody listens, and that is given to nobody else until all others
    were."""
    while True:
        port = _next()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _next() -> int:
    with GIVEN.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        last = file.read().strip()
        port = int(last) + 1 if last.isdecimal() else FIRST
        port = port if FIRST <= port < AFTER else FIRST
        file.truncate(0)
        file.write(str(port))
        return port
