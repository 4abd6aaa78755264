"""What a store was told is kept: written down on the store's side, apart from the server."""

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from comptoir.base.clock import SystemClock, monotonic
from comptoir.base.ids import SystemIds
from comptoir.cloudsync.raw import query
from comptoir.cloudsync.raw.filters import Listing
from comptoir.cloudsync.raw.render import renderer
from comptoir.cloudsync.tables import RAW, sync_content, sync_run
from comptoir.infra.database import Database
from comptoir.infra.db.tables import outbox
from comptoir.infra.settings import load
from comptoir.prestashop.catalogue import Content, by_collection, catalogue
from comptoir.prestashop.fingerprint import canonical
from comptoir.simulator import SimulatedStore
from comptoir.simulator.outgoing import Answer, Outgoing
from comptoir.simulator.wire import Record
from tests.server import Server

Key = tuple[str, ...]
"""Content, then the parts of the row's key."""
EVERYTHING = Listing(1_000_000, 0, "id", False, (), False, "", (), None, frozenset())


def key_of(content: Content, row: Any) -> Key:
    return (content.name, *(str(row[content.by_name[n].camel]) for n in content.shape.key))


def truth(store: SimulatedStore, content: Content) -> dict[Key, str]:
    """The store's own rows, in the form that fingerprints are made of."""
    return {key_of(content, row): canonical(content, row) for row in store.truth(content.name)}


class Ledger(Outgoing):
    """The agent's way to the cloud, with a book of what went out and what was acknowledged."""

    def __init__(self, store: SimulatedStore) -> None:
        super().__init__(store._world, store.mischief)
        self.store = store
        self.acknowledged: dict[Key, str] = {}
        self.unanswered: defaultdict[Key, set[str]] = defaultdict(set)
        """Sent since the last acknowledgement: may be in the database or not."""
        self.seen: defaultdict[Key, set[str]] = defaultdict(set)
        self.ended: set[Key] = set()
        """Spoken of by a delete: may be gone and come again."""
        self.taken: Counter[str] = Counter()
        """Uploads acknowledged, by job."""
        self.sent: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.begun: Callable[[], None] = lambda: None
        store.agent.outgoing = self

    async def upload(self, job_id: str, token: str, records: list[Record], *, full: bool) -> Answer:
        shown = self._shown(records)
        for key, row in shown.items():
            self.unanswered[key].add(row)
            self.seen[key].add(row)
        self.sent[job_id] += 1
        began = monotonic()
        self.begun()
        answer = await super().upload(job_id, token, records, full=full)
        self.answers[answer.status] += 1
        if answer.status == 201:
            self.seconds.append(monotonic() - began)
            self.taken[job_id] += 1
            self.acknowledged |= shown
            for key in shown:
                del self.unanswered[key]
        return answer

    def _shown(self, records: list[Record]) -> dict[Key, str]:
        """What the upload says of each row."""
        found: dict[Key, str] = {}
        known: dict[str, dict[Key, str]] = {}
        for record in records:
            content = by_collection()[str(record["collection"])]
            sent: Any = record["properties"]
            if record["action"] == "delete":
                self._end(content, str(sent["id"]).split("-")[0])
                continue
            rows = known.setdefault(content.name, truth(self.store, content))
            key = (content.name, *(str(sent[name]) for name in content.shape.key))
            found[key] = rows[key]
        return found

    def _end(self, content: Content, part: str) -> None:
        gone = {content.name, *(name for name, _ in content.shape.cascade)}
        self.ended |= {key for key in self.seen if key[0] in gone and part in _parts(key)}

    def lost(self, held: dict[Key, str]) -> list[Key]:
        """Acknowledged rows that the database does not hold as acknowledged, or as sent later."""
        rows = {name: truth(self.store, content) for name, content in catalogue().items()}
        return [
            key
            for key, row in self.acknowledged.items()
            if held.get(key) not in {row, *self.unanswered[key]}
            and key in rows[key[0]]
            and key not in self.ended
        ]


def _parts(key: Key) -> set[str]:
    return {word for part in key[1:] for word in part.split("-")}


class Records:
    """What the database itself holds, read beside the server or without one."""

    def __init__(self, comptoir: Server) -> None:
        environ = {k: v for k, v in comptoir.environ.items() if k.startswith("COMPTOIR_")}
        self._database = Database(load(environ=environ).database, SystemClock(), SystemIds())

    def close(self) -> None:
        self._database.close()

    def rows(self, store: SimulatedStore) -> dict[Key, str]:
        found = {}
        with self._database.reading() as db:
            for content in catalogue().values():
                _, rows = query.page(db, content, str(store.shop_id), EVERYTHING, with_orders=False)
                shown = msgspec.json.encode(renderer(content).rows(rows))
                for row in msgspec.json.decode(shown):
                    found[key_of(content, row)] = canonical(content, row)
        return found

    def changes(self, store: SimulatedStore) -> dict[tuple[str, str], tuple[bytes, int]]:
        """(content, living row) → digest and the instant it last changed."""
        found = {}
        with self._database.reading() as db:
            for name, table in RAW.items():
                c = table.c
                rows = sa.select(c.id, c.digest, c.changed_at).where(
                    c.shop_id == store.shop_id, c.removed_at.is_(None)
                )
                for row in db.execute(rows):
                    found[name, row.id] = (bytes(row.digest), row.changed_at)
        return found

    def received(self, store: SimulatedStore) -> dict[str, int]:
        """Uploads that were committed, by job."""
        c = sync_run.c
        with self._database.reading() as db:
            rows = db.execute(sa.select(c.run_id, c.received).where(c.shop_id == store.shop_id))
            return {row.run_id: row.received for row in rows}

    def unfinished(self, store: SimulatedStore, since: int) -> list[str]:
        """Contents that have not finished a sync at or after `since`, or wait for one; and why."""
        c = sync_content.c
        with self._database.reading() as db:
            rows = db.execute(sa.select(sync_content).where(c.shop_id == store.shop_id)).all()
        done = {
            row.content: row.reason
            for row in rows
            if (row.last_finished_at or -1) < since or row.want_full or row.want_incremental
        }
        missing = catalogue().keys() - {row.content for row in rows}
        return [*(f"{name} {reason}".strip() for name, reason in done.items()), *missing]

    def announced(self) -> list[str]:
        """Events that wait, by body: the same fact must not wait twice."""
        with self._database.reading() as db:
            return list(db.execute(sa.select(outbox.c.body)).scalars())
