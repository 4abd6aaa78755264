"""PostgreSQL ends and comes back under load: the server is its client, and lives on."""

import asyncio
import signal

import pytest

from tests.conftest import VERIFY
from tests.faults.places import on_postgresql
from tests.faults.scene import scene
from tests.faults.test_disk import check_log, created


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT] if VERIFY else [signal.SIGQUIT])
def test_postgresql_restarts_under_load(how: signal.Signals) -> None:
    async def scenario() -> None:
        async with scene(comptoir) as play:
            await play.uploads(10)
            await asyncio.to_thread(postgresql.end, how)
            answer = await asyncio.to_thread(created, comptoir)
            assert (answer.status, answer.header("Retry-After")) == (503, "5")
            assert answer.json["error"] == "infra.database_unavailable"
            assert comptoir.get("/healthz").status == 503
            assert comptoir.get("/raw/v1/x/orders", token=play.client.token).status == 503
            before = play.taken
            await asyncio.to_thread(postgresql.start)
            play.check_ledgers()
            await asyncio.to_thread(comptoir.wait_healthy)
            play.live()
            await play.finish()
            assert sum(play.taken) > sum(before)
            assert sum(ledger.answers[500] for ledger in play.ledgers) == 0

    with on_postgresql() as (comptoir, postgresql):
        asyncio.run(scenario())
        check_log(comptoir)
