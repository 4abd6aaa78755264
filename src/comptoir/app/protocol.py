"""uvicorn's HTTP protocol, with an end to every patience.

uvicorn waits for ever for headers that are half sent and for answers that nobody reads, keeps
headers and trailers of any length, and closes a connection under a client that still sends, which
then never sees its answer.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from comptoir.base.errors import HeadersTooLarge, Problem
from comptoir.infra.http.patience import WHOLE, RequestTooSlow
from comptoir.infra.http.problems import rfc9457
from comptoir.infra.settings import Settings

MOST_HEAD = 1 << 16
"""Bytes of a request's line and headers, and of its trailers."""
LINGER = 30.0
"""Seconds that we still read, and drop, after an answer that came before the request had ended."""


@dataclass(kw_only=True, eq=False)
class HeadTooLarge(HeadersTooLarge):
    """The request's line and headers are larger than 64 KiB."""

    code = "app.head_too_large"
    title = "The request's headers are too large"

    def detail(self) -> str:
        return f"The request's line and headers are larger than {MOST_HEAD} bytes: shorten them."


class Line(asyncio.Transport):
    """The connection, as uvicorn sees it: closing it waits until the client has read the answer."""

    def __init__(self, transport: asyncio.Transport, door: "Door") -> None:
        super().__init__()
        self._transport = transport
        self._door = door
        self._written = 0

    @property
    def flushed(self) -> int:
        """Bytes that the system took from us."""
        return self._written - self._transport.get_write_buffer_size()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._written += len(data)
        self._transport.write(data)

    def close(self) -> None:
        if self._door.owes and not self._transport.is_closing():
            self._door.linger()
        else:
            self._transport.close()

    def is_closing(self) -> bool:
        return self._door.lingers or self._transport.is_closing()

    def abort(self) -> None:
        """End it with a reset: otherwise the system keeps what the client has not read."""
        number = self._transport.get_extra_info("socket").fileno()
        if number >= 0:
            system = socket.socket(fileno=number)
            system.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            system.detach()
        self._transport.abort()

    def write_eof(self) -> None:
        self._transport.write_eof()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()


class Door(HttpToolsProtocol):
    """One connection."""

    head_within = 10.0
    """Seconds for the request's line and headers, from the first byte; for that byte on a new
    connection too."""
    idle = 30.0
    """Seconds after which we look whether the client reads its answer."""
    rate = 4096
    """Bytes a second that it must read."""

    owes = False
    """Whether the client has begun a request and not ended it."""
    lingers = False
    _deaf = False
    """Whether what comes is dropped: it was refused, and an answer is still under way."""
    _in_head = False
    _measured = 0
    """Headers and trailers of the request whose bytes are in `_size`."""
    _size = 0
    _unread = 0
    _refusal: Problem | None = None
    _waiting: asyncio.TimerHandle | None = None
    _watching: asyncio.TimerHandle | None = None
    _line: Line

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._line = Line(transport, self)
        super().connection_made(self._line)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self.owes = False
        self._stop_waiting()
        if self._watching is not None:
            self._watching.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.lingers or self._deaf:
            return
        self._unread += len(data)
        super().data_received(data)
        growing = self._in_head or self._trailed()
        too_much = self._unread > MOST_HEAD or (growing and self._too_large())
        if too_much and not self._line.is_closing():
            self._refuse(HeadTooLarge())
        if self._waiting is None and self._answered():
            self._wait()

    # What the parser tells.

    def on_message_begin(self) -> None:
        self.owes = self._in_head = True
        self._measured = self._size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Raises: HeadTooLarge."""
        self._check_head()
        self._in_head = False
        self._unread = 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Raises: HeadTooLarge. Now, for another request may come in the same bytes."""
        if self._trailed():
            self._check_head()
        self.owes = False
        self._unread = 0
        self.scope[WHOLE] = True  # type: ignore[literal-required]
        super().on_message_complete()

    def _check_head(self) -> None:
        """Raises: HeadTooLarge, which the parser turns into its own error."""
        if self._too_large():
            self._refusal = HeadTooLarge()
            raise self._refusal

    def _trailed(self) -> bool:
        """Whether trailers came, which nobody has measured: the parser keeps them with the
        headers."""
        return 0 < self._measured < len(self.headers)

    def _too_large(self) -> bool:
        """Whether the request's line, headers and trailers are, as far as they were read. Each is
        measured once, however many packets bring them."""
        for name, value in self.headers[self._measured :]:
            self._size += len(name) + len(value) + 4
        self._measured = len(self.headers)
        return len(self.url) + self._size > MOST_HEAD

    def send_400_response(self, msg: str) -> None:
        """The parser has given up; why, if it was not for the form, is in `_refusal`."""
        if self._refusal is not None:
            self._refuse(self._refusal)
        elif self._answered():
            super().send_400_response(msg)
        else:
            self._drop_what_comes()

    def _refuse(self, problem: Problem) -> None:
        """Answer a request that never became one, and end the connection. What was asked before it
        is answered first, and ends the connection then."""
        if self._in_head and not self._answered():
            self._drop_what_comes()
            return
        if self._answered():
            content = msgspec.json.encode(
                rfc9457(problem.status, problem.code, problem.title, problem.detail(), {})
            )
            head = (
                "content-type: application/problem+json\r\n"
                f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
            )
            self._line.write(STATUS_LINE[problem.status] + head.encode() + content)
        self._line.close()

    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _drop_what_comes(self) -> None:
        """The answer under way ends the connection."""
        self.cycle.keep_alive = False
        self._deaf = True
        self._stop_waiting()
        if self._in_head:
            self.headers.clear()

    # Slow senders.

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self.head_within, self._waited)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _waited(self) -> None:
        self._waiting = None
        if self._line.is_closing():
            return
        if self._in_head:
            self._refuse(RequestTooSlow(reason=f"no whole head within {self.head_within:g} s"))
        else:
            self._line.close()

    # Clients that still send when we have answered.

    def linger(self) -> None:
        """Say that nothing more comes, and read on for a while, so that the answer arrives."""
        self.lingers = True
        if self._in_head:  # it became no request: nobody else has these
            self.headers.clear()
        self._stop_waiting()
        self._line.write_eof()
        self.flow.resume_reading()
        self._waiting = self.loop.call_later(LINGER, self._line.abort)

    def shutdown(self) -> None:
        if self.lingers:
            self._line.abort()
        else:
            super().shutdown()

    # Slow readers.

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._in_head and self._waiting is None:
            self._wait()
        self._watch()

    def _watch(self) -> None:
        if self._watching is None and self._line.get_write_buffer_size():
            self._watching = self.loop.call_later(self.idle, self._look, self._line.flushed)

    def _look(self, before: int) -> None:
        self._watching = None
        if self._line.get_write_buffer_size() and (
            self._line.flushed - before < self.rate * self.idle
        ):
            self._line.abort()
        else:
            self._watch()


def door(settings: Settings) -> type[Door]:
    """The protocol of this installation."""

    class Configured(Door):
        head_within = settings.header_timeout
        idle = settings.body_timeout
        rate = settings.body_rate

    return Configured
