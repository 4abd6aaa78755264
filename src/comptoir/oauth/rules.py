"""Which token a client gets for what it asks. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from comptoir.accounts import Client, ClientKind
from comptoir.base.mode import Mode
from comptoir.infra.http.auth import SCOPES, is_ours
from comptoir.oauth.errors import InvalidScope, InvalidTarget

SHOP_VERIFIED = "shop.verified"


@dataclass(frozen=True, slots=True)
class Grant:
    audiences: tuple[str, ...]
    scopes: tuple[str, ...]
    mode: Mode | None = None
    """A vendor's. A store's token has none: the store's mode may change while it lives."""


def own_audiences(client: Client) -> tuple[str, ...]:
    """The audiences that say who the client is."""
    if client.kind is ClientKind.STORE:
        return (f"store/{client.shop_id}", f"shop_{client.shop_id}")
    if client.kind is ClientKind.APPLICATION:
        return ()
    return (f"tech-vendor/{client.vendor}",)


def decide(
    client: Client,
    audience: str,
    scope: str,
    *,
    base: str,
    verified: bool,
    aliases: Collection[str] = (),
) -> Grant:
    """The grant for a client-credentials request (RFC 6749 §4.4).

    `audience` and `scope` are blank-separated lists, perhaps empty. Without an audience the client
    gets the ones that name it and the API.

    Raises:
        InvalidTarget: an audience that is neither the client's own nor ours.
        InvalidScope: a scope that the client may not have: of a store any but `shop.verified`, and
            that one before it is verified; of a vendor one of an API that it is not let to.
    """
    own = own_audiences(client)
    wanted = tuple(dict.fromkeys(audience.split()))
    for name in wanted:
        if name not in own and not is_ours(name, base, aliases):
            raise InvalidTarget(audience=name)
    mode = client.mode if client.kind is ClientKind.VENDOR else None
    return Grant(wanted or (own[0], base), _scopes(client, scope, verified=verified), mode)


def _scopes(client: Client, asked: str, *, verified: bool) -> tuple[str, ...]:
    """What a token says. A vendor that asks for none gets all it may have; one that is not limited
    gets a token without, as it always was. Raises: InvalidScope."""
    scopes = tuple(dict.fromkeys(asked.split()))
    allowed: tuple[str, ...] = ()
    if client.kind is ClientKind.STORE and verified:
        allowed = (SHOP_VERIFIED,)
    elif client.kind is ClientKind.VENDOR:
        allowed = client.scopes or tuple(SCOPES.values())
    for name in scopes:
        if name not in allowed:
            raise InvalidScope(scope=name)
    return scopes or client.scopes
