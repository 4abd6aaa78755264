"""The application of `app/`, served beside the server under test and on another origin.

The same port is `localhost`, which is the server's site, and `127.0.0.1`, which is another site: to
that the browser lends the server's cookies only when a whole window goes there.
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.ports import free_port

FOLDER = Path(__file__).parent
LIBRARIES = {"3": "oidc-client-ts", "2": "oidc-client-ts-2"}
"""vue-auth 0.8.2 is built with version 2; version 3 is today's."""


class Application(ThreadingHTTPServer):
    """`settings` and `library` may change between two loads of the page."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", free_port()), _Pages)
        self.settings: dict[str, object] = {}
        self.library = "3"

    def origin(self, host: str) -> str:
        return f"http://{host}:{self.server_address[1]}"

    @contextlib.contextmanager
    def also(self, **settings: object) -> Iterator[None]:
        """More settings of oidc-client-ts, for a while."""
        before, self.settings = self.settings, self.settings | settings
        yield
        self.settings = before

    def answer(self, path: str) -> tuple[str, bytes]:
        """The type and bytes at a path; the page itself at every path that is no file."""
        if path == "/settings.js":
            return "text/javascript", f"const settings = {json.dumps(self.settings)};".encode()
        if path == "/app.js":
            return "text/javascript", (FOLDER / "app" / "app.js").read_bytes()
        if path == "/oidc-client-ts.js":
            package = FOLDER / "node_modules" / LIBRARIES[self.library]
            return "text/javascript", (
                package / "dist" / "browser" / "oidc-client-ts.min.js"
            ).read_bytes()
        return "text/html", (FOLDER / "app" / "index.html").read_bytes()


class _Pages(BaseHTTPRequestHandler):
    server: Application

    def do_GET(self) -> None:
        kind, body = self.server.answer(self.path.partition("?")[0])
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served() -> Iterator[Application]:
    with Application() as made:
        thread = threading.Thread(target=made.serve_forever, name="application")
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()
