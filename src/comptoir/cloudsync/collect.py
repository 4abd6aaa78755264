"""Take an upload: stream it, read it line by line, and say 201 only when it is committed.

Records are applied in chunks, each in its own transaction. If the connection breaks, what was
applied stays and the store sends the page again: applying twice changes nothing.
"""

import re
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request

from comptoir.cloudsync import aside, merge, rows, store
from comptoir.cloudsync.errors import JobUnknown, UploadTooLarge
from comptoir.cloudsync.transport import LONGEST_LINE, read_lines
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.http.context import Context
from comptoir.infra.log import logger
from comptoir.infra.work import Work
from comptoir.prestashop.catalogue import Content, catalogue
from comptoir.prestashop.records import Record, Unreadable, Upsert, columns, read_line, zone_named

CHUNK = 1000
"""Records applied in one transaction, at most."""
CHUNK_BYTES = 4 << 20
"""Bytes of lines applied in one transaction, about."""
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
    run = await find_job(context, shop_id, job_id)
    zone = await context.db.read(lambda db: _zone(rows.info(db, shop_id).get("timezone")))
    upload = _Upload(context, run, _family(context, request, run))
    log.debug("upload opened", content=run.content)
    async for line in read_lines(request, context.settings.max_upload):
        if len(line) > LONGEST_LINE:
            await upload.take(Unreadable("the line is too long", line[: aside.SHOWN]))
            continue
        for record in read_line(line, zone):
            await upload.take(record, len(line))
            if isinstance(record, Upsert) and record.content.name == "info":
                zone = _zone_of(record, zone)
    outcome = await upload.end()
    log.debug("upload committed", content=run.content)
    return outcome


async def find_job(context: Context, shop_id: str, job_id: str) -> store.Run:
    """Raises: JobUnknown."""
    run = None
    if JOB.fullmatch(job_id):
        run = await context.db.read(lambda db: store.find_run(db, shop_id, job_id))
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
    """One upload: its records go into the database a chunk at a time."""

    def __init__(self, context: Context, run: store.Run, family: Content | None) -> None:
        self._context = context
        self._run = run
        self._family = family
        self._parents: set[Any] = set()
        self._mark = f"{run.run_id}/{context.ids.token(8)}" if family else store.mark(run)
        self._began: int | None = None
        self._chunk: list[Record] = []
        self._size = 0
        self._outcome = merge.Outcome()

    async def take(self, record: Record, size: int = 0) -> None:
        self._chunk.append(record)
        self._size += size
        if len(self._chunk) >= CHUNK or self._size >= CHUNK_BYTES:
            await self._apply(last=False)

    async def end(self) -> merge.Outcome:
        """Apply the rest and count the upload, in one transaction."""
        await self._apply(last=True)
        return self._outcome

    async def _apply(self, *, last: bool) -> None:
        records, self._chunk, self._size = self._chunk, [], 0
        if self._family:
            self._parents |= merge.parents(self._family, records)

        def unit(work: Work) -> tuple[merge.Outcome, int]:
            shop_id = self._run.shop_id
            lock_store(work.db, shop_id)
            run = store.find_run(work.db, shop_id, self._run.run_id)
            if run is None:
                raise JobUnknown
            batch = rows.Batch(work.db, shop_id, self._mark, run.lang, work.now_ms)
            outcome = merge.apply(batch, records)
            began = work.now_ms if self._began is None else self._began
            if last:
                if self._family:
                    outcome.deleted += merge.settle_parents(
                        batch, self._family, self._parents, began
                    )
                store.change_run(
                    work.db,
                    shop_id,
                    run.run_id,
                    received=run.received + 1,
                    touched_at=work.now_ms,
                )
            return outcome, began

        outcome, self._began = await self._context.db.write(
            unit, actor=f"store:{self._run.shop_id}"
        )
        self._outcome.add(outcome)
        for name in ("written", "unchanged", "deleted", "set_aside"):
            counter = self._context.metrics.records.labels(self._run.content, name)
            counter.inc(getattr(outcome, name))


def _zone(name: object) -> ZoneInfo:
    return (zone_named(name) if isinstance(name, str) and name else None) or UTC


def _zone_of(record: Upsert, otherwise: ZoneInfo) -> ZoneInfo:
    name = record.values[columns(record.content).index("timezone")]
    return _zone(name) if name else otherwise
