"""Around every request: its id, its log line, its metrics, and an answer when something fails."""

import re
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comptoir.base.clock import monotonic
from comptoir.base.errors import Problem
from comptoir.infra.http import problems
from comptoir.infra.http.context import Context
from comptoir.infra.log import logger, request_lines

SHAPE = re.compile(r"[A-Za-z0-9._:-]{1,128}")
log = logger("http")


class Edge:
    """ASGI middleware. Logs the route's template, never the path: a path may hold a job id."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context
        self._line = request_lines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._identify(scope)
        scope["comptoir.request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = monotonic()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            status = status or 499
        except Exception:
            log.exception("request failed", route=_route(scope))
            if not status:
                answer = problems.body(
                    scope["path"],
                    500,
                    "internal_error",
                    "Internal error",
                    f"Something went wrong on our side. Tell the operator: request {request_id}.",
                )
                await answer(scope, receive, sending)
        finally:
            self._note(scope, status, monotonic() - started)
            structlog.contextvars.unbind_contextvars("request_id")

    def _identify(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and SHAPE.fullmatch(text := value.decode("latin-1")):
                return str(text)
        return self._context.ids.uuid()

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = _route(scope), scope["method"]
        method = method if method in ("GET", "HEAD", "POST", "PUT", "DELETE") else "OTHER"
        self._context.metrics.answered(route, method, status, seconds)
        self._line(method, route, status, seconds, scope["comptoir.request_id"])


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("endpoint"), "template", "unknown"))


def _methods(request: Request) -> list[str]:
    """The methods of every route at this path (RFC 9110 §15.5.6)."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


async def on_problem(request: Request, problem: Exception) -> Response:
    """A documented failure, in the shape of the API it belongs to."""
    assert isinstance(problem, Problem)
    return problems.respond(request.url.path, problem)


async def on_http_error(request: Request, error: Exception) -> Response:
    """No such path, or not with this method."""
    assert isinstance(error, HTTPException)
    texts: dict[int, tuple[str, str]] = {
        404: ("not_found", "There is nothing at this path: /docs shows what there is."),
        405: ("method_not_allowed", "This path does not take this method: see /docs."),
    }
    code, detail = texts.get(error.status_code, ("http_error", str(error.detail)))
    headers: dict[str, Any] = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return problems.body(
        request.url.path, error.status_code, code, str(error.detail), detail, headers=headers
    )
