"""An endpoint says in one place what it is: path, who may call, what goes in and comes out.

Routes, the OpenAPI documents, the Postman collections and the access matrix are made from it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from comptoir.base.errors import BadRequest, Problem, TooLarge
from comptoir.infra.http import deprecation, idempotency, problems
from comptoir.infra.http.admission import admit
from comptoir.infra.http.auth import Access, Caller, require_scope
from comptoir.infra.http.context import Context, context_of

Handler = Callable[[Request, Context, Caller | None], Awaitable[Response]]
S = TypeVar("S")
NUL = b"\\u0000"
"""As JSON writes it. PostgreSQL takes no text with it, and no name or address has it."""


@dataclass(frozen=True, slots=True)
class Param:
    name: str
    where: str = "query"
    """`query`, `path` or `header`."""
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    about: str = ""
    example: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    handler: Handler
    access: Access
    api: str
    """Which document it belongs to: oauth, accounts, cloudsync, raw, reporting, sync…"""
    summary: str
    about: str = ""
    params: Sequence[Param] = ()
    body: Any = None
    """A JSON schema (or a msgspec type) of the request body."""
    body_kind: str = "application/json"
    body_example: Any = None
    answers: Mapping[int, Any] = field(default_factory=dict)
    """Status → JSON schema, msgspec type, or a sentence when there is no body."""
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    """Header of those answers → what it says."""
    answer_example: Any = None
    errors: Sequence[type[Problem] | int] = ()
    name: str = ""
    """operationId; made from method and path when empty."""
    tag: str = ""
    """Heading it stands under in the documents; made from the path when empty."""
    answer_kind: str = "application/json"
    """Media type of the answers that have a schema."""
    limit: str = ""
    """A rate limit of its own: `token`, `identity` or `verify`."""
    takes_no_key: str = ""
    """Why a POST takes no `Idempotency-Key`. Empty: it takes one, and has its effect in `once`."""
    cors: bool = False
    """Scripts of any site may call it. It looks at no cookie: only what they send counts."""
    deprecated: date | None = None
    """The day since which clients should use something else."""
    sunset: date | None = None
    """The day after which it may be gone (docs/decisions/0012)."""

    @property
    def keyed(self) -> bool:
        """Whether it takes an `Idempotency-Key`."""
        return self.method == "POST" and not self.takes_no_key

    def route(self) -> Route:
        return Route(self.path, _Served(self), methods=[self.method], name=self.name or None)

    async def answer(self, request: Request) -> Response:
        if self.deprecated is None:
            return await self._answer(request)
        try:
            done = await self._answer(request)
        except Problem as problem:
            done = problems.respond(request.url.path, problem)
        about = f"{context_of(request).settings.base}/docs#{self.name}"
        done.headers.update(deprecation.headers(self.deprecated, self.sunset, about))
        return done

    async def _answer(self, request: Request) -> Response:
        context = context_of(request)
        caller = await admit(
            request, self.access, self.limit, context.authenticator, context.limits
        )
        if caller is not None:
            require_scope(caller, self.api)
        if not self.keyed or idempotency.HEADER not in request.headers:
            return await self.handler(request, context, caller)
        body = await read_body(request)
        claim = idempotency.claim_of(request, context, caller, body)
        with idempotency.alone(context, claim):
            before = await idempotency.kept(context, claim)
            if before is not None:
                return before
            return await self.handler(idempotency.carrying(request, claim, body), context, caller)


class _Served:
    """An endpoint as an ASGI application. Around a function, Starlette would look for failures
    once more: the application does that for all of them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.template = endpoint.path
        self._answer = endpoint.answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive, send))
        await answer(scope, receive, send)


@dataclass(kw_only=True, eq=False)
class BodyUnreadable(BadRequest):
    """The request body is not the JSON object that the endpoint takes."""

    code = "infra.body_unreadable"
    title = "The request body cannot be read"

    reason: str

    def detail(self) -> str:
        return f"The request body cannot be read: {self.reason}"


@dataclass(kw_only=True, eq=False)
class BodyTooLarge(TooLarge):
    """The request body is larger than the endpoint takes."""

    code = "infra.body_too_large"
    title = "The request body is too large"

    limit: int

    def detail(self) -> str:
        return f"The request body is larger than {self.limit} bytes."


async def read_body(request: Request, limit: int = 1 << 20) -> bytes:
    """The whole body of a small request.

    Raises:
        BodyTooLarge: over `limit` bytes.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit=limit)
        parts.append(part)
    return b"".join(parts)


async def read_json(request: Request, kind: type[S]) -> S:
    """The body as `kind` (a msgspec struct). Unknown members are ignored.

    Raises:
        BodyUnreadable: not JSON, or a member is missing or of the wrong type.
        BodyTooLarge: over 1 MiB.
    """
    body = await read_body(request)
    if NUL in body:
        raise BodyUnreadable(reason="there is a NUL character in it")
    return decode_json(body, kind, strict=False)


def decode_json(body: bytes, kind: type[S], *, strict: bool) -> S:
    """The bytes as `kind`. Not `strict`: numbers in quotes are numbers, and the like.

    Raises: BodyUnreadable.
    """
    try:
        return msgspec.json.decode(body, type=kind, strict=strict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise BodyUnreadable(reason=str(wrong)[:200]) from wrong


def json_response(content: Any, status: int = 200, **headers: str) -> Response:
    names = {k.replace("_", "-"): v for k, v in headers.items()}
    return Response(msgspec.json.encode(content), status, names, "application/json")
