"""Starts a baseline in a process of its own and has it run a round when asked."""

import contextlib
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent


@contextlib.contextmanager
def running(name: str, *arguments: str) -> Iterator[Callable[[], float]]:
    """Call what this gives for one round: the figure that the baseline prints of it."""
    command = [sys.executable, str(HERE / f"baseline_{name}.py"), *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdin and process.stdout

    def one_round() -> float:
        assert process.stdin and process.stdout
        process.stdin.write("go\n")
        process.stdin.flush()
        printed = process.stdout.readline()
        if not printed:
            raise RuntimeError(f"the baseline {name} ended")
        return float(printed)

    try:
        yield one_round
    finally:
        process.stdin.close()
        process.wait(60)


def job(folder: Path, **told: object) -> str:
    """A file that tells a baseline its job."""
    path = folder / "job.pickle"
    path.write_bytes(pickle.dumps(told, pickle.HIGHEST_PROTOCOL))
    return str(path)
