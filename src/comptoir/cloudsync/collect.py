"""Take an upload: stream it, read it line by line, and say 201 only when it is committed.

Records are applied in chunks, each in its own transaction. If the connection breaks, what was
applied stays and the store sends the page again: applying twice changes nothing.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.requests import Request

from comptoir.cloudsync import merge, met, rows, store, transport
from comptoir.cloudsync.errors import JobUnknown, UploadTooLarge
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.http.context import Context
from comptoir.infra.log import logger
from comptoir.infra.work import Work
from comptoir.prestashop.catalogue import Content, catalogue
from comptoir.prestashop.records import glance, read_lines, read_rows, zone_after, zone_named

CHUNK = 1000
"""Records applied in one transaction, at most."""
CHUNK_BYTES = 4 << 20
"""Bytes of lines applied in one transaction, about."""
Apply = Callable[[rows.Batch], merge.Outcome]
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


class _Upload:
    """One upload: its lines are read, and go into the database, a chunk at a time."""

    def __init__(
        self, context: Context, run: store.Run, family: Content | None, zone: ZoneInfo
    ) -> None:
        self._context = context
        self._run = run
        self._content = catalogue()[run.content]
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
        parts: list[Apply] = []
        await self._write(parts, lambda: parts.extend(self._reading(lines)), last=last)
        while parts:
            await self._write(parts, None, last=last)

    async def _write(
        self, parts: list[Apply], before: Callable[[], None] | None, *, last: bool
    ) -> None:
        """Apply the first of the parts and take it away. `last`: of the upload, once all are."""

        def unit(work: Work) -> tuple[merge.Outcome, int]:
            shop_id = self._run.shop_id
            lock_store(work.db, shop_id)
            run = store.find_run(work.db, shop_id, self._run.run_id)
            if run is None:
                raise JobUnknown
            full = met.Pass(run.run_id, run.passes) if run.full else None
            batch = rows.Batch(work.db, shop_id, self._mark, run.lang, work.now_ms, full)
            outcome = parts[0](batch)
            ends = last and len(parts) == 1
            began = work.now_ms if self._began is None else self._began
            if ends and self._family:
                outcome.deleted += merge.settle_parents(batch, self._family, self._parents, began)
            store.count_upload(
                work.db,
                shop_id,
                run.run_id,
                work.now_ms,
                received=int(ends),
                written=outcome.written,
                unchanged=outcome.unchanged,
            )
            return outcome, began

        outcome, self._began = await self._context.db.write(
            unit, actor=f"store:{self._run.shop_id}", before=before
        )
        del parts[0]
        self._outcome.add(outcome)
        for name in ("written", "unchanged", "deleted", "set_aside"):
            counter = self._context.metrics.records.labels(self._run.content, name)
            counter.inc(getattr(outcome, name))

    def _reading(self, lines: list[bytes]) -> list[Apply]:
        """Read the lines; where most rows are probably unchanged, only their keys. Returns what
        then applies them, a transaction each: a line of old modules may hold any number."""
        zone, content = self._zone, self._content
        met_before = self._run.unchanged + self._outcome.unchanged
        if self._run.full and met_before >= self._run.written + self._outcome.written:
            seen = glance(lines, zone, content)
            if seen is not None:
                return [lambda batch: merge.apply_glance(batch, content, seen, zone)]
        plain = read_rows(lines, zone, content)
        if plain is not None:
            if self._family:
                self._parents |= merge.parents_of_plain(plain)
            return [lambda batch: merge.apply_plain(batch, plain)]
        records = read_lines(lines, zone, content)
        for record in records:
            self._zone = zone_after(record, self._zone)
        if self._family:
            self._parents |= merge.parents(self._family, records)
        parts = [records[at : at + CHUNK] for at in range(0, len(records), CHUNK)] or [[]]
        return [partial(merge.apply, records=part) for part in parts]
