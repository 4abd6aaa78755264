"""What comes before a handler: who calls, and whether they called too often.

An authenticated caller is limited by its client id, everybody else by address. Endpoints that cost
more than a read (a token, an identity, a proof call) have a limit of their own.
"""

import ipaddress

from starlette.requests import Request

from comptoir.base.errors import Forbidden, Unauthorized
from comptoir.infra.http.auth import Access, Authenticator, Caller, identify
from comptoir.infra.http.patience import HEADERS
from comptoir.infra.http.rate import RateLimiter
from comptoir.infra.settings import Settings

NEIGHBOURS = 10
"""Stores at one address (a hosting company's) that may all verify as often as one may."""


class Limits:
    """The rate limits of a process, in memory."""

    def __init__(self, settings: Settings) -> None:
        self._limiters = {
            "client": RateLimiter(settings.client_rate),
            "address": RateLimiter(settings.address_rate),
            "token": RateLimiter(settings.token_rate),
            "identity": RateLimiter(settings.identity_rate),
            "sign-in": RateLimiter(settings.sign_in_rate),
            "verify": RateLimiter(settings.verify_rate),
            "verify-address": RateLimiter(settings.verify_rate * NEIGHBOURS),
        }

        self._policies = {n: f'"{n}";q={one.most};w=60' for n, one in self._limiters.items()}

    def take(self, request: Request, *wanted: tuple[str, str]) -> None:
        """Count the request against each (limit, caller); the answer says what is left.

        Header fields: draft-ietf-httpapi-ratelimit-headers.

        Raises: RateLimited.
        """
        policies, left = [], []
        try:
            for name, caller in wanted:
                limiter = self._limiters[name]
                policies.append(self._policies[name])
                try:
                    limiter.take(caller)
                finally:
                    remaining, reset = limiter.standing(caller)
                    left.append(f'"{name}";r={remaining};t={reset}')
        finally:
            request.scope[HEADERS] = [
                (b"ratelimit-policy", ", ".join(policies).encode()),
                (b"ratelimit", ", ".join(left).encode()),
            ]


async def admit(
    request: Request, access: Access, limit: str, authenticator: Authenticator, limits: Limits
) -> Caller | None:
    """The caller, as `identify`; `limit` names the endpoint's own limit, if it has one.

    Raises:
        RateLimited, TokenMissing, TokenInvalid, WrongKindOfToken.
    """
    address = address_of(request)
    if access is Access.ANYONE:
        limits.take(request, (limit or "address", address))
        return None
    try:
        caller = await identify(request, access, authenticator)
    except (Unauthorized, Forbidden):
        limits.take(request, ("address", address))
        raise
    assert caller is not None
    wanted = [("client", caller.client_id)]
    if limit:
        wanted += [(limit, caller.client_id), (f"{limit}-address", address)]
    limits.take(request, *wanted)
    return caller


def address_of(request: Request) -> str:
    """Whose requests are counted together: an IPv4 address, or the /64 that one IPv6 user has."""
    host = request.client.host if request.client else ""
    if ":" not in host:
        return host
    try:
        found = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
