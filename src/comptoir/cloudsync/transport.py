"""The lines of an upload, as they stream in, whichever transport the module uses.

Multipart with one part named `file` (v1, v3, v4) or a form with one field `lines` (v2):
spec/eventbus.md §1.2 and §1.5.
"""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from urllib.parse import unquote_to_bytes

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from starlette.requests import Request

from comptoir.cloudsync.errors import UploadTooLarge, UploadUnreadable
from comptoir.infra.http.encodings import decoder
from comptoir.prestashop.records import LONGEST_LINE


class Lines:
    """Cuts a stream of bytes into lines, which keep their ends. One that grows too long is cut, and
    said to be.

    Blank lines say nothing and are left out.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that end in the data."""
        found = BytesIO(data).readlines()  # three times as fast as split
        rest = b"" if data.endswith(b"\n") or not found else found.pop()
        if found:
            if self._dropping:
                del found[0]
            elif self._rest:
                found[0] = bytes(self._rest) + found[0]
            self._rest.clear()
            self._dropping = False
        if not self._dropping:
            self._rest += rest
            if len(self._rest) > LONGEST_LINE:
                found.append(bytes(self._rest))
                self._rest.clear()
                self._dropping = True
        return [line for line in found if not line.isspace()]

    def end(self) -> list[bytes]:
        """What comes after the last line's end."""
        return [bytes(self._rest)] if self._rest and not self._dropping else []


async def read_lines(request: Request, limit: int) -> AsyncIterator[list[bytes]]:
    """The NDJSON lines of the upload as they come, some at a time."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == "multipart/form-data":
        boundary = options.get("boundary", "")
        if not boundary:
            raise UploadUnreadable(reason="the multipart boundary is missing")
        async for lines in _multipart_lines(request, boundary, limit):
            yield lines
    elif kind == "application/x-www-form-urlencoded":
        async for lines in _form_lines(request, limit):
            yield lines
    else:
        raise UploadUnreadable(reason="send multipart/form-data with one part named file")


async def _body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body, unpacked, in small pieces; others are served between two of them.

    Raises:
        UploadTooLarge: as sent or unpacked.
        EncodingUnsupported, EncodingBroken, RequestTooSlow.
    """
    unpacking = decoder(request.headers.get("content-encoding", ""))
    came = size = 0
    async for data in request.stream():
        came += len(data)
        if came > limit:
            raise UploadTooLarge(limit=limit)
        for piece in unpacking.feed(data):
            size += len(piece)
            if size > limit:
                raise UploadTooLarge(limit=limit)
            yield piece
            await asyncio.sleep(0)
    unpacking.end()


async def _multipart_lines(
    request: Request, boundary: str, limit: int
) -> AsyncIterator[list[bytes]]:
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
                        yield lines.feed(bytes(event))
    except MultipartError as wrong:
        raise UploadUnreadable(reason=f"the multipart body is broken: {wrong}") from wrong
    if not found:
        raise UploadUnreadable(reason="there is no part named file")
    yield lines.end()


async def _form_lines(request: Request, limit: int) -> AsyncIterator[list[bytes]]:
    """Modules v2: a form with all lines in one field (spec/eventbus.md §1.5)."""
    lines, form = Lines(), FormField(b"lines")
    async for data in _body(request, limit):
        yield lines.feed(form.feed(data))
    yield lines.feed(form.feed(b"&"))
    if not form.found:
        raise UploadUnreadable(reason="the form has no field named lines")
    yield lines.end()


class FormField:
    """Takes one field out of an URL-encoded form while it streams in."""

    def __init__(self, name: bytes) -> None:
        self._start = b"&" + name + b"="
        self._held = b"&"
        self._inside = False
        self.found = False

    def feed(self, data: bytes) -> bytes:
        """What the data adds to the field's value. Feed `&` at the end."""
        data, self._held = self._held + data, b""
        found = bytearray()
        at = 0
        while True:
            if not self._inside:
                start = data.find(self._start, at)
                if start < 0:
                    self._held = data[max(at, len(data) - len(self._start) + 1) :]
                    break
                self.found = self._inside = True
                at = start + len(self._start)
            stop = data.find(b"&", at)
            self._inside = stop < 0
            if stop < 0:
                cut = data.rfind(b"%", max(at, len(data) - 2))
                stop = len(data) if cut < 0 else cut
                self._held = data[stop:]
            found += unquote_to_bytes(data[at:stop].replace(b"+", b" "))
            if self._inside:
                break
            at = stop
        return bytes(found)
