"""The one shape of every secret we hand out: prefix, 256 random bits, checksum.

`cs_` + 43 characters + `_` + 6 characters. The prefix says what it is, `cs_live_` and `cs_test_`
also of which mode, and lets scanners find a leak. The checksum tells a typing error from a wrong
secret. Only a keyed hash is stored.
Letters, digits, `-` and `_` only: a store keeps it in its PrestaShop configuration, which strips
tags and newlines (spec/accounts.md §1.3).
"""

import base64
import hashlib
import hmac
import zlib

from comptoir.base import base64url

CLIENT_SECRET = "cs"  # noqa: S105 - a prefix, not a secret


def make_secret(prefix: str, entropy: bytes) -> str:
    """The text of a secret from 32 random bytes.

    Raises:
        ValueError: fewer than 32 bytes.
    """
    if len(entropy) < 32:
        raise ValueError("a secret needs 32 random bytes")
    body = base64url.encode(entropy[:32])
    return f"{prefix}_{body}_{_checksum(prefix, body)}"


def looks_right(secret: str) -> bool:
    """True if prefix and checksum fit: cheap, says nothing about whether it is known."""
    prefix, rest = secret[:-51], secret[-50:]
    return (
        secret.isascii()
        and bool(prefix)
        and secret[-51] == "_"
        and rest[43] == "_"
        and hmac.compare_digest(rest[44:].encode(), _checksum(prefix, rest[:43]).encode())
    )


class KeyedHash:
    """HMAC-SHA-256 under the installation's key. A secret has 256 bits: no slow hash needed."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.new(key, digestmod=hashlib.sha256)

    def of(self, secret: str) -> bytes:
        mac = self._keyed.copy()  # its key is half of the work
        mac.update(secret.encode("utf-8", "surrogatepass"))
        return mac.digest()


def same(left: bytes, right: bytes) -> bool:
    """Equal, in constant time."""
    return hmac.compare_digest(left, right)


def _checksum(prefix: str, body: str) -> str:
    crc = zlib.crc32(f"{prefix}_{body}".encode())
    return base64.b32encode(crc.to_bytes(4, "big")).decode().rstrip("=")[:6].lower()
