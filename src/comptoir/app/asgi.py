"""The web application: the endpoints of the services that run, health, metrics, documents."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from comptoir.app import docs, wiring
from comptoir.app.aliases import Aliases
from comptoir.app.compression import Compression
from comptoir.app.cors import Cors
from comptoir.app.edge import Edge, on_http_error, on_problem
from comptoir.app.routes import Routes
from comptoir.app.worker import Worker
from comptoir.base.errors import Problem
from comptoir.infra.http.context import Context, context_of
from comptoir.infra.http.endpoint import json_response
from comptoir.infra.http.patience import Patience


async def healthz(request: Request) -> Response:
    """200 while the database answers and, if it failed before, takes writes again."""
    await context_of(request).db.check()
    return json_response({"status": "ok"})


async def metrics(request: Request) -> Response:
    return Response(context_of(request).metrics.text(), media_type="text/plain; version=0.0.4")


def _lifespan(
    context: Context, worker: Worker | None
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        if worker is not None:
            await worker.start()
        try:
            yield
        finally:
            if worker is not None:
                await worker.stop()
            await context.outbound.close()
            context.db.close()

    return life


def make_app(context: Context, worker: Worker | None = None) -> Starlette:
    """The ASGI application. A worker, if given, runs in the same event loop."""
    settings = context.settings
    found = wiring.endpoints(settings)
    for handler, path in ((healthz, "/healthz"), (metrics, "/metrics")):
        handler.template = path  # type: ignore[attr-defined]
    app = Starlette(
        middleware=[
            Middleware(Edge, context=context),
            Middleware(Cors, paths=frozenset(e.path for e in found if e.cors)),
            Middleware(Compression),
            Middleware(Patience, idle=settings.body_timeout, rate=settings.body_rate),
            Middleware(Aliases, aliases=settings.host_aliases, base=settings.base),
        ],
        exception_handlers={Problem: on_problem, HTTPException: on_http_error},
    )
    app.router = Routes(
        [
            Route("/healthz", healthz),
            Route("/metrics", metrics),
            *(endpoint.route() for endpoint in found),
            *(page.route() for page in wiring.pages(settings)),
            *docs.routes(docs.documents(found, settings.base)),
        ],
        _lifespan(context, worker),
    )
    app.state.context = context
    return app
