"""Which route answers: the one that Starlette's router would have found."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from comptoir.app.routes import Routes


def named(name: str) -> Any:
    async def answer(request: Request) -> Response:
        return PlainTextResponse(f"{name} {sorted(request.path_params.items())}")

    return answer


ROUTES = [
    Route("/a", named("first"), methods=["GET"]),
    Route("/a", named("second"), methods=["GET", "POST"]),
    Route("/things/{thing}", named("any thing"), methods=["GET"]),
    Route("/things/known", named("known"), methods=["GET", "PUT"]),
    Route("/late/known", named("late"), methods=["GET"]),
    Route("/late/{thing}", named("any late"), methods=["GET", "DELETE"]),
]


def answer(router: Router, method: str, path: str) -> tuple[int, bytes]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> None:
        app = Starlette()
        app.router = router
        scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
        await app({**scope, "root_path": ""}, receive, send)

    asyncio.run(ask())
    return sent[0]["status"], sent[1]["body"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"])
@pytest.mark.parametrize(
    "path",
    ["/a", "/a/", "/A", "//a", "/things/known", "/things/x", "/late/known", "/late/x", "/", ""],
)
def test_it_is_the_one_that_the_order_says(method: str, path: str) -> None:
    ours = Routes(ROUTES, Starlette().router.lifespan_context)
    theirs = Router(ROUTES, redirect_slashes=False)

    assert answer(ours, method, path) == answer(theirs, method, path)
