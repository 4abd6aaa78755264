"""The disk is full, or fails: a clear error, nothing lost, and it goes on by itself."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from tests import server
from tests.eventually import eventually, eventually_async
from tests.faults.places import cluster, disk, fill, on_postgresql, released, traced
from tests.faults.scene import QUICK, scene
from tests.server import Answer, Server

MEGABYTES = 32
UNAVAILABLE = "infra.database_unavailable"


def created(comptoir: Server) -> Answer:
    """A small write: one more store."""
    described = {"backOfficeUrl": "https://a.example/b", "frontendUrl": "https://a.example"}
    body = described | {"multiShopId": 1, "name": "Demo"}
    return comptoir.post("/accounts/v1/shop-identities", body)


def refused(answer: Answer, *reasons: str) -> None:
    assert answer.status == 503
    assert answer.header("Retry-After") == "5"
    assert answer.json["error"] == UNAVAILABLE
    assert answer.json["message"] in {
        f"The database is not available: {reason}. Send the request again in 5 s."
        for reason in reasons
    }


def check_log(comptoir: Server, *reasons: str) -> None:
    """It was said in lines of their own, and nothing else went wrong."""
    said = [line for line in comptoir.log if line["event"] == "database unavailable"]
    assert {line["reason"] for line in said} >= set(reasons)
    assert all(line["level"] == "error" and line["error"] for line in said)
    assert [line for line in comptoir.log if line["event"] == "database serves again"]
    assert not [line for line in comptoir.log if "exception" in line]


@contextlib.contextmanager
def small(engine: str) -> Iterator[tuple[Server, Path]]:
    """A server whose tables lie on a small disk, and that disk."""
    settings = QUICK | {"identity_rate": "100000"}
    if engine == "sqlite":
        with server.prepared(**settings) as comptoir, disk(comptoir.data, MEGABYTES) as place:
            comptoir.start()
            yield comptoir, place
            comptoir.stop()
        return
    with cluster() as postgresql, disk(postgresql.server.home / "small", MEGABYTES) as place:
        tables = place / "tables"
        tables.mkdir()
        owner = postgresql.data.stat()
        shutil.chown(tables, owner.st_uid, owner.st_gid)
        with psycopg.connect(f"{postgresql.server.url}/postgres", autocommit=True) as admin:
            admin.execute(f"CREATE TABLESPACE small LOCATION '{tables}'")
            admin.execute("CREATE DATABASE small TEMPLATE template0 TABLESPACE small")
        url = f"{postgresql.server.url}/small"
        with server.running(database_url=url, **settings) as comptoir:
            yield comptoir, place
        postgresql.server.stop()


def test_a_full_disk(engine: str) -> None:
    async def scenario(comptoir: Server, place: Path) -> None:
        async with scene(comptoir) as play:
            await play.uploads(10)
            ballast = await asyncio.to_thread(fill, place)

            async def full() -> Answer | None:
                answer = await asyncio.to_thread(created, comptoir)
                return answer if answer.status != 201 else None

            async def known() -> bool:
                """Perhaps not at once: a checkpoint that was under way makes room once more."""
                await full()
                health = await asyncio.to_thread(comptoir.get, "/healthz")
                return (health.status, health.json.get("code")) == (503, UNAVAILABLE)

            # PostgreSQL may also refuse the connection: its own files of it find no room.
            reasons = ["its disk is full"] + ["there is no connection to it"] * (engine != "sqlite")
            refused(await eventually_async(full, 60), *reasons)
            if engine == "sqlite":
                await eventually_async(known, 60)
            play.check_ledgers()
            ballast.unlink()
            await asyncio.to_thread(comptoir.wait_healthy)
            await play.finish()
            assert sum(ledger.answers[500] for ledger in play.ledgers) == 0

    with small(engine) as (comptoir, place):
        asyncio.run(scenario(comptoir, place))
        check_log(comptoir, *["its disk is full"] * (engine == "sqlite"))


async def failing(processes: list[int], seen: Callable[[], bool]) -> None:
    """Let fsync fail in these processes until that is `seen`."""
    inject = "inject=fsync,fdatasync:error=EIO"
    tracer = await asyncio.to_thread(traced, processes, "-e", inject)
    try:
        await asyncio.to_thread(eventually, seen, 60)
    finally:
        await asyncio.to_thread(released, tracer)


def test_fsync_fails(engine: str) -> None:
    async def scenario(
        comptoir: Server, processes: Callable[[], list[int]], seen: Callable[[], bool]
    ) -> None:
        async with scene(comptoir) as play:
            await play.uploads(10)
            await failing(processes(), seen)
            await asyncio.to_thread(comptoir.wait_healthy)
            play.check_ledgers()
            play.live()
            await play.finish()

    if engine == "sqlite":
        with server.running(**QUICK) as comptoir:
            process = comptoir.process
            assert process is not None

            def said() -> bool:
                answer = created(comptoir)
                refused(answer, "its disk fails")
                return True

            asyncio.run(scenario(comptoir, lambda: [process.pid], said))
            check_log(comptoir, "its disk fails")
    else:
        with on_postgresql() as (comptoir, postgresql):
            log = postgresql.server.home / "log"

            def panicked() -> bool:
                created(comptoir)  # something to write, however late the tracer comes
                return "PANIC:  could not fdatasync file" in log.read_text()

            asyncio.run(scenario(comptoir, postgresql.backends, panicked))
            check_log(comptoir)
