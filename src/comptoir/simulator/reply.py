"""What a store answers to whoever calls it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NOT_FOUND = "<html><body>404 Not Found</body></html>"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller gets: JSON, HTML or nothing."""

    status: int
    json: dict[str, object] | list[object] | None = None
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    """Whole `Set-Cookie` lines."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as PHP sees it."""

    method: str
    path: str
    """Below the store's folder (or its admin folder), without a first slash."""
    params: Mapping[str, str]
    """The query, then the form or the JSON body over it."""
    headers: Mapping[str, str]
    cookies: Mapping[str, str] = field(default_factory=dict)


def redirect(url: str) -> Reply:
    return Reply(302, headers={"Location": url})
