"""Answers in zstd or gzip, as the caller's `Accept-Encoding` prefers (RFC 9110 §12.5.3).

An answer with `Cache-Control: no-store` carries a secret and is left alone: the length of a
compressed body tells of a secret that stands beside what a caller chose (BREACH).
"""

import asyncio
import re
import zlib
from collections.abc import Callable

import zstandard
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 1024
"""Bytes; below, the header costs more than is won."""
LARGE = 32 * 1024
"""Bytes; from here on a thread compresses, not the event loop."""
NOT_MODIFIED = 304
BODILESS = (204, 205, NOT_MODIFIED)
COMPRESSIBLE = re.compile(
    rb"text/|application/(json|javascript|xml)\b|[a-z]+/[\w.-]+\+(json|xml)\b"
)
LEFT_ALONE = re.compile(rb"\bno-(store|transform)\b")
_WEIGHT = re.compile(r"[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def _gzip(body: bytes) -> bytes:
    made = zlib.compressobj(5, wbits=31)
    return made.compress(body) + made.flush()


def _zstd(body: bytes) -> bytes:
    return zstandard.compress(body, 3)


CODINGS: dict[str, Callable[[bytes], bytes]] = {"zstd": _zstd, "gzip": _gzip}
"""In our own order, which decides between equal weights."""


def choose(accepted: str) -> tuple[str, bool]:
    """(the coding to use, empty for none; whether a plain body is refused).

    `accepted`: the value of `Accept-Encoding`. What does not name a weight rightly is passed over.
    """
    weights: dict[str, float] = {}
    for part in accepted.split(","):
        name, _, told = (word.strip() for word in part.partition(";"))
        found = _WEIGHT.fullmatch(told)
        if name and (found or not told):
            plain = name.lower()
            weights["gzip" if plain == "x-gzip" else plain] = float(found[1]) if found else 1.0
    others = weights.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: weights.get(coding, others))
    weight = weights.get(best, others)
    refused = weights.get("identity", weights.get("*", 1.0)) == 0
    return (best if weight and weights.get("identity", 0.0) <= weight else ""), refused


class Compression:
    """ASGI middleware. Only an answer that comes whole is compressed, never a stream."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            send = _Sending(scope, send)
        await self._app(scope, receive, send)


class _Sending:
    """Holds back the head of an answer until the body shows what becomes of it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._negotiable(message):
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if message["type"] == "http.response.body" and not message.get("more_body"):
                message = await self._finish(start, message)
            await self._send(start)
        await self._send(message)

    def _negotiable(self, start: Message) -> bool:
        """Whether the answer might be compressed; then it says so to caches."""
        headers = start["headers"] = list(start.get("headers", []))
        said = dict(headers)
        fits = (
            start["status"] not in BODILESS
            and b"content-encoding" not in said
            and COMPRESSIBLE.match(said.get(b"content-type", b""))
            and not LEFT_ALONE.search(said.get(b"cache-control", b""))
        )
        if fits or start["status"] == NOT_MODIFIED:
            MutableHeaders(raw=headers).add_vary_header("Accept-Encoding")
        return bool(fits)

    async def _finish(self, start: Message, message: Message) -> Message:
        body = message.get("body", b"")
        accepted = Headers(scope=self._scope).getlist("accept-encoding")
        coding, plain_refused = choose(",".join(accepted))
        small = len(body) < SMALLEST and not plain_refused
        if not coding or small or not body:
            return message
        headers = MutableHeaders(raw=start["headers"])
        if self._scope["method"] == "HEAD":
            # Its length would be that of a body which a GET does not give.
            del headers["content-length"]
            return message
        compress = CODINGS[coding]
        body = compress(body) if len(body) < LARGE else await asyncio.to_thread(compress, body)
        headers["Content-Encoding"] = coding
        headers["Content-Length"] = str(len(body))
        return {**message, "body": body}
