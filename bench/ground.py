"""A server with stores and a table of a million orders, and what the stores send it."""

import asyncio
import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from comptoir.app.wiring import build
from comptoir.cloudsync import runs
from comptoir.cloudsync.rows import Batch, _count, _parameters, _target
from comptoir.infra.db.upsert import upsert_all
from comptoir.infra.settings import load
from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.records import Upsert, read_lines
from comptoir.simulator import Simulation
from tests import server as processes

ORDERS = catalogue()["orders"]
ROWS = 1_000_000
STORES = 16
UTC = ZoneInfo("UTC")
FILL = 20_000


@dataclass
class Ground:
    """A server process, its stores, and the orders that each store has."""

    server: processes.Server
    identities: list[processes.Identity]
    templates: list[dict[str, object]]
    tokens: list[str] = field(default_factory=list)
    orders: int = ROWS // STORES
    """Orders of each store."""

    def line(self, number: int, version: int) -> bytes:
        """The order of that number as the agent sends it; another version is a changed row."""
        row = dict(self.templates[number % len(self.templates)])
        row.update(id_order=number, reference=f"R{number:09d}", total_paid_tax_incl=version)
        record = {"action": "upsert", "collection": "orders", "properties": row}
        return json.dumps(record, separators=(",", ":")).encode()

    def parameters(self, store: int, lines: Sequence[bytes]) -> list[list[object]]:
        """The rows that these lines become, in the order of the columns."""
        batch = Batch(None, self.identities[store].shop_id, "b" * 32, "", 1)  # type: ignore[arg-type]
        records = read_lines(lines, UTC, ORDERS)
        return [_parameters(batch, row) for row in records if isinstance(row, Upsert)]

    def open_runs(self, *, full: bool, records: int = 0) -> list[str]:
        """A new run of each store. Returns the job ids. `records`: what it wrote until now."""
        context = build(load(environ=self.environ))
        found = []
        with context.db.begin("bench") as work:
            for identity in self.identities:
                (run,) = runs.open_runs(work, identity.shop_id, "orders", [""], full=not full)
                (run,) = runs.open_runs(work, identity.shop_id, "orders", [""], full=full)
                runs.store.change_run(work.db, identity.shop_id, run.run_id, written=records)
                found.append(run.run_id)
        context.db.close()
        return found

    @property
    def environ(self) -> dict[str, str]:
        return {k: v for k, v in self.server.environ.items() if k.startswith("COMPTOIR_")}

    def fill(self) -> None:
        """Give every store its orders: straight into the table."""
        context = build(load(environ=self.environ))
        for store, identity in enumerate(self.identities):
            for start in range(0, self.orders, FILL):
                numbers = range(start, min(start + FILL, self.orders))
                rows = self.parameters(store, [self.line(n, 0) for n in numbers])
                with context.db.begin("bench") as work:
                    upsert_all(work.db, _target(ORDERS), rows, len(rows))
                    batch = Batch(work.db, identity.shop_id, "", "", 0)
                    _count(batch, ORDERS, len(rows))
        with context.db.engine.connect() as db:
            if context.db.is_sqlite:
                db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                auto = db.execution_options(isolation_level="AUTOCOMMIT")
                auto.execute(sa.text("VACUUM ANALYZE raw_orders"))
        context.db.close()


def _templates() -> list[dict[str, object]]:
    """Orders as a simulated PrestaShop 8 has them."""

    async def grow() -> list[dict[str, object]]:
        simulation = Simulation(stores=1, seed=7, versions=("8",))
        await simulation.start()
        try:
            store = simulation.stores[0]
            return list(store.book.page("orders", store.languages[0], 0, 50))
        finally:
            await simulation.stop()

    return asyncio.run(grow())


@contextlib.contextmanager
def prepared(engine: str) -> Iterator[Ground]:
    """The server runs; its stores have tokens, and the table is full."""
    with processes.prepared(engine, **UNLIMITED) as server:
        server.start()
        identities = [server.create_identity(f"https://shop{n}.example") for n in range(STORES)]
        ground = Ground(server, identities, _templates())
        ground.tokens = [server.store_token(identity) for identity in identities]
        server.stop()
        ground.fill()
        server.start()
        yield ground


UNLIMITED = {"log_level": "error", "identity_rate": "100000"}
