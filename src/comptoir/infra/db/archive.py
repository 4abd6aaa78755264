"""The file of a backup: a line that names it, then a zstd stream of messages.

Each message is its length (4 bytes, big-endian) and msgpack. The last has length 0; the SHA-256 of
everything before it follows.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from comptoir.infra.db.snapshot import (
    FORMAT,
    UNDECODABLE,
    Header,
    Message,
    Trailer,
    TransferError,
    encode,
)
from comptoir.infra.publish import publish

MAGIC = b"Comptoir backup\n"
LEVEL = 3
PIECE = 1 << 20
MOST = 1 << 30
"""Bytes of one message: more is damage."""
_decode = msgspec.msgpack.Decoder(Message).decode


def write(path: Path, messages: Iterable[Message], *, replace: bool = False) -> tuple[int, Trailer]:
    """Write the file, mode 600, under its name only when it is whole. Returns its size, and the
    trailer that came last.

    Raises:
        FileExistsError: there is such a file, and it is not to be replaced.
        TransferError: what is to be replaced is no backup.
    """
    if os.path.lexists(path):
        if not replace:
            raise FileExistsError(None, "is there already", str(path))
        if not _is_backup(path):
            raise TransferError("this is no backup, and stays as it is: name another file")
    draft = path.parent / f".{path.name}.{os.getpid()}"
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(MAGIC)
            packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=False)
            with packer.stream_writer(file, closefd=False) as packed:
                trailer = _pack(messages, packed)
            size = file.tell()
        publish(draft, path, replace=replace)
        return size, trailer
    finally:
        draft.unlink(missing_ok=True)


def _is_backup(path: Path) -> bool:
    """A regular file that begins as one, or has nothing in it: neither a device, nor a link, nor
    the database."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) in (MAGIC, b"")


def _pack(messages: Iterable[Message], packed: Any) -> Trailer:
    digest = hashlib.sha256()
    last: Message | None = None
    for last in messages:
        body = encode(last)
        for part in (len(body).to_bytes(4), body):
            digest.update(part)
            packed.write(part)
    packed.write(bytes(4) + digest.digest())
    if not isinstance(last, Trailer):
        raise TransferError("nothing says what must be in it")
    return last


@contextmanager
def reading(path: Path) -> Iterator[tuple[Header, Iterator[Message]]]:
    """The header, and the messages after it, as they are read.

    Raises:
        TransferError: the file is no backup, of a format unknown here, or, while its messages are
            read, damaged or cut short.
    """
    with path.open("rb", buffering=0) as file:
        if _exactly(file, len(MAGIC)) != MAGIC:
            raise TransferError("it is no backup of Comptoir")
        messages = _messages(file)
        header = next(messages, None)
        if not isinstance(header, Header):
            raise TransferError("its beginning is missing: it is damaged")
        if header.format != FORMAT:
            raise TransferError(
                f"its format {header.format} is unknown here: install Comptoir {header.product}"
            )
        yield header, messages


def _messages(file: Any) -> Iterator[Message]:
    digest = hashlib.sha256()
    try:
        with zstandard.ZstdDecompressor().stream_reader(file, closefd=False) as packed:
            while (head := _exactly(packed, 4)) != bytes(4):
                body = _exactly(packed, int.from_bytes(head))
                digest.update(head)
                digest.update(body)
                yield _decode(body)
            if _exactly(packed, 32) != digest.digest() or packed.read(1):
                raise TransferError("its checksum is wrong: it is damaged")
    except (zstandard.ZstdError, *UNDECODABLE) as wrong:
        raise TransferError("it is damaged: take another backup") from wrong


def _exactly(packed: Any, size: int) -> bytes:
    if size > MOST:
        raise TransferError("it is damaged: take another backup")
    parts = []
    while size:
        part = packed.read(min(size, PIECE))
        if not part:
            raise TransferError("it ends too early: it was cut short, take another backup")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
