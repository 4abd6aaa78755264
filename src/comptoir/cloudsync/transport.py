"""The lines of an upload, as they stream in, whichever transport the module uses.

Multipart with one part named `file` (v1, v3, v4) or a form with one field `lines` (v2):
spec/eventbus.md §1.2 and §1.5.
"""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import unquote_to_bytes

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from starlette.requests import Request

from comptoir.cloudsync.errors import UploadTooLarge, UploadUnreadable

LONGEST_NAME = 100
"""Bytes of a form field's name."""
LONGEST_LINE = 8 << 20
"""Bytes of a line that is still read; a longer one is cut, and said to be by its length."""


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


async def read_lines(request: Request, limit: int) -> AsyncIterator[bytes]:
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
    lines, form = Lines(), FormField(b"lines")
    async for data in _body(request, limit):
        for line in lines.feed(form.feed(data)):
            yield line
    for line in lines.feed(form.feed(b"&")):
        yield line
    if not form.found:
        raise UploadUnreadable(reason="the form has no field named lines")
    for line in lines.end():
        yield line


class FormField:
    """Takes one field out of an URL-encoded form while it streams in."""

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._held = b""
        self._inside: bool | None = None
        """Whether this is the field's value; None while a name is read."""
        self.found = False

    def feed(self, data: bytes) -> bytes:
        """What the data adds to the field's value. Feed `&` at the end."""
        data, self._held = self._held + data, b""
        found = b""
        while data:
            if self._inside is None:
                name, equals, after = data.partition(b"=")
                if not equals:
                    self._held = data[-LONGEST_NAME:]
                    break
                self._inside = name.rpartition(b"&")[2] == self._name
                self.found = self.found or self._inside
                data = after
            value, ampersand, data = data.partition(b"&")
            if not ampersand:
                cut = value.rfind(b"%", -2)
                if cut >= 0:
                    value, self._held = value[:cut], value[cut:]
            if self._inside:
                found += unquote_to_bytes(value.replace(b"+", b" "))
            if ampersand:
                self._inside = None
        return found
