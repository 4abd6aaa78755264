"""One unit of work: one transaction, one instant, one actor."""

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Protocol

import sqlalchemy as sa

from comptoir.base.ids import Ids
from comptoir.base.instant import to_ms
from comptoir.infra.db.tables import audit_log, outbox

_sequence = count()


class Event(Protocol):
    """A fact a capability announces. Names are past tense and never change meaning."""

    @property
    def topic(self) -> str: ...
    @property
    def shop_id(self) -> str:
        """The store it is about; empty if about none."""
        ...

    def body(self) -> dict[str, object]: ...


@dataclass(frozen=True, slots=True)
class Work:
    """What a use case receives. `now` is read once, so a unit of work happens at one instant."""

    db: sa.Connection
    now: datetime
    ids: Ids
    actor: str
    """Who acts: `store:<id>`, `vendor:<name>`, `operator` or `system`. For the audit log."""
    request_id: str = ""

    @property
    def now_ms(self) -> int:
        return to_ms(self.now)

    def emit(self, event: Event) -> None:
        """Record `event` in the outbox, inside this transaction. Delivery is at least once."""
        self.db.execute(
            outbox.insert().values(
                shop_id=event.shop_id,
                id=self._next_id(),
                topic=event.topic,
                body=json.dumps(event.body(), sort_keys=True),
                created_at=self.now_ms,
            )
        )

    def audit(
        self, action: str, *, shop_id: str = "", organisation_id: str = "", **facts: object
    ) -> None:
        """Write who did what into the audit log, inside this transaction. Never a secret."""
        self.db.execute(
            audit_log.insert().values(
                shop_id=shop_id,
                id=self._next_id(),
                organisation_id=organisation_id,
                at=self.now_ms,
                actor=self.actor,
                action=action,
                facts=json.dumps(facts, sort_keys=True),
                request_id=self.request_id,
            )
        )

    def _next_id(self) -> str:
        return f"{self.now_ms:012x}-{next(_sequence) & 0xFFFFFFFF:08x}-{self.ids.token(6)}"
