"""The worker stops when told to, whatever it is doing at that moment."""

import asyncio
from pathlib import Path

import pytest

from comptoir.app.wiring import build
from comptoir.app.worker import Worker
from comptoir.infra.settings import Settings


@pytest.mark.parametrize("turns", range(5))
def test_it_stops_although_it_was_called_at_the_same_moment(tmp_path: Path, turns: int) -> None:
    async def scenario() -> None:
        context = build(Settings(data=tmp_path))
        worker = Worker(context)
        await worker.start()
        try:
            for _ in range(20):
                await context.db.read(lambda db: None)  # long enough to have nothing left to do
            context.wake()
            for _ in range(turns):
                await asyncio.sleep(0)
            async with asyncio.timeout(10):
                await worker.stop()
        finally:
            await context.outbound.close()
            context.db.close()

    asyncio.run(scenario())
