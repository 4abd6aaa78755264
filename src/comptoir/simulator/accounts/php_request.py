"""What PHP remembers for the length of one request, and no longer."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from comptoir.simulator.accounts.errors import OAuthError


@dataclass(slots=True)
class PhpRequest:
    anonymous: str = ""
    """The browser's id for analytics; empty outside the back office."""
    refused: dict[int, OAuthError] = field(default_factory=dict)
    """Shops whose token could not be had: it is not asked for again (§1.4.3)."""


_CURRENT: ContextVar[PhpRequest | None] = ContextVar("php_request", default=None)


@contextmanager
def php_request(anonymous: str = "") -> Iterator[None]:
    """What happens inside is one request; inside another one it is part of that."""
    if _CURRENT.get() is not None:
        yield
        return
    token = _CURRENT.set(PhpRequest(anonymous))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current() -> PhpRequest:
    """Outside any request: a new one, which is forgotten at once."""
    return _CURRENT.get() or PhpRequest()
