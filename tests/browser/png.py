"""As much of PNG as pictures of pages need (RFC 2083): their size, and to make them small."""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By colour type."""


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert picture.startswith(SIGNATURE), "no PNG"
    at = len(SIGNATURE)
    while at < len(picture):
        length, kind = struct.unpack_from(">I4s", picture, at)
        yield kind, picture[at + 8 : at + 8 + length]
        at += 12 + length


def _written(chunks: list[tuple[bytes, bytes]]) -> bytes:
    made = [SIGNATURE]
    for kind, body in chunks:
        check = zlib.crc32(kind + body)
        made += [struct.pack(">I", len(body)), kind, body, struct.pack(">I", check)]
    return b"".join(made)


def size(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    width, height = struct.unpack_from(">II", picture, 16)
    return width, height


def lines(picture: bytes) -> int:
    """How many of its lines differ from each other: an empty page has a handful."""
    rows = _rows(picture)
    return len(set(rows))


def packed(picture: bytes) -> bytes:
    """The same pixels in as few bytes as zlib can."""
    header = dict(_chunks(picture))[b"IHDR"]
    body = zlib.compress(b"".join(_rows(picture)), 9)
    return _written([(b"IHDR", header), (b"IDAT", body), (b"IEND", b"")])


def _rows(picture: bytes) -> list[bytes]:
    """Each line with its filter's number before it, as it is stored."""
    width, height = size(picture)
    depth, colour = picture[24], picture[25]
    stored = zlib.decompress(b"".join(body for kind, body in _chunks(picture) if kind == b"IDAT"))
    length = 1 + (width * CHANNELS[colour] * depth + 7) // 8
    assert len(stored) == length * height, "interlaced, or broken"
    return [stored[at : at + length] for at in range(0, len(stored), length)]
