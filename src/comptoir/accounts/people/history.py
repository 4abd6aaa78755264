"""SQL of what happened to a store: its part of the audit log."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.infra.db.tables import audit_log

MOST = 50


@dataclass(frozen=True, slots=True)
class Happened:
    at: int
    """Milliseconds since the epoch."""
    actor: str
    """`store:<id>`, `vendor:<name>`, `user:<id>`, `operator` or `system`."""
    action: str
    facts: dict[str, object]


def history_of(db: sa.Connection, shop_id: str, most: int = MOST) -> list[Happened]:
    """The latest first."""
    a = audit_log.c
    rows = db.execute(
        sa.select(a.at, a.actor, a.action, a.facts)
        .where(a.shop_id == shop_id)
        .order_by(a.id.desc())
        .limit(most)
    )
    return [Happened(row.at, row.actor, row.action, json.loads(row.facts)) for row in rows]
