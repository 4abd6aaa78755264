"""What a Raw list costs beside its bare SQL and JSON, and how much memory the server takes."""

import statistics
import time
from pathlib import Path

from bench import baselines, wire
from bench.ground import ORDERS, Ground, prepared
from comptoir.cloudsync.tables import RAW
from comptoir.prestashop.records import columns

ROUNDS = 6
PAGES = 300
LARGE = 50_000_000
"""Bytes of a large upload, about."""


def raw_list() -> dict[str, object]:
    with prepared("sqlite") as ground:
        token = _vendor(ground)
        shop = ground.identities[0].shop_id
        request = wire.get(f"/raw/v1/{shop}/orders?limit=100", token)
        names = ["id", *columns(ORDERS), "first_seen_at", "changed_at", "last_synced_at"]
        database = str(ground.server.data / "comptoir.db")
        table = RAW["orders"].name
        ours, theirs = [], []
        with baselines.running("list", database, shop, table, ",".join(names)) as bare:
            for _ in range(ROUNDS):
                ours.append(_page_seconds(ground, request))
                theirs.append(bare())
        mine, base = statistics.median(ours[1:]), statistics.median(theirs[1:])
        return {
            "raw_list_ms": round(mine * 1000, 3),
            "raw_list_baseline_ms": round(base * 1000, 3),
            "raw_list_cost": round(mine / base, 2),
        }


def _page_seconds(ground: Ground, request: bytes) -> float:
    connection = wire.Connection(ground.server.port)
    started = time.perf_counter()
    for _ in range(PAGES):
        connection.ask(request, 200)
    spent = time.perf_counter() - started
    connection.close()
    return spent / PAGES


def _vendor(ground: Ground) -> str:
    """A vendor that every store lets read everything."""
    made = ground.server.cli("vendor", "create", "bench")
    ground.server.cli("module", "register", "--vendor", "bench", "bench", "--contents", "orders")
    shop = ground.identities[0].shop_id
    ground.server.cli("consent", "grant", "--shop", shop, "--module", "bench")
    return ground.server.vendor_token(made)


def memory() -> dict[str, object]:
    """Resident memory of the server: idle after the start, and at most during a large upload."""
    with prepared("sqlite") as ground:
        (job, *_) = ground.open_runs(full=True, records=1)
        size = len(ground.line(0, 0)) + 2
        lines = [ground.line(n, 5) for n in range(LARGE // size)]
        assert ground.server.process is not None
        status = Path(f"/proc/{ground.server.process.pid}/status")
        ground.server.get("/healthz")
        idle = _kilobytes(status, "VmRSS")
        request = wire.upload(job, ground.tokens[0], lines, full=True)
        wire.all_at_once(ground.server.port, [[request]], 201)
        return {
            "idle_rss_mb": round(idle / 1024, 1),
            "upload_50mb_rss_mb": round(_kilobytes(status, "VmHWM") / 1024, 1),
        }


def _kilobytes(status: Path, name: str) -> int:
    (line,) = [line for line in status.read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1])
