"""A client as cheap as can be: bytes that were made before go out, an answer's body comes back."""

import re
import socket
import threading
import time
from collections.abc import Sequence

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
BOUNDARY = "----comptoir-bench"


class Connection:
    """One connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes, expected: int) -> bytes:
        """The body of the answer, whose status must be the expected one."""
        self._socket.sendall(request)
        head, _, body = self._until_head().partition(b"\r\n\r\n")
        if f" {expected} ".encode() not in head[:16]:
            raise RuntimeError((head + body)[:500])
        found = LENGTH.search(head)
        missing = int(found[1]) - len(body) if found else 0
        parts = [body]
        while missing > 0:
            parts.append(self._socket.recv(1 << 20))
            missing -= len(parts[-1])
        return b"".join(parts)

    def _until_head(self) -> bytes:
        got = b""
        while b"\r\n\r\n" not in got:
            more = self._socket.recv(1 << 16)
            if not more:
                raise ConnectionError("the server closed the connection")
            got += more
        return got

    def close(self) -> None:
        self._socket.close()


def get(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def upload(job: str, token: str, lines: Sequence[bytes], *, full: bool) -> bytes:
    """As the agent sends a page (spec/eventbus.md §1.2)."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    )
    body = head.encode() + b"\r\n".join(lines) + f"\r\n--{BOUNDARY}--\r\n".encode()
    start = (
        f"POST /collector/upload/{job} HTTP/1.1\r\nHost: bench\r\n"
        f"Authorization: Bearer {token}\r\nFull-Sync-Requested: {int(full)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return start.encode() + body


def elapsed(port: int, requests: Sequence[Sequence[bytes]], expected: int) -> float:
    """Seconds that `all_at_once` takes."""
    started = time.perf_counter()
    all_at_once(port, requests, expected)
    return time.perf_counter() - started


def all_at_once(port: int, requests: Sequence[Sequence[bytes]], expected: int) -> list[float]:
    """Each list goes out on a connection of its own, one request after the other.

    Returns the seconds of each request.
    """
    found: list[float] = []
    failures: list[BaseException] = []

    def client(mine: Sequence[bytes]) -> None:
        connection = Connection(port)
        try:
            for request in mine:
                started = time.perf_counter()
                connection.ask(request, expected)
                found.append(time.perf_counter() - started)
        except BaseException as failure:  # noqa: BLE001 - told below
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(mine,)) for mine in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return found
