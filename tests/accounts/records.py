"""What a server recorded of a store, read from its database."""

import json
from typing import Any

from comptoir.base.clock import SystemClock
from comptoir.base.ids import SystemIds
from comptoir.infra.database import Database
from comptoir.infra.db.tables import audit_log
from comptoir.infra.settings import load
from tests.server import Server

Told = tuple[str, dict[str, Any]]


def audited(server: Server, shop_id: str) -> list[Told]:
    """(action, facts), in order."""
    ours = {k: v for k, v in server.environ.items() if k.startswith("COMPTOIR_")}
    database = Database(load(environ=ours).database, SystemClock(), SystemIds())
    try:
        with database.reading() as db:
            rows = db.execute(audit_log.select().where(audit_log.c.shop_id == shop_id)).all()
    finally:
        database.close()
    return [(r.action, json.loads(r.facts)) for r in sorted(rows, key=lambda row: row.id)]
