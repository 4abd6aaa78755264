"""Cross-origin calls of scripts (CORS), for the endpoints that browsers' applications need.

Any origin may: these endpoints look at no cookie, so a script of another site can do no more than
its own server could. The authorization endpoint is none of them (RFC 9700 §2.6).
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANY = (b"access-control-allow-origin", b"*")
PREFLIGHT = [
    ANY,
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"Authorization, Content-Type"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]


class Cors:
    """ASGI middleware. `paths`: those that scripts of any site may call."""

    def __init__(self, app: ASGIApp, paths: frozenset[str]) -> None:
        self._app = app
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
            return
        names = {name for name, _ in scope["headers"]}
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in names:
            await send({"type": "http.response.start", "status": 204, "headers": PREFLIGHT})
            await send({"type": "http.response.body", "body": b""})
            return
        if b"origin" not in names:
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), ANY]
            await send(message)

        await self._app(scope, receive, sending)
