"""Host aliases: modules with hard-coded hosts reach us by DNS and find their own root paths.

A request for an alias is given the path that its service has here, before anything looks at it:
routes, error shapes and metrics are those of our own path.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from comptoir.infra.http import problems
from comptoir.infra.http.context import BASE

ROOTS: dict[str, tuple[tuple[str, str], ...]] = {
    "accounts": (("/", "/accounts/"),),
    "oauth": (("/.well-known/", "/.well-known/"), ("/oauth2/", "/oauth2/")),
    "collector": (("/", "/collector/"),),
    # ps_eventbus 2.2 posted its hints to the sync host (spec/eventbus.md §1.3).
    "sync": (("/notify/", "/live-sync/v1/notify/"), ("/", "/sync-api/")),
    "live-sync": (("/live-sync/", "/live-sync/"), ("/", "/live-sync/v1/")),
    "cloudsync": (
        ("/live-sync/", "/live-sync/"),
        ("/reporting/", "/reporting/"),
        ("/sync/", "/sync/"),
        ("/raw/", "/raw/"),
    ),
    "billing": (("/", "/billing/"),),
}
"""Service → root paths there and here. The first that fits counts; the last has the error shape."""

RENAMED: dict[str, dict[str, str]] = {
    "oauth": {
        "/oauth2/auth": "/oauth2/authorize",
        "/oauth2/sessions/logout": "/oauth2/sign-out",
        "/userinfo": "/oauth2/userinfo",
    }
}
"""Service → paths there that have other names here. Those are what its discovery says: modules keep
it for a day, and have the names built in for when they cannot read it."""


def path_here(service: str, path: str) -> str | None:
    """The path that `path` of the service has on this server; None: it is not the service's.

    A base URL that was configured with a last slash gives two of them.
    """
    path = "/" + path.lstrip("/")
    renamed = RENAMED.get(service, {}).get(path)
    if renamed:
        return renamed
    for there, here in ROOTS[service]:
        if path.startswith(there):
            return here + path[len(there) :]
    return None


OLD_BASE = re.compile(r"/accounts/(?:v1/)+(?=v[12]/|auth/|(?:invitations|healthcheck)\Z)")
"""`ps_accounts` 5 and 6 have a base URL that ends in `/v1/` (spec/accounts.md §1.6)."""


SLASHES = re.compile("/{2,}")
TOLERANT = ("/accounts/", "/oauth2/", "/.well-known/")
"""Where a base URL with a slash too many, or a path with one behind it, still leads."""


def plain_path(path: str) -> str:
    """The path without what the base URL of a module adds to it: slashes, and old versions more."""
    plain = SLASHES.sub("/", path) if "//" in path else path
    if plain.startswith(TOLERANT):
        path = plain.rstrip("/")
    return OLD_BASE.sub("/accounts/", path, count=1) if path.startswith("/accounts/v1/") else path


class Aliases:
    """ASGI middleware. A host that is no alias, BASE among them, passes as it is."""

    def __init__(self, app: ASGIApp, aliases: Mapping[str, str], base: str) -> None:
        self._app = app
        self._aliases = aliases
        # A proxy in front ends TLS for the aliases as for BASE, and may not say so.
        self._scheme = urlsplit(base).scheme

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = _host(scope) if self._aliases else ""
        service = self._aliases.get(_name(host))
        if service is None:
            _move(scope, plain_path(scope["path"]))
            await self._app(scope, receive, send)
            return
        path = path_here(service, scope["path"])
        if path is None:
            answer = problems.body(
                ROOTS[service][-1][1],
                404,
                "not_found",
                "Not Found",
                f"There is nothing at this path of {_name(host)}, which is served as {service}.",
            )
            await answer(scope, receive, send)
            return
        # In place: what stands around us logs the route and the error shape of the new path.
        _move(scope, plain_path(path))
        scope[BASE] = f"{self._scheme}://{host.lower()}"
        await self._app(scope, receive, send)


def _move(scope: Scope, path: str) -> None:
    if path != scope["path"]:
        scope.update({"path": path, "raw_path": quote(path).encode()})


def _host(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            return str(value.decode("latin-1").strip())
    return ""


def _name(host: str) -> str:
    """The Host header without its port (RFC 9110 §7.2), as aliases are written."""
    return host.partition(":")[0].lower().removesuffix(".")
