"""How fast uploads are taken, against a bare upsert of the same rows into the same table."""

import random
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from bench import baselines, wire
from bench.ground import ORDERS, Ground, prepared
from comptoir.cloudsync.rows import _target
from comptoir.infra.db import dialect, upsert

ROUNDS = 6
CLIENTS = 4
PAGES = 6
"""Uploads of each client in a round."""
PAGE = 1000
SMALL = 50
SMALL_CLIENTS = 16
SMALL_UPLOADS = 40
Pages = list[list[list[bytes]]]
"""Of each client: its pages, and their lines."""


def sqlite() -> dict[str, object]:
    with prepared("sqlite") as ground, tempfile.TemporaryDirectory() as folder:
        rounds = _rounds(ground)
        ground.server.stop()
        copy = Path(folder) / "copy.db"
        shutil.copy(ground.server.data / "comptoir.db", copy)
        ground.server.start()
        told = baselines.job(
            Path(folder),
            pragmas=list(dialect.SQLITE_PRAGMAS),
            sql=upsert._sql(_target(ORDERS), "?"),
            rounds=[_interleaved(ground, pages) for pages in rounds],
        )
        with baselines.running("sqlite", str(copy), told) as bare:
            found = _measured(ground, rounds, bare, "")
        return {**found, **_small(ground)}


def postgresql() -> dict[str, object]:
    with prepared("postgresql") as ground, tempfile.TemporaryDirectory() as folder:
        rounds = _rounds(ground)
        ground.server.stop()
        url = ground.server.environ["COMPTOIR_DATABASE_URL"]
        root, _, name = url.rpartition("/")
        with psycopg.connect(f"{root}/postgres", autocommit=True) as db:
            names = sql.Identifier(f"{name}_bare"), sql.Identifier(name)
            db.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        ground.server.start()
        target = _target(ORDERS)
        told = baselines.job(
            Path(folder),
            table=target.table.name,
            columns=target.columns,
            types=upsert._types(target),
            conflict=upsert._conflict(target),
            rounds=[_interleaved(ground, pages) for pages in rounds],
        )
        try:
            with baselines.running("postgresql", f"{url}_bare", told) as bare:
                return _measured(ground, rounds, bare, "_pg")
        finally:
            with psycopg.connect(f"{root}/postgres", autocommit=True) as db:
                db.execute(sql.SQL("DROP DATABASE {}").format(names[0]))


def _rounds(ground: Ground) -> list[Pages]:
    """Half of the pages hold changed orders from all over the store, as an incremental run brings
    them; half hold new ones in their order, as the first full run does."""
    draw = random.Random(1)
    found = []
    for number in range(ROUNDS):
        pages: Pages = []
        for _ in range(CLIENTS):
            mine = []
            for page in range(PAGES):
                new = ground.orders + (number * PAGES + page) * PAGE
                changed = draw.sample(range(ground.orders), PAGE)
                orders = range(new, new + PAGE) if page % 2 else changed
                mine.append([ground.line(n, number + 1) for n in orders])
            pages.append(mine)
        found.append(pages)
    return found


def _interleaved(ground: Ground, pages: Pages) -> list[list[list[object]]]:
    """The rows of a round's pages, page by page, the clients in turn."""
    return [
        ground.parameters(client, pages[client][page])
        for page in range(PAGES)
        for client in range(CLIENTS)
    ]


def _measured(
    ground: Ground, rounds: list[Pages], bare: Callable[[], float], suffix: str
) -> dict[str, object]:
    """Uploads of changed rows, and the same uploads again, beside rounds of the baseline."""
    ours, again, theirs = [], [], []
    for pages in rounds:
        ours.append(_rate(ground, pages, ground.open_runs(full=True, records=1)))
        again.append(_rate(ground, pages, ground.open_runs(full=True)))
        theirs.append(bare())
    written, seen, base = (statistics.median(found[1:]) for found in (ours, again, theirs))
    return {
        f"ingest{suffix}_rows_s": round(written),
        f"resend{suffix}_rows_s": round(seen),
        f"ingest{suffix}_baseline_rows_s": round(base),
        f"ingest_ratio{suffix}": round(written / base, 3),
        f"resend_ratio{suffix}": round(seen / base, 3),
    }


def _rate(ground: Ground, pages: Pages, jobs: list[str]) -> float:
    """Rows a second."""
    requests = [
        [wire.upload(jobs[c], ground.tokens[c], lines, full=True) for lines in mine]
        for c, mine in enumerate(pages)
    ]
    return CLIENTS * PAGES * PAGE / wire.elapsed(ground.server.port, requests, 201)


def _small(ground: Ground) -> dict[str, object]:
    """The slowest of a hundred uploads of 50 rows, with 16 stores sending at once."""
    jobs = ground.open_runs(full=False)
    found: list[float] = []
    for number in range(ROUNDS):
        requests = []
        for client in range(SMALL_CLIENTS):
            mine = []
            for upload in range(SMALL_UPLOADS):
                start = (number * SMALL_UPLOADS + upload) * SMALL
                lines = [ground.line(n, 1000 + number) for n in range(start, start + SMALL)]
                token = ground.tokens[client]
                mine.append(wire.upload(jobs[client], token, lines, full=False))
            requests.append(mine)
        seconds = sorted(wire.all_at_once(ground.server.port, requests, 201))
        found.append(seconds[int(len(seconds) * 0.99)])
    return {"small_p99_ms": round(statistics.median(found[1:]) * 1000, 1)}
