"""Keep what could not be applied: each thing once, counted, and no more than a store's share."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.cloudsync.rows import Batch
from comptoir.cloudsync.tables import set_aside
from comptoir.infra.db import dialect
from comptoir.prestashop.records import SHOWN

MOST = 10_000
"""Things kept of one store. What comes beyond is counted, by content and property."""
BEYOND = "more was set aside than is kept"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that could not be applied: a line, or a value of a row."""

    content: str
    row: str
    property: str
    reason: str
    value: bytes

    def id(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        for part in (self.content.encode(), self.row.encode(), self.property.encode(), self.value):
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()


def keep(batch: Batch, found: Iterable[Found]) -> None:
    """Keep what is new; of what is known, count how often it came."""
    times: dict[str, int] = {}
    things: dict[str, Found] = {}
    for thing in found:
        key = thing.id()
        times[key] = times.get(key, 0) + 1
        things[key] = thing
    if not things:
        return
    known = _known(batch, list(things))
    new = [key for key in things if key not in known]
    room = max(0, MOST - _count(batch)) if new else 0
    for key in new[room:]:
        beyond = Found(things[key].content, "", things[key].property, BEYOND, b"")
        things[beyond.id()] = beyond
        times[beyond.id()] = times.get(beyond.id(), 0) + times.pop(key)
    known = _known(batch, list(times))
    _again(batch, {key: many for key, many in times.items() if key in known})
    _add(batch, {key: (things[key], many) for key, many in times.items() if key not in known})


def forget(db: sa.Connection, shop_id: str, before: int) -> None:
    """Drop what did not come again since."""
    c = set_aside.c
    db.execute(set_aside.delete().where(c.shop_id == shop_id, c.last_seen_at < before))


def _known(batch: Batch, keys: list[str]) -> set[str]:
    name = batch.db.dialect.name
    found = batch.db.execute(
        sa.text("SELECT id FROM set_aside WHERE shop_id = :shop AND " + dialect.one_of(name, "id")),
        {"shop": batch.shop_id, "keys": dialect.bind_list(name, keys)},
    )
    return {row[0] for row in found}


def _count(batch: Batch) -> int:
    query = sa.select(sa.func.count()).where(set_aside.c.shop_id == batch.shop_id)
    return int(batch.db.execute(query).scalar_one())


def _again(batch: Batch, times: dict[str, int]) -> None:
    if not times:
        return
    c = set_aside.c
    change = (
        set_aside.update()
        .where(c.shop_id == batch.shop_id, c.id == sa.bindparam("key"))
        .values(times=c.times + sa.bindparam("many"), last_seen_at=batch.now, run_id=batch.run_id)
    )
    batch.db.execute(change, [{"key": key, "many": many} for key, many in times.items()])


def _add(batch: Batch, new: dict[str, tuple[Found, int]]) -> None:
    if not new:
        return
    rows = [
        {
            "shop_id": batch.shop_id,
            "id": key,
            "content": thing.content,
            "row_id": thing.row,
            "property": thing.property,
            "reason": thing.reason,
            "value": thing.value[:SHOWN],
            "run_id": batch.run_id,
            "times": many,
            "first_seen_at": batch.now,
            "last_seen_at": batch.now,
        }
        for key, (thing, many) in new.items()
    ]
    batch.db.execute(set_aside.insert(), rows)
