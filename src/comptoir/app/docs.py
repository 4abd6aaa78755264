"""The published documents: `/docs`, `/openapi/*.json` and `/postman/*.json`.

They are made when first asked for, so that the server starts without them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from comptoir.app.docs_page import page, problem_anchor
from comptoir.base.errors import NotFound
from comptoir.infra.http.documents import Documents, documents
from comptoir.infra.http.problems import respond

__all__ = ["Documents", "documents", "routes"]

CACHED = {"Cache-Control": "public, max-age=300"}
ANSWER = Callable[[Request], Awaitable[Response]]


@dataclass(kw_only=True, eq=False)
class DocumentNotFound(NotFound):
    """No document of that name: there is none, or its service is off."""

    code = "app.document_not_found"
    title = "No such document"

    name: str
    known: list[str]

    def detail(self) -> str:
        return f"There is no document {self.name} here. There are: {', '.join(self.known)}."


def routes(made: Documents) -> list[Route]:
    """The pages and files of `made`. Anyone may read them."""

    @cache
    def html() -> bytes:
        return page(made).encode()

    async def docs(_: Request) -> Response:
        return Response(html(), media_type="text/html", headers=CACHED)

    async def problem(request: Request) -> Response:
        # `type` of our problems (RFC 9457 §3.1.1) leads to what the page says about them.
        return RedirectResponse("/docs#" + problem_anchor(request.path_params["code"]), 302)

    found = [
        Route("/docs", docs),
        Route("/docs/static/docs.css", _css),
        Route("/problems/{code:path}", problem),
        Route("/openapi/{name}.json", _files(made, "openapi")),
        Route("/postman/{name}.json", _files(made, "postman")),
    ]
    for route in found:
        # The name in logs and metrics.
        route.endpoint.template = route.path  # type: ignore[attr-defined]
    return found


def _files(made: Documents, kind: str) -> ANSWER:
    @cache
    def encoded(name: str) -> bytes:
        return msgspec.json.format(msgspec.json.encode(getattr(made, kind)[name]))

    async def answer(request: Request) -> Response:
        name, known = request.path_params["name"], getattr(made, kind)
        if name not in known:
            return respond(request.url.path, DocumentNotFound(name=name, known=list(known)))
        return Response(encoded(name), media_type="application/json", headers=CACHED)

    return answer


async def _css(_: Request) -> Response:
    return Response(_stylesheet(), media_type="text/css", headers=CACHED)


@cache
def _stylesheet() -> bytes:
    return resources.files("comptoir.app").joinpath("static", "docs.css").read_bytes()
