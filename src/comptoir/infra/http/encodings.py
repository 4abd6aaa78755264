"""Content codings of request bodies: gzip (RFC 1952) and zstd (RFC 8878), as a stream.

What comes out goes on in pieces of 64 KiB, so that a bomb never unfolds in memory: whoever reads
counts the pieces and stops.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

import zstandard

from comptoir.base.errors import BadRequest, Unsupported

PIECE = 1 << 18
"""Bytes that come out at once, at most: what reads them takes a few milliseconds."""
ZSTD_STEP = 128
"""Bytes that go in at once. Four of them make a block of 128 KiB at most: 4 MiB in a step."""
ZSTD_WINDOW = 8 << 20
"""What a sender may make us remember (RFC 9659 §3)."""
GZIP = 16 + zlib.MAX_WBITS


@dataclass(kw_only=True, eq=False)
class EncodingUnsupported(Unsupported):
    """The body has a Content-Encoding that this server does not read."""

    code = "infra.encoding_unsupported"
    title = "The content encoding is not supported"

    encoding: str

    def detail(self) -> str:
        return f"Content-Encoding {self.encoding!r} is not read here: send gzip, zstd, or none."


@dataclass(kw_only=True, eq=False)
class EncodingBroken(BadRequest):
    """The body is not what its Content-Encoding says, or it breaks off."""

    code = "infra.encoding_broken"
    title = "The compressed body cannot be read"

    encoding: str
    reason: str

    def detail(self) -> str:
        return f"The {self.encoding} body cannot be read: {self.reason}. Compress and send again."


class Decoder(Protocol):
    """Feed it the body as it comes; say when it ends."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pieces that the data unfolds to. Raises: EncodingBroken."""
        ...

    def end(self) -> None:
        """Raises: EncodingBroken, when something is missing."""
        ...


def decoder(encoding: str) -> Decoder:
    """For the value of a Content-Encoding header. Raises: EncodingUnsupported."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _Plain()
    if name in ("gzip", "x-gzip"):
        return _Gzip()
    if name == "zstd":
        return _Zstd()
    raise EncodingUnsupported(encoding=name[:40])


def _pieces(data: bytes) -> Iterator[bytes]:
    if len(data) <= PIECE:
        if data:
            yield data
        return
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]


class _Plain:
    def feed(self, data: bytes) -> Iterator[bytes]:
        return _pieces(data)

    def end(self) -> None:
        return


class _Frames:
    """A body is one frame after another, mostly one."""

    encoding: ClassVar[str]

    def __init__(self) -> None:
        self._began = False

    def _broken(self, reason: str) -> EncodingBroken:
        return EncodingBroken(encoding=self.encoding, reason=reason)

    def _end(self, *, whole: bool) -> None:
        if self._began and not whole:
            raise self._broken("it breaks off before its end")
        if not self._began:
            raise self._broken("it is empty")


class _Gzip(_Frames):
    encoding = "gzip"

    def __init__(self) -> None:
        super().__init__()
        self._open = zlib.decompressobj(GZIP)

    def feed(self, data: bytes) -> Iterator[bytes]:
        for step in _pieces(data):
            rest = step
            while rest:
                if self._open.eof:
                    self._open = zlib.decompressobj(GZIP)
                self._began = True
                try:
                    found = self._open.decompress(rest, PIECE)
                except zlib.error as wrong:
                    raise self._broken("its bytes are no gzip, or damaged") from wrong
                if found:
                    yield found
                rest = self._open.unused_data if self._open.eof else self._open.unconsumed_tail

    def end(self) -> None:
        self._end(whole=self._open.eof)


class _Zstd(_Frames):
    encoding = "zstd"

    def __init__(self) -> None:
        super().__init__()
        self._maker = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._open = self._maker.decompressobj()

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), ZSTD_STEP):
            step = data[start : start + ZSTD_STEP]
            while step:
                if self._open.eof:
                    self._open = self._maker.decompressobj()
                self._began = True
                try:
                    found = self._open.decompress(step)
                except zstandard.ZstdError as wrong:
                    raise self._broken(
                        "its bytes are no zstd, are damaged, or need a window over 8 MiB"
                    ) from wrong
                yield from _pieces(found)
                step = self._open.unused_data if self._open.eof else b""

    def end(self) -> None:
        self._end(whole=self._open.eof)
