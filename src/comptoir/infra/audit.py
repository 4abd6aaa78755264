"""Read the audit log: who did what, the newest first. `Work.audit` writes it."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.infra.db.tables import audit_log

c = audit_log.c


@dataclass(frozen=True, slots=True)
class Entry:
    entry_id: str
    """Sorts by time."""
    at: int
    """Milliseconds since the epoch."""
    actor: str
    """`user:<id>`, `store:<id>`, `client:<id>`, `operator`…"""
    action: str
    organisation_id: str
    shop_id: str
    request_id: str
    facts: dict[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; an empty text means any."""

    organisation_id: str = ""
    shop_id: str = ""
    actor: str = ""
    action: str = ""
    before: str = ""
    """The id of an entry: only older ones."""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        asked = (
            (c.organisation_id == self.organisation_id, self.organisation_id),
            (c.shop_id == self.shop_id, self.shop_id),
            (c.actor == self.actor, self.actor),
            (c.action == self.action, self.action),
            (c.id < self.before, self.before),
        )
        return [condition for condition, given in asked if given]


def entries(db: sa.Connection, wanted: Wanted, most: int) -> list[Entry]:
    """The newest `most` of those wanted."""
    query = sa.select(audit_log).where(*wanted.conditions()).order_by(c.id.desc(), c.shop_id)
    return [
        Entry(
            row.id,
            row.at,
            row.actor,
            row.action,
            row.organisation_id,
            row.shop_id,
            row.request_id,
            json.loads(row.facts),
        )
        for row in db.execute(query.limit(most))
    ]


def actions(db: sa.Connection, organisation_id: str) -> list[str]:
    """What was ever done in an organisation."""
    mine = sa.select(c.action).where(c.organisation_id == organisation_id).distinct()
    return [row.action for row in db.execute(mine.order_by(c.action))]
