"""`comptoir serve` as somebody starts it by hand: in a terminal."""

import os
import pty
import subprocess
import sys

from tests.eventually import eventually
from tests.server import prepared


def test_a_terminal_is_told_where_to_go() -> None:
    with prepared("sqlite") as server:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "comptoir.app.main", "serve", "--port", str(server.port)]
        server.process = subprocess.Popen(
            command, env=server.environ, stdout=subprocess.DEVNULL, stderr=theirs
        )
        os.close(theirs)
        said = b""
        while f"{server.base}/account; Ctrl-C".encode() not in said:
            said += os.read(ours, 4096)  # the log's lines too; an error when it ended
        eventually(server.healthy)
        assert server.stop() == 0
        os.close(ours)


def test_a_program_is_told_by_the_log_alone() -> None:
    with prepared("sqlite") as server:
        server.start()
        assert server.log[0]["base"] == server.base, "every line is JSON"
        assert server.stop() == 0
