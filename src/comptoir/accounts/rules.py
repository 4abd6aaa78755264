"""What stores, clients and consents are, and what follows from a proof. Pure."""

import re
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import urlsplit

import msgspec

from comptoir.base.mode import Mode

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Names of vendors and modules: they stand in token audiences and paths."""


UNTIL_USED = 2**62
"""Until the present secret is used for the first time."""


class ClientKind(Enum):
    STORE = "store"
    VENDOR = "vendor"
    APPLICATION = "application"
    """Of a vendor: people sign in to it."""


class Client(msgspec.Struct, frozen=True):
    """An OAuth client: a store's, a tech vendor's, or an application's that people sign in to."""

    client_id: str
    kind: ClientKind
    shop_id: str
    vendor: str
    secret_hash: bytes
    revoked_at: int | None
    mode: Mode = Mode.LIVE
    """Of a vendor's client. A store's own client goes with its store."""
    name: str = ""
    public: bool = False
    """It runs where no secret can be kept, in browsers or on people's devices: it has none."""
    redirect_uris: tuple[str, ...] = ()
    """An application's. A store's follow from its back office's address (`redirects.py`)."""
    post_logout_uris: tuple[str, ...] = ()
    previous_secret_hash: bytes = b""
    previous_until: int | None = None
    """Until when the secret before the present one is still good (milliseconds), or
    `UNTIL_USED`."""
    verified: bool = False
    """Of a store's client: whether its store was verified when this was read."""
    scopes: tuple[str, ...] = ()
    """Of a vendor's client: the APIs that its tokens open. Empty: all of them."""


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    vendor: str
    contents: tuple[str, ...]
    """snake_case, in catalogue order, mandatory ones included."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a store lets a module read."""

    module: str
    vendor: str
    contents: tuple[str, ...]
    granted_at: int
    """When the oldest of it was granted (milliseconds)."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A store identity (spec/accounts.md §1.3). Times in milliseconds since the epoch."""

    shop_id: str
    organisation_id: str
    client_id: str
    name: str
    frontend_url: str
    """Where it answers: scheme, host and path, no slash at the end."""
    back_office_url: str
    multi_shop_id: str
    verified: bool
    error_code: str
    point_of_contact_uuid: str | None
    point_of_contact_email: str | None
    prestashop_version: str
    module_version: str
    created_at: int
    updated_at: int
    verified_at: int | None
    unverified_at: int | None
    mode: Mode = Mode.LIVE
    clone_url: str = ""
    """Where a copy of the store answers, with the same identity and a proof of its own."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a store says of itself on create and verify."""

    name: str
    frontend_url: str
    back_office_url: str
    multi_shop_id: str


def usable_url(url: str) -> bool:
    """An absolute http(s) URL with a host, without credentials, blanks, fragment, or what browsers
    take for a slash and others do not."""
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and parts.username is None
        and not parts.fragment
        and "\\" not in url
        and port_ok
        and not any(c.isspace() or ord(c) < 32 for c in url)
        and len(url) <= 2000
    )


def usable_place(url: str) -> bool:
    """Whether a store or its back office may be there: paths are put behind it, so it has no query
    that would swallow them."""
    return usable_url(url) and "?" not in url


def proven(shop: Shop, place: Place, now: int) -> Shop:
    """The store held the proof at `place`: that is where it lives now."""
    return replace(
        shop,
        name=place.name or shop.name,
        frontend_url=place.frontend_url,
        back_office_url=place.back_office_url or shop.back_office_url,
        multi_shop_id=place.multi_shop_id or shop.multi_shop_id,
        verified=True,
        error_code="",
        verified_at=now,
        updated_at=now,
        clone_url="" if shop.clone_url == place.frontend_url else shop.clone_url,
    )


def not_proven(
    shop: Shop, place: Place, code: str, *, transient: bool, began: int, now: int
) -> Shop:
    """The store at `place` did not show the proof, when it was asked at `began`.

    A verified store stays verified when it only could not be reached, and when the failed proof
    was for another address than its own. What has been proven since is newer: a store makes a proof
    for each call, and may show that of a later one (spec/accounts.md §6.1).
    """
    if shop.verified_at is not None and shop.verified and shop.verified_at > began:
        return shop
    keeps = shop.verified and (transient or place.frontend_url != shop.frontend_url)
    if keeps or not shop.verified:
        return replace(shop, error_code=code, updated_at=now)
    return replace(shop, verified=False, error_code=code, unverified_at=now, updated_at=now)


def watched(shop: Shop, place: Place) -> list[str]:
    """Where a copy of a store may still answer that proves itself at `place`: where it was until
    now, and where one was seen before."""
    before = shop.frontend_url if shop.verified else ""
    return [
        url
        for url in dict.fromkeys((before, shop.clone_url))
        if url not in ("", place.frontend_url)
    ]


def superseded(shop: Shop, now: int) -> Shop:
    """Another identity has proved the same address later: the newest proof wins."""
    return replace(
        shop,
        verified=False,
        error_code="store-identity/superseded",
        unverified_at=now,
        updated_at=now,
    )
