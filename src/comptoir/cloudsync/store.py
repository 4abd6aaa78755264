"""The SQL of the syncs' state: stores, contents, runs. The raw tables have `rows.py`.

Whatever changes the state of a store takes the store's lock first, so that writers of one store
take turns and cannot wait for each other in a circle.
"""

import json
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from comptoir.cloudsync import met
from comptoir.cloudsync.rules import ContentState
from comptoir.cloudsync.tables import set_aside, sync_content, sync_run, sync_store
from comptoir.infra.db.dialect import lock_store, upsert

_STATE = [sync_content.c[f.name] for f in fields(ContentState)]
RUNNING = "running"
PASSED = "passed"
"""Nothing remains of the run's language; the other languages of the content are not as far."""
OPEN = (RUNNING, PASSED)
LEASE_MS = 15_000
KEEP_MS = 30 * 86_400_000
KEEP_EMPTY_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one content in one language. Its id is the job id that the store gets."""

    shop_id: str
    run_id: str
    content: str
    lang: str
    full: bool
    passes: int
    pages: int
    received: int
    """Uploads of it that were committed, in this pass."""
    started_at: int
    written: int = 0
    unchanged: int = 0
    state: str = RUNNING
    doubt: str = ""
    """Why this pass may have missed rows; "" if it was steady."""


def mark(run: Run, passes: int | None = None) -> str:
    """What the rows that a pass of the run meets are marked with; the last pass by default."""
    number = run.passes if passes is None else passes
    return f"{run.run_id}.{number}" if number else run.run_id


def contents(db: sa.Connection, shop_id: str) -> list[ContentState]:
    rows = db.execute(sa.select(*_STATE).where(sync_content.c.shop_id == shop_id))
    return [ContentState(**row._asdict()) for row in rows]


def change_content(db: sa.Connection, shop_id: str, content: str, **values: Any) -> None:
    """Set members of a content's state, which is made when it is new."""
    lock_store(db, shop_id)
    upsert(db, sync_content, {"shop_id": shop_id, "content": content, **values})


def wanted_at(db: sa.Connection, shop_id: str, content: str) -> int:
    """When an incremental run was last asked for; 0 if never."""
    c = sync_content.c
    query = sa.select(c.wanted_at).where(c.shop_id == shop_id, c.content == content)
    return db.execute(query).scalar() or 0


def content_rows(db: sa.Connection, shop_id: str) -> list[dict[str, Any]]:
    """The whole state of all contents: for reports."""
    query = sa.select(sync_content).where(sync_content.c.shop_id == shop_id)
    return [dict(row) for row in db.execute(query).mappings()]


def store_row(db: sa.Connection, shop_id: str) -> dict[str, Any]:
    query = sa.select(sync_store).where(sync_store.c.shop_id == shop_id)
    row = db.execute(query).mappings().first()
    return dict(row) if row else {}


def change_store(db: sa.Connection, shop_id: str, **values: Any) -> None:
    lock_store(db, shop_id)
    upsert(db, sync_store, {"shop_id": shop_id, **values})


def call_now(db: sa.Connection, shop_id: str, now: int, *, forgive: bool = False) -> None:
    """Make the store due, unless it backs off; with `forgive` even then."""
    lock_store(db, shop_id)
    row = store_row(db, shop_id)
    backoff = None if forgive else row.get("backoff_until")
    due = max(now, backoff or 0)
    before = row.get("due_at")
    values: dict[str, Any] = {"due_at": due if before is None else min(before, due)}
    if forgive:
        values.update(backoff_until=None)
    change_store(db, shop_id, **values)


def due_stores(db: sa.Connection, owner: str, now: int, longest: int, limit: int) -> list[str]:
    """Stores to drive now, the longest waiting first: the worker's list. Due in more than
    `longest` milliseconds means due: the clock has gone back."""
    c = sync_store.c
    due = sa.or_(c.due_at <= now, c.due_at > now + longest)
    query = sa.select(c.shop_id).where(due, _free(owner, now)).order_by(c.due_at).limit(limit)
    return list(db.execute(query).scalars())


def lease(db: sa.Connection, shop_id: str, owner: str, now: int) -> bool:
    """Take the store for this worker; False when another one has it."""
    lock_store(db, shop_id)
    taken = db.execute(
        sync_store.update()
        .where(sync_store.c.shop_id == shop_id, _free(owner, now))
        .values(lease_owner=owner, lease_until=now + LEASE_MS)
    )
    return bool(taken.rowcount)


def _free(owner: str, now: int) -> sa.ColumnElement[bool]:
    """Not leased to another worker. No lease ends later than LEASE_MS from now, unless the clock
    has gone back: then it is void."""
    until = sync_store.c.lease_until
    void = sa.or_(until < now, until > now + 2 * LEASE_MS)
    return sa.or_(until.is_(None), void, sync_store.c.lease_owner == owner)


def release(db: sa.Connection, shop_id: str, owner: str, due_at: int | None) -> None:
    lock_store(db, shop_id)
    c = sync_store.c
    db.execute(
        sync_store.update()
        .where(c.shop_id == shop_id, c.lease_owner == owner)
        .values(lease_owner="", lease_until=None, due_at=due_at)
    )


def release_all(db: sa.Connection) -> None:
    """Forget every lease: only when no other server can be working on this database."""
    db.execute(sync_store.update().values(lease_owner="", lease_until=None))


COUNTED = ("received", "written", "unchanged")
_RUN = (
    sync_run.c.shop_id,
    sync_run.c.run_id,
    sync_run.c.content,
    sync_run.c.lang,
    sync_run.c.full,
    sync_run.c["pass"].label("passes"),
    sync_run.c.pages,
    sync_run.c.received,
    sync_run.c.started_at,
    sync_run.c.written,
    sync_run.c.unchanged,
    sync_run.c.state,
    sync_run.c.reason.label("doubt"),
)


_THIS_RUN = (
    sync_run.c.shop_id == sa.bindparam("shop"),
    sync_run.c.run_id == sa.bindparam("run"),
)
_FIND_RUN = sa.select(*_RUN).where(*_THIS_RUN, sync_run.c.state == RUNNING)
_COUNT_UPLOAD = (
    sync_run.update()
    .where(*_THIS_RUN)
    .values({n: sync_run.c[n] + sa.bindparam(f"more_{n}") for n in COUNTED})
    .values(touched_at=sa.bindparam("now"))
)
"""Made once: to make a statement costs more than to run it."""


def find_run(db: sa.Connection, shop_id: str, run_id: str) -> Run | None:
    """The store's run of that id, if it takes uploads."""
    row = db.execute(_FIND_RUN, {"shop": shop_id, "run": run_id}).first()
    return Run(**row._asdict()) if row else None


def count_upload(db: sa.Connection, shop_id: str, run_id: str, now: int, **more: int) -> None:
    """Add to what the run has `received` (uploads), `written` and found `unchanged` (rows)."""
    counted = {f"more_{name}": more[name] for name in COUNTED}
    db.execute(_COUNT_UPLOAD, {"shop": shop_id, "run": run_id, "now": now, **counted})


def running(db: sa.Connection, shop_id: str, content: str) -> list[Run]:
    """Runs under way of a content, oldest first: to go on with after a restart."""
    c = sync_run.c
    rows = db.execute(
        sa.select(*_RUN)
        .where(c.shop_id == shop_id, c.content == content, c.state.in_(OPEN))
        .order_by(c.started_at, c.run_id)
    )
    return [Run(**row._asdict()) for row in rows]


def add_run(db: sa.Connection, run: Run) -> None:
    lock_store(db, run.shop_id)
    db.execute(
        sync_run.insert().values(
            shop_id=run.shop_id,
            run_id=run.run_id,
            content=run.content,
            lang=run.lang,
            full=run.full,
            state=RUNNING,
            started_at=run.started_at,
            touched_at=run.started_at,
        )
    )


def change_run(db: sa.Connection, shop_id: str, run_id: str, **values: Any) -> None:
    lock_store(db, shop_id)
    c = sync_run.c
    db.execute(sync_run.update().where(c.shop_id == shop_id, c.run_id == run_id).values(**values))


def end_runs(db: sa.Connection, shop_id: str, contents: list[str], state: str, now: int) -> None:
    """Close the jobs of these contents: their uploads are refused from now on."""
    lock_store(db, shop_id)
    c = sync_run.c
    db.execute(
        sync_run.update()
        .where(c.shop_id == shop_id, c.content.in_(contents), c.state.in_(OPEN))
        .values(state=state, finished_at=now)
    )


def recent_runs(db: sa.Connection, shop_id: str, limit: int = 50) -> list[dict[str, Any]]:
    c = sync_run.c
    query = sa.select(sync_run).where(c.shop_id == shop_id).order_by(c.started_at.desc())
    return [dict(row) for row in db.execute(query.limit(limit)).mappings()]


def forget_runs(db: sa.Connection, shop_id: str, now: int) -> None:
    """Drop what ended runs had met, the record of runs that ended long ago, and soon that of runs
    that brought nothing."""
    c = sync_run.c
    met.forget(db, shop_id, sa.select(c.run_id).where(c.shop_id == shop_id, c.state.in_(OPEN)))
    empty = sa.and_(c.records == 0, c.finished_at < now - KEEP_EMPTY_MS)
    db.execute(
        sync_run.delete().where(
            c.shop_id == shop_id,
            c.state.not_in(OPEN),
            sa.or_(c.finished_at < now - KEEP_MS, empty),
        )
    )


def aside(db: sa.Connection, shop_id: str) -> list[dict[str, Any]]:
    """What could not be applied, by content, property and reason, with how often it came."""
    c = set_aside.c
    query = (
        sa.select(
            c.content,
            c.property,
            c.reason,
            sa.func.count().label("kept"),
            sa.func.sum(c.times).label("times"),
            sa.func.max(c.last_seen_at).label("last_seen_at"),
        )
        .where(c.shop_id == shop_id)
        .group_by(c.content, c.property, c.reason)
        .order_by(c.content, c.property, c.reason)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def aside_things(db: sa.Connection, shop_id: str, content: str, limit: int) -> list[dict[str, Any]]:
    """The things themselves, the newest first; of one content, or of all if it is empty."""
    c = set_aside.c
    query = sa.select(
        *(c[name] for name in ("content", "row_id", "property", "reason", "value", "times")),
        c.first_seen_at,
        c.last_seen_at,
    ).where(c.shop_id == shop_id)
    if content:
        query = query.where(c.content == content)
    query = query.order_by(c.last_seen_at.desc(), c.id).limit(limit)
    return [dict(row) for row in db.execute(query).mappings()]


def read_health(row: dict[str, Any]) -> dict[str, str]:
    found = json.loads(row.get("health") or "{}")
    return found if isinstance(found, dict) else {}
