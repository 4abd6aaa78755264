"""Where identifiers and randomness come from. Passed in, like the time."""

import random
import secrets
import uuid
from typing import Protocol


class Ids(Protocol):
    def uuid(self) -> str:
        """A UUIDv4 in lower case, 36 characters."""
        ...

    def token(self, size: int = 32) -> str:
        """`size` random bytes as URL-safe text: letters, digits, `-` and `_`."""
        ...

    def entropy(self) -> bytes:
        """32 random bytes: what a secret is made of."""
        ...

    def fraction(self) -> float:
        """A number in [0, 1), for jitter. Never for secrets."""
        ...


class SystemIds:
    def uuid(self) -> str:
        # RFC 9562 §5.4: version 4, and a variant of 8 to b. `uuid.uuid4` takes twice as long.
        text = secrets.token_hex(16)
        variant = "89ab"[int(text[16], 16) % 4]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def token(self, size: int = 32) -> str:
        return secrets.token_urlsafe(size)

    def entropy(self) -> bytes:
        return secrets.token_bytes(32)

    def fraction(self) -> float:
        return random.random()  # noqa: S311 - jitter only


class SeededIds:
    """The same ids for the same seed: for tests and simulated stores, never for a server."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable by design

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def token(self, size: int = 32) -> str:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return "".join(self._random.choices(letters, k=(size * 8 + 5) // 6))

    def entropy(self) -> bytes:
        return self._random.randbytes(32)

    def fraction(self) -> float:
        return self._random.random()
