"""When a signing key is published, signs, and leaves the set. Pure; instants in milliseconds.

A key waits, published, before it signs: whoever keeps the set has it by then. When the next one
signs, it stays until the last token it signed has ended.
"""

from collections.abc import Collection
from dataclasses import dataclass

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A row of `signing_key`. Its id is never given to another key: the row stays for good."""

    kid: str
    sealed: bytes
    """The private key, encrypted; empty once it is destroyed."""
    created_at: int
    """Published from here on."""
    signs_from: int
    retired_at: int | None = None
    """From here on the next one signs; known a while before."""
    ends_at: int | None = None
    """From here on it is no longer in the set, and what it signed is refused."""

    def is_good(self, now: int) -> bool:
        """Whether it is published and what it signed is accepted."""
        return bool(self.sealed) and (self.ends_at is None or now < self.ends_at)

    def state(self, now: int) -> str:
        """`waiting`, `signing`, `retired`, or `ended`."""
        if not self.is_good(now):
            return "ended"
        if self.retired_at is not None and now >= self.retired_at:
            return "retired"
        return "signing" if now >= self.signs_from else "waiting"


@dataclass(frozen=True, slots=True)
class Policy:
    """How long things last, as the settings have it."""

    period_ms: int
    """For which a key signs."""
    ahead_ms: int
    """For which it is published before."""
    lasts_ms: int
    """For which the longest token may be used."""


def signing_at(keys: Collection[SigningKey], now: int) -> SigningKey | None:
    """The key that signs: the last one whose time has come. Every process comes to the same.

    When our clock was set back so far that none has begun, the first one.
    """
    good = [key for key in keys if key.is_good(now)]
    begun = [key for key in good if key.signs_from <= now]
    if begun:
        return max(begun, key=_order)
    return min(good, key=_order, default=None)


def next_after(keys: Collection[SigningKey], now: int) -> SigningKey | None:
    """The key that waits for its time."""
    waiting = [key for key in keys if key.is_good(now) and key.signs_from > now]
    return max(waiting, key=_order, default=None)


def is_due(keys: Collection[SigningKey], now: int, policy: Policy) -> bool:
    """Whether the next key is to be published: then it signs when the period is over."""
    current = signing_at(keys, now)
    if current is None:
        return True
    return next_after(keys, now) is None and (
        now >= current.signs_from + policy.period_ms - policy.ahead_ms
    )


def _order(key: SigningKey) -> tuple[int, int, str]:
    return key.signs_from, key.created_at, key.kid
