"""Take an upload: stream it, read it line by line, and say 201 only when it is committed.

Records are applied in chunks, each in its own transaction. If the connection breaks, what was
applied stays and the store sends the page again: applying twice changes nothing.
"""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from starlette.requests import Request

from comptoir.cloudsync import merge, rows, store
from comptoir.cloudsync.errors import JobUnknown, UploadTooLarge, UploadUnreadable
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.http.context import Context
from comptoir.infra.work import Work
from comptoir.prestashop.records import Record, Unreadable, Upsert, columns, read_line, zone_named

CHUNK = 1000
"""Records applied in one transaction."""
LONGEST_LINE = 8 << 20
"""Bytes of a line that is still read; a longer one is set aside."""
UTC = ZoneInfo("UTC")


class Lines:
    """Cuts a stream of bytes into lines. A line that grows too long is cut, and said to be."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        *whole, rest = data.split(b"\n")
        for line in whole:
            if not self._dropping:
                yield bytes(self._rest) + line if self._rest else line
            self._rest.clear()
            self._dropping = False
        if not self._dropping:
            self._rest += rest
            if len(self._rest) > LONGEST_LINE:
                yield bytes(self._rest)
                self._rest.clear()
                self._dropping = True

    def end(self) -> Iterator[bytes]:
        if self._rest and not self._dropping:
            yield bytes(self._rest)


async def collect(context: Context, request: Request, shop_id: str, job_id: str) -> merge.Outcome:
    """Apply an upload of the store's job.

    Raises:
        JobUnknown: not a job under way of this store.
        UploadUnreadable, UploadTooLarge.
    """
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > context.settings.max_upload:
        raise UploadTooLarge(limit=context.settings.max_upload)
    run = await context.db.read(lambda db: store.find_run(db, shop_id, job_id))
    if run is None:
        raise JobUnknown
    zone = await context.db.read(lambda db: _zone(rows.info(db, shop_id).get("timezone")))
    outcome = merge.Outcome()
    chunk: list[Record] = []
    async for line in _lines(request, context.settings.max_upload):
        if len(line) > LONGEST_LINE:
            chunk.append(Unreadable("the line is too long", line))
            continue
        for record in read_line(line, zone):
            chunk.append(record)
            if isinstance(record, Upsert) and record.content.name == "info":
                zone = _zone_of(record, zone)
        if len(chunk) >= CHUNK:
            outcome.add(await _apply(context, run, chunk))
            chunk = []
    if chunk:
        outcome.add(await _apply(context, run, chunk))
    await context.db.write(lambda work: _received(work, run))
    return outcome


async def _apply(context: Context, run: store.Run, records: list[Record]) -> merge.Outcome:
    def unit(work: Work) -> merge.Outcome:
        lock_store(work.db, run.shop_id)
        batch = rows.Batch(work.db, run.shop_id, run.run_id, run.lang, work.now_ms)
        return merge.apply(batch, records)

    outcome = await context.db.write(unit, actor=f"store:{run.shop_id}")
    for name in ("written", "unchanged", "deleted", "set_aside"):
        context.metrics.records.labels(run.content, name).inc(getattr(outcome, name))
    return outcome


def _received(work: Work, run: store.Run) -> None:
    lock_store(work.db, run.shop_id)
    again = store.find_run(work.db, run.shop_id, run.run_id)
    if again is not None:
        store.change_run(
            work.db,
            run.shop_id,
            run.run_id,
            received=again.received + 1,
            touched_at=work.now_ms,
        )


def _zone(name: object) -> ZoneInfo:
    return (zone_named(name) if isinstance(name, str) and name else None) or UTC


def _zone_of(record: Upsert, otherwise: ZoneInfo) -> ZoneInfo:
    name = record.values[columns(record.content).index("timezone")]
    return _zone(name) if name else otherwise


async def _lines(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The NDJSON lines of the upload, whichever transport the module uses."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == "multipart/form-data":
        boundary = options.get("boundary", "")
        if not boundary:
            raise UploadUnreadable(reason="the multipart boundary is missing")
        async for line in _multipart_lines(request, boundary, limit):
            yield line
    elif kind == "application/x-www-form-urlencoded":
        async for line in _form_lines(request, limit):
            yield line
    else:
        raise UploadUnreadable(reason="send multipart/form-data with one part named file")


async def _body(request: Request, limit: int) -> AsyncIterator[bytes]:
    size = 0
    async for data in request.stream():
        size += len(data)
        if size > limit:
            raise UploadTooLarge(limit=limit)
        if data:
            yield data


async def _multipart_lines(request: Request, boundary: str, limit: int) -> AsyncIterator[bytes]:
    """Lines of the part named `file` (spec/eventbus.md §1.2)."""
    lines = Lines()
    inside = found = False
    try:
        with PushMultipartParser(boundary, max_segment_size=limit, strict=False) as parser:
            async for data in _body(request, limit):
                for event in parser.parse(data):
                    if isinstance(event, MultipartSegment):
                        inside = event.name == "file"
                        found = found or inside
                    elif event and inside:
                        for line in lines.feed(bytes(event)):
                            yield line
    except MultipartError as wrong:
        raise UploadUnreadable(reason=f"the multipart body is broken: {wrong}") from wrong
    if not found:
        raise UploadUnreadable(reason="there is no part named file")
    for line in lines.end():
        yield line


async def _form_lines(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Modules v2: a form with all lines in one field (spec/eventbus.md §1.5)."""
    body = b"".join([data async for data in _body(request, limit)])
    try:
        fields = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=10))
    except ValueError as wrong:
        raise UploadUnreadable(reason="the body is not a form") from wrong
    if b"lines" not in fields:
        raise UploadUnreadable(reason="the form has no field named lines")
    for line in fields[b"lines"].split(b"\n"):
        yield line
