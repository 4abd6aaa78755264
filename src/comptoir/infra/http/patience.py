"""How long a request's body may take, and what an answer says about the connection.

A sender that stops, or drips, is answered 408. Only the time we wait for it counts, not ours.
An answer that goes out before the body has come ends the connection: `Connection: close` tells the
client to stop sending (RFC 9112 §9.6).
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comptoir.base.clock import monotonic
from comptoir.base.errors import TooSlow

SMALL = 1 << 16
"""A body that is no longer than this is read to its end, wanted or not: the connection lives on."""
WHOLE = "comptoir.whole"
"""In the scope of a request that had come to its end when we looked: nobody waits for it."""
HEADERS = "comptoir.headers"
"""Where in the scope what comes before the handler leaves headers for the answer."""


@dataclass(kw_only=True, eq=False)
class RequestTooSlow(TooSlow):
    """The request came too slowly: it stopped, or fewer bytes a second came than needed."""

    code = "infra.request_too_slow"
    title = "The request came too slowly"

    reason: str

    def detail(self) -> str:
        return f"The request came too slowly: {self.reason}. Send it again."


class Patience:
    """ASGI middleware.

    `idle`: seconds that may pass without a byte of the body. `rate`: bytes a second that must come
    on average, once the waiting has lasted longer than `idle`.
    """

    def __init__(self, app: ASGIApp, *, idle: float, rate: int) -> None:
        self._app = app
        self._idle = idle
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, self._idle, self._rate)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = list(scope.get(HEADERS, ()))
                if body.is_owed or message["status"] == HTTPStatus.REQUEST_TIMEOUT:
                    added.append((b"connection", b"close"))
                if added:
                    message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        await self._app(scope, body.receive, sending)


class _Body:
    def __init__(self, scope: Scope, receive: Receive, idle: float, rate: int) -> None:
        self._scope = scope
        self._receive = receive
        self._idle = idle
        self._rate = rate
        self._waited = 0.0
        self._came = 0
        self._whole = False

    @property
    def is_whole(self) -> bool:
        return self._whole or WHOLE in self._scope

    @property
    def is_owed(self) -> bool:
        """Whether so much of the body has not come that we do not wait for it."""
        if self.is_whole:
            return False
        length = 0
        for name, value in self._scope["headers"]:
            if name == b"transfer-encoding" or (name == b"expect" and self._came == 0):
                return True
            if name == b"content-length" and value.isdigit():
                length = int(value)
        return length - self._came > SMALL

    async def receive(self) -> Message:
        """Raises: RequestTooSlow."""
        if self.is_whole:
            return await self._receive()
        began = monotonic()
        try:
            async with asyncio.timeout(self._idle):
                message = await self._receive()
        except TimeoutError as late:
            raise RequestTooSlow(reason=f"nothing came for {self._idle:g} s") from late
        if message["type"] != "http.request":
            return message
        self._waited += monotonic() - began
        self._came += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if not self._whole and self._waited > self._idle:
            self._check_rate()
        return message

    def _check_rate(self) -> None:
        if self._came < self._waited * self._rate:
            raise RequestTooSlow(
                reason=f"fewer than {self._rate} bytes a second came in {self._waited:.0f} s"
            )
