"""SIGKILL at random moments of a sync: nothing acknowledged is lost, nothing applied twice."""

import asyncio
import json
import os
import random
import secrets
import signal
import subprocess
from statistics import median

from comptoir.prestashop.catalogue import catalogue
from tests import server
from tests.conftest import VERIFY
from tests.faults.ledger import Records
from tests.faults.scene import QUICK, Scene, scene

KILLS = 20 if VERIFY else 3
SEED = os.environ.get("COMPTOIR_TEST_SEED") or secrets.token_hex(4)
"""Of the moments; give it again to see the same ones, as far as two processes ever do the same."""
FIRST_GUESS = 0.02
GLANCE = 0.001
PATIENCE = 100
Changes = dict[tuple[str, str], tuple[bytes, int]]


class Uploads:
    """Follows the server's log: uploads that were opened, not yet committed or answered."""

    def __init__(self, comptoir: server.Server) -> None:
        self._path = comptoir.folder / "server.log"
        self._read = self._path.stat().st_size
        self._open: set[str] = set()

    def open(self) -> set[str]:
        with self._path.open("rb") as log:
            log.seek(self._read)
            whole = log.read().rpartition(b"\n")[0]
        self._read += len(whole) + (1 if whole else 0)
        for line in map(json.loads, whole.splitlines()):
            if line["event"] == "upload opened":
                self._open.add(line["request_id"])
            elif line["event"] in ("upload committed", "request"):
                self._open.discard(line["request_id"])
        return self._open


def held(process: "subprocess.Popen[bytes]") -> bool:
    """Stop it where it is: what it logged until then is all that it did."""
    process.send_signal(signal.SIGSTOP)
    ended = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    return ended is not None and ended.si_code == os.CLD_STOPPED


async def killed(play: Scene, rng: random.Random, *, aimed: bool) -> bool:
    """End the server a random while after a random upload began, drawn over the time that uploads
    take; `aimed`: as soon after that as it can be held with an upload open. Returns whether
    one was, by the log."""
    loop, process = asyncio.get_running_loop(), play.comptoir.process
    assert process is not None
    uploads = Uploads(play.comptoir)
    seconds = [s for ledger in play.ledgers for s in ledger.seconds[-20:]]
    delay = rng.random() * (median(seconds) if seconds else FIRST_GUESS)
    left = rng.randint(1, 12)
    done = asyncio.Event()

    def end() -> None:
        if aimed and not (uploads.open() and held(process) and uploads.open()):
            process.send_signal(signal.SIGCONT)
            loop.call_later(GLANCE, end)
            return
        process.send_signal(signal.SIGKILL)
        done.set()

    def begun() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            loop.call_later(delay, end)

    for ledger in play.ledgers:
        ledger.begun = begun
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    await asyncio.to_thread(play.comptoir.kill)
    return bool(uploads.open())


async def scenario(comptoir: server.Server, rng: random.Random) -> None:
    async with scene(comptoir) as play:
        inside = 0
        before: list[Changes] = [{} for _ in play.ledgers]
        for number in range(KILLS):
            hit = await killed(play, rng, aimed=number % 4 > 0)
            inside += hit
            print(f"kill {number + 1}: {'inside' if hit else 'outside'} an open upload")
            play.check_ledgers()
            before = changes(play, before)
            await asyncio.to_thread(comptoir.start)
            play.live()
            await play.trigger()
        await play.finish()
        changes(play, before)
        print(f"{inside} of {KILLS} kills fell inside an open upload")
        assert inside * 2 >= KILLS


def changes(play: Scene, before: list[Changes]) -> list[Changes]:
    """A row that says what it said has not changed again: to send it twice applies it once."""
    records = Records(play.comptoir)
    try:
        found = [records.changes(ledger.store) for ledger in play.ledgers]
    finally:
        records.close()
    for ledger, now, then in zip(play.ledgers, found, before, strict=True):
        stable = {
            (key[0], "-".join(key[1:]))
            for key, rows in ledger.seen.items()
            # A row of a parent may go by its absence from a batch, and come again.
            if len(rows) < 2 and key not in ledger.ended
            if not catalogue()[key[0]].shape.whole_parent
        }
        again = [row for row in stable & then.keys() & now.keys() if now[row] != then[row]]
        assert not again
    return found


def test_nothing_acknowledged_is_lost_by_sigkill(engine: str) -> None:
    print(f"seed {SEED}: COMPTOIR_TEST_SEED={SEED} draws the same moments")
    with server.running(engine, **QUICK) as comptoir:
        asyncio.run(scenario(comptoir, random.Random(f"{SEED}/{engine}")))
