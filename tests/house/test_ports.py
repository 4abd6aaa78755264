"""No two test processes are given one port."""

import subprocess
import sys

from tests import ports
from tests.fixtures import REPO


def test_processes_are_given_different_ports() -> None:
    asks = "from tests.ports import free_port\nfor _ in range(200): print(free_port())"
    running = [
        subprocess.Popen([sys.executable, "-c", asks], cwd=REPO, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    given = [int(line) for process in running for line in process.communicate()[0].split()]

    assert len(given) == 800
    assert len(set(given)) == 800
    assert all(ports.FIRST <= port < ports.AFTER for port in given)
