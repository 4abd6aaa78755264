"""The installation of a server, opened beside it: for what no page or command does."""

import contextlib
from collections.abc import Iterator

from comptoir.app.wiring import build
from comptoir.infra.http.context import Context
from comptoir.infra.settings import load
from tests.server import Server


@contextlib.contextmanager
def opened(server: Server) -> Iterator[Context]:
    ours = {k: v for k, v in server.environ.items() if k.startswith("COMPTOIR_")}
    context = build(load(environ=ours))
    try:
        yield context
    finally:
        context.db.close()
