"""The clock jumps by a day: nothing waits for the day to pass, and nothing runs wild."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from comptoir.base.clock import SystemClock, monotonic
from tests import server
from tests.conftest import ENGINES, VERIFY
from tests.faults.scene import QUICK, WITHIN, scene

LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")
DAY = timedelta(days=1)
ALWAYS = 1e9
"""As a debounce, with a minus: the store's module sends each hint, whatever its own clock says."""


class MovedClock:
    """The machine's clock, set by the test."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return SystemClock().now() + self.offset


def library() -> str:
    found = [path for pattern in LIBRARIES for path in Path("/").glob(pattern[1:])]
    assert found, "libfaketime is not installed: run `make env`"
    return str(found[0])


def jump(clock: MovedClock, file: Path, offset: timedelta) -> None:
    """The clock of the machine is set: the server's, and the stores' beside it."""
    file.with_suffix(".new").write_text(f"{int(offset.total_seconds()):+d}s\n")
    file.with_suffix(".new").replace(file)
    clock.offset = offset


JUMPS = [(engine, direction) for engine in ENGINES for direction in (1, -1)]
SLICE = [("sqlite", -1)]


@pytest.mark.parametrize(("engine", "direction"), JUMPS if VERIFY else SLICE)
def test_the_clock_jumps_by_a_day(engine: str, tmp_path: Path, direction: int) -> None:
    file, clock = tmp_path / "time", MovedClock()
    file.write_text("+0s\n")

    async def scenario() -> None:
        async with scene(comptoir, stores=1, clock=clock, debounce_seconds=-ALWAYS) as play:
            await play.uploads(8)
            before = play.calls()
            jump(clock, file, direction * DAY)
            await play.finish(clock)
            assert play.calls() - before < 1000
            # At rest, what a hint brings does not wait for the old time to come again.
            play.sim._world.hint_seconds = WITHIN  # none of them is lost
            play.live()
            await play.finish(clock, trigger=False)
            quiet = play.calls()
            until = monotonic() + 3
            await play.until(lambda: monotonic() > until)
            assert play.calls() - quiet < 50

    with server.prepared(engine, **QUICK) as comptoir:
        comptoir.environ.update(
            LD_PRELOAD=library(),
            FAKETIME_TIMESTAMP_FILE=str(file),
            FAKETIME_CACHE_DURATION="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        )
        comptoir.start()
        asyncio.run(scenario())
        assert not [line for line in comptoir.log if "exception" in line]
