"""Packed bodies, unpacked as a stream: however they are cut, never more than a piece at once."""

import gzip
import tracemalloc
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from comptoir.infra.http.encodings import (
    PIECE,
    ZSTD_WINDOW,
    EncodingBroken,
    EncodingUnsupported,
    decoder,
)

PACK = {"gzip": gzip.compress, "zstd": zstandard.compress, "": bytes}
TEXT = b'{"collection":"orders"}\n' * 9000


def unpack(encoding: str, *parts: bytes) -> bytes:
    found, unpacking = b"", decoder(encoding)
    for part in parts:
        for piece in unpacking.feed(part):
            assert 0 < len(piece) <= PIECE
            found += piece
    unpacking.end()
    return found


@given(
    st.sampled_from(sorted(PACK)),
    st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    st.integers(1, 400),
    st.integers(1, 200),
)
def test_however_it_is_cut(encoding: str, frames: list[bytes], times: int, cut: int) -> None:
    packed = b"".join(PACK[encoding](frame * times) for frame in frames)
    parts = [packed[at : at + cut] for at in range(0, len(packed), cut)]

    assert unpack(encoding, *parts) == b"".join(frame * times for frame in frames)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("left", [1, 4, 20])
def test_what_breaks_off_is_refused(encoding: str, left: int) -> None:
    packed = PACK[encoding](TEXT)
    with pytest.raises(EncodingBroken) as refused:
        unpack(encoding, packed[:-left])
    assert "breaks off" in refused.value.detail()


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("body", [TEXT, b"\0" * 40, b"\x1f\x8b\x08\0" + b"\xff" * 40])
def test_what_is_something_else_is_refused(encoding: str, body: bytes) -> None:
    with pytest.raises(EncodingBroken):
        unpack(encoding, body)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_nothing_is_no_packed_body(encoding: str) -> None:
    with pytest.raises(EncodingBroken) as refused:
        unpack(encoding)
    assert "empty" in refused.value.detail()


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_what_is_damaged_is_refused(encoding: str) -> None:
    maker = zstandard.ZstdCompressor(write_checksum=True)
    packed = bytearray(maker.compress(TEXT) if encoding == "zstd" else gzip.compress(TEXT))
    packed[len(packed) // 2] ^= 0x55
    with pytest.raises(EncodingBroken):
        unpack(encoding, bytes(packed))


def test_names_are_read_as_http_writes_them() -> None:
    assert unpack(" GZIP ", gzip.compress(TEXT)) == TEXT
    assert unpack("x-gzip", gzip.compress(TEXT)) == TEXT
    assert unpack("identity", TEXT) == TEXT


@pytest.mark.parametrize("encoding", ["br", "deflate", "compress", "gzip, gzip", "x" * 5000])
def test_others_are_not_read(encoding: str) -> None:
    with pytest.raises(EncodingUnsupported) as refused:
        decoder(encoding)
    assert "gzip, zstd" in refused.value.detail()
    assert len(refused.value.detail()) < 200


def test_a_window_that_would_fill_our_memory_is_refused() -> None:
    def packed(log: int) -> bytes:
        params = zstandard.ZstdCompressionParameters(window_log=log)
        maker = zstandard.ZstdCompressor(compression_params=params).compressobj()
        return maker.compress(TEXT) + maker.flush()

    assert unpack("zstd", packed(ZSTD_WINDOW.bit_length() - 1)) == TEXT
    with pytest.raises(EncodingBroken) as refused:
        unpack("zstd", packed(27))
    assert "window" in refused.value.detail()


def zeros(size: int) -> dict[str, bytes]:
    """Each packs `size` bytes as tightly as the format can."""
    packing = zlib.compressobj(9, wbits=31)
    chunk = bytes(1 << 20)
    packed = b"".join(packing.compress(chunk) for _ in range(size >> 20)) + packing.flush()
    maker = zstandard.ZstdCompressor(level=1).compressobj()
    tight = b"".join(maker.compress(chunk) for _ in range(size >> 20)) + maker.flush()
    return {"gzip": packed, "zstd": tight}


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_does_not_unfold_in_memory(encoding: str) -> None:
    bomb = zeros(64 << 20)[encoding]
    assert len(bomb) < 1 << 19
    unpacking, size = decoder(encoding), 0
    tracemalloc.start()
    try:
        for piece in unpacking.feed(bomb):
            size += len(piece)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size == 64 << 20
    assert most < 10 << 20
