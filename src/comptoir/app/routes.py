"""Which route answers a request."""

from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import Lifespan, Receive, Scope, Send


class Routes(Router):
    """Starlette's router, but a path without parameters is looked up, not looked for: most requests
    have one, and there are a hundred routes."""

    def __init__(self, routes: Sequence[BaseRoute], lifespan: Lifespan[Any]) -> None:
        # A redirect to the path without its last slash would be built from the request, not from
        # BASE.
        super().__init__(routes, redirect_slashes=False, lifespan=lifespan)
        self._plain = {
            (method, route.path): route
            for route in routes
            if isinstance(route, Route) and "{" not in route.path
            for method in route.methods or ()
            if self._first(method, route.path) is route
        }

    def _first(self, method: str, path: str) -> BaseRoute | None:
        """The route that answers: the order decides between two that fit."""
        scope: Scope = {"type": "http", "method": method, "path": path}
        fitting = (route for route in self.routes if route.matches(scope)[0] is Match.FULL)
        return next(fitting, None)

    def answers(self, method: str, path: str) -> bool:
        return self._first(method, path) is not None

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._plain.get((scope.get("method", ""), scope.get("path", "")))
        if route is None or scope["type"] != "http":
            await super().app(scope, receive, send)
            return
        scope.update(router=self, route=route, endpoint=route.endpoint, path_params={})
        await route.app(scope, receive, send)
