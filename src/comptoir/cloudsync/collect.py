"""Take an upload: stream it, read it line by line, and say 201 only when it is committed.

Records are applied in chunks, each in its own transaction. If the connection breaks, what was
applied stays and the store sends the page again: applying twice changes nothing.
"""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.requests import Request

from comptoir.cloudsync import merge, met, rows, store, transport
from comptoir.cloudsync.errors import JobUnknown, UploadTooLarge
from comptoir.infra.db import dialect
from comptoir.infra.http.context import Context
from comptoir.infra.log import logger
from comptoir.infra.work import Work
from comptoir.prestashop.catalogue import Content, catalogue
from comptoir.prestashop.records import (
    Record,
    glance,
    read_lines,
    read_rows,
    zone_after,
    zone_named,
)

CHUNK = 1000
"""Records applied in one transaction, at most."""
CHUNK_BYTES = 4 << 20
"""Bytes of lines applied in one transaction, about."""
Block = Sequence[bytes | Record]
"""Lines, or records that were read from lines."""
JOB = re.compile(r"[A-Za-z0-9_-]{1,200}")
UTC = ZoneInfo("UTC")
log = logger("collector")


async def collect(context: Context, request: Request, shop_id: str, job_id: str) -> merge.Outcome:
    """Apply an upload of the store's job.

    Raises:
        JobUnknown: not a job under way of this store.
        UploadUnreadable, UploadTooLarge.
    """
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > context.settings.max_upload:
        raise UploadTooLarge(limit=context.settings.max_upload)
    run, zone = await context.db.read(lambda db: _begin(db, shop_id, job_id))
    upload = _Upload(context, run, _family(context, request, run), zone)
    log.debug("upload opened", content=run.content)
    async for lines in transport.read_lines(request, context.settings.max_upload):
        await upload.take(lines)
    outcome = await upload.end()
    log.debug("upload committed", content=run.content)
    return outcome


def _begin(db: sa.Connection, shop_id: str, job_id: str) -> tuple[store.Run, ZoneInfo]:
    run = _job(db, shop_id, job_id)
    return run, zone_named(rows.timezone(db, shop_id)) or UTC


async def find_job(context: Context, shop_id: str, job_id: str) -> store.Run:
    """Raises: JobUnknown."""
    return await context.db.read(lambda db: _job(db, shop_id, job_id))


def _job(db: sa.Connection, shop_id: str, job_id: str) -> store.Run:
    run = store.find_run(db, shop_id, job_id) if JOB.fullmatch(job_id) else None
    if run is None:
        raise JobUnknown
    return run


def _family(context: Context, request: Request, run: store.Run) -> Content | None:
    """The run's content, if each of its batches holds whole parents; None if this is no such
    batch: pages of a full sync cut parents where they end."""
    content = catalogue()[run.content]
    paged = run.full or request.headers.get("full-sync-requested") == "1"
    return content if content.shape.whole_parent and not paged else None


@dataclass(slots=True)
class _Step:
    """What one transaction does with lines: nothing of it counts before it is committed."""

    batch: rows.Batch
    run: store.Run
    zone: ZoneInfo
    family: Content | None
    outcome: merge.Outcome = field(default_factory=merge.Outcome)
    parents: set[Any] = field(default_factory=set)

    def take(self, blocks: Sequence[Block]) -> list[Block]:
        """Read and apply block after block. Returns what is left for another transaction: a line
        of old modules may hold any number of records."""
        left, room = deque(blocks), CHUNK
        while left and room > 0:
            block = left.popleft()
            if self._quickly(block):
                room -= len(block)
                continue
            records = self._read(block)
            self.outcome.add(merge.apply(self.batch, records[:room]))
            if records[room:]:
                left.appendleft(records[room:])
            room -= len(records)
        return list(left)

    def _quickly(self, block: Block) -> bool:
        """Apply lines in which nothing is unusual; whether they are."""
        lines = [line for line in block if isinstance(line, bytes)]
        content = catalogue()[self.run.content]
        if len(lines) < len(block):
            return False
        if self.run.full and self._is_mostly_known():
            seen = glance(lines, self.zone, content)
            if seen is not None:
                self.outcome.add(merge.apply_glance(self.batch, content, seen, self.zone))
                return True
        plain = read_rows(lines, self.zone, content)
        if plain is None:
            return False
        if self.family:
            self.parents |= merge.parents_of_plain(plain)
        self.outcome.add(merge.apply_plain(self.batch, plain))
        return True

    def _is_mostly_known(self) -> bool:
        """Whether most rows of the run until now had not changed."""
        unchanged = self.run.unchanged + self.outcome.unchanged
        return unchanged >= self.run.written + self.outcome.written

    def _read(self, block: Block) -> list[Record]:
        lines = [line for line in block if isinstance(line, bytes)]
        found = [record for record in block if not isinstance(record, bytes)]
        for record in read_lines(lines, self.zone, catalogue()[self.run.content]):
            self.zone = zone_after(record, self.zone)
            found.append(record)
        if self.family:
            self.parents |= merge.parents(self.family, found)
        return found


class _Upload:
    """One upload: its lines are read, and go into the database, a chunk at a time."""

    def __init__(
        self, context: Context, run: store.Run, family: Content | None, zone: ZoneInfo
    ) -> None:
        self._context = context
        self._run = run
        self._family = family
        self._zone = zone
        self._parents: set[Any] = set()
        self._mark = f"{run.run_id}/{context.ids.token(8)}" if family else store.mark(run)
        self._began: int | None = None
        self._lines: list[bytes] = []
        self._size = 0
        self._outcome = merge.Outcome()

    async def take(self, lines: list[bytes]) -> None:
        """The last chunk waits for the end, which is written with it."""
        self._lines += lines
        self._size += sum(map(len, lines))
        while len(self._lines) > CHUNK or self._size > CHUNK_BYTES:
            await self._apply(last=False)

    async def end(self) -> merge.Outcome:
        """Apply the rest and count the upload, in one transaction."""
        await self._apply(last=True)
        return self._outcome

    async def _apply(self, *, last: bool) -> None:
        lines, self._lines = self._lines[:CHUNK], self._lines[CHUNK:]
        self._size = sum(map(len, self._lines))
        size = dialect.rows_at_once(self._context.db.dialect)
        left = await self._write([lines[at : at + size] for at in range(0, len(lines), size)], last)
        while left:
            left = await self._write(left, last)

    async def _write(self, blocks: list[Block], last: bool) -> list[Block]:
        """Apply blocks; returns those that are left. `last`: the upload ends with them."""
        shop_id = self._run.shop_id

        def unit(work: Work) -> tuple[_Step, list[Block], int]:
            dialect.lock_store(work.db, shop_id)
            run = store.find_run(work.db, shop_id, self._run.run_id)
            if run is None:
                raise JobUnknown
            full = met.Pass(run.run_id, run.passes) if run.full else None
            batch = rows.Batch(work.db, shop_id, self._mark, run.lang, work.now_ms, full)
            step = _Step(batch, run, self._zone, self._family)
            left = step.take(blocks)
            rows.note_met(batch, catalogue()[run.content])
            ends = last and not left
            began = work.now_ms if self._began is None else self._began
            if ends and self._family:
                parents = self._parents | step.parents
                step.outcome.deleted += merge.settle_parents(batch, self._family, parents, began)
            store.count_upload(
                work.db,
                shop_id,
                run.run_id,
                work.now_ms,
                received=int(ends),
                written=step.outcome.written,
                unchanged=step.outcome.unchanged,
            )
            return step, left, began

        step, left, self._began = await self._context.db.write(unit, actor=f"store:{shop_id}")
        self._zone = step.zone
        self._parents |= step.parents
        self._outcome.add(step.outcome)
        for name in ("written", "unchanged", "deleted", "set_aside"):
            counter = self._context.metrics.records.labels(self._run.content, name)
            counter.inc(getattr(step.outcome, name))
        return left
