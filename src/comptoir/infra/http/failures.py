"""What an endpoint may refuse, as OpenAPI responses: grouped by status, one example per code."""

from collections.abc import Sequence
from dataclasses import fields
from http import HTTPStatus
from typing import Any

from comptoir.base.errors import Problem
from comptoir.infra.db.condition import DatabaseUnavailable
from comptoir.infra.http import idempotency, problems
from comptoir.infra.http.auth import (
    Access,
    ForeignStore,
    InsufficientScope,
    TokenInvalid,
    TokenMissing,
    WrongKindOfToken,
)
from comptoir.infra.http.endpoint import BodyTooLarge, BodyUnreadable, Endpoint
from comptoir.infra.http.patience import RequestTooSlow
from comptoir.infra.http.rate import RateLimited
from comptoir.infra.http.samples import named
from comptoir.infra.http.schema import Schema

TEXT: Schema = {"type": "string"}

SHAPES: dict[problems.Style, tuple[str, Schema]] = {
    problems.rfc9457: (
        "Problem",
        {
            "type": "object",
            "description": "RFC 9457. More members say what the problem knows.",
            "required": ["type", "title", "status", "detail", "code"],
            "properties": {
                "type": {"type": "string", "description": "Where the problem is described."},
                "title": TEXT,
                "status": {"type": "integer"},
                "detail": {"type": "string", "description": "What is wrong and what to do."},
                "code": {"type": "string", "description": "Never changes: decide by this."},
            },
        },
    ),
    problems.accounts: (
        "AccountsError",
        {
            "type": "object",
            "required": ["error", "message"],
            "properties": {
                "error": {"type": "string", "description": "The code. Never changes."},
                "message": {"type": "string", "description": "What is wrong and what to do."},
                "reason": TEXT,
                "response": {"type": "object", "description": "What the store answered."},
            },
        },
    ),
    problems.oauth: (
        "OAuthError",
        {
            "type": "object",
            "description": "RFC 6749 §5.2.",
            "required": ["error", "error_description"],
            "properties": {"error": TEXT, "error_description": TEXT},
        },
    ),
    problems.raw: (
        "ApiError",
        {
            "type": "object",
            "required": ["code", "message", "statusText", "data", "error"],
            "properties": {
                "code": {"type": "string", "description": "The status, as text."},
                "message": {"type": "string", "description": "What is wrong and what to do."},
                "statusText": TEXT,
                "data": {
                    "type": "object",
                    "required": ["status"],
                    "properties": {"status": {"type": "integer"}},
                },
                "error": {"type": "string", "description": "The code. Never changes."},
            },
        },
    ),
}
"""Shape on the wire → name and schema of it."""


def leaves(kind: type[Problem] = Problem) -> list[type[Problem]]:
    """Every documented problem that is loaded, by code."""
    below = kind.__subclasses__()
    if not below:
        # A test may define problems of its own: they are not this server's.
        ours = kind.__module__.startswith("comptoir.")
        return [kind] if ours and hasattr(kind, "code") else []
    found = [leaf for sub in below for leaf in leaves(sub)]
    return sorted(found, key=lambda problem: problem.code)


def meaning(problem: type[Problem]) -> str:
    """The first paragraph of its docstring, on one line."""
    return " ".join((problem.__doc__ or "").strip().partition("\n\n")[0].split())


def possible(endpoint: Endpoint) -> list[type[Problem]]:
    """What the endpoint names, and what follows from its access and its body."""
    found: list[type[Problem]] = []
    if endpoint.access is not Access.ANYONE:
        found += [TokenMissing, TokenInvalid, WrongKindOfToken]
    if endpoint.access is Access.VENDOR:
        found.append(InsufficientScope)
    if endpoint.access is not Access.VENDOR and "{shop_id" in endpoint.path:
        found.append(ForeignStore)
    if isinstance(endpoint.body, type) and endpoint.body_kind == "application/json":
        found += [BodyUnreadable, BodyTooLarge]
    if endpoint.body is not None:
        found.append(RequestTooSlow)
    if endpoint.keyed:
        found += idempotency.PROBLEMS
    found += [e for e in endpoint.errors if not isinstance(e, int)]
    found.append(RateLimited)
    found.append(DatabaseUnavailable)
    return list(dict.fromkeys(found))


def responses(endpoint: Endpoint) -> tuple[dict[str, Any], dict[str, Schema]]:
    """OpenAPI responses by status, and the named schemas they refer to."""
    style = problems.style_of(endpoint.path)
    name, schema = SHAPES[style]
    by_status: dict[int, list[type[Problem]]] = {
        status: [] for status in endpoint.errors if isinstance(status, int)
    }
    for problem in possible(endpoint):
        by_status.setdefault(problem.status, []).append(problem)
    kind = "application/problem+json" if style is problems.rfc9457 else "application/json"
    found = {
        str(status): _response(style, status, those, kind, name)
        for status, those in sorted(by_status.items())
    }
    return found, {name: schema} if found else {}


def _response(
    style: problems.Style, status: int, those: Sequence[type[Problem]], kind: str, name: str
) -> dict[str, Any]:
    phrase = HTTPStatus(status).phrase
    lines = [f"- `{p.code}`: {meaning(p)}" for p in those]
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    if those:
        content["examples"] = {
            p.code: {"summary": p.title, "value": example(style, p)} for p in those
        }
    done = {
        "description": "\n".join([phrase + (":" if lines else ""), *lines]),
        "content": {kind: content},
    }
    if any(f.name == "retry_after" for p in those for f in fields(p)):
        words = "Seconds until the next request will pass."
        done["headers"] = {"Retry-After": {"description": words, "schema": {"type": "integer"}}}
    return done


def example(style: problems.Style, problem: type[Problem]) -> dict[str, Any]:
    """The body that `problem` has on the wire, with invented facts."""
    made = problem(**{f.name: _fact(f.name, str(f.type)) for f in fields(problem)})
    facts = {k: v for k, v in made.facts().items() if v is not None}
    return style(made.status, made.code, made.title, made.detail(), facts)


def _fact(name: str, kind: str) -> Any:
    if "None" in kind:
        return None
    value = named(name)
    for word, plain in (("int", 1), ("float", 1.0), ("bool", True), ("list", []), ("dict", {})):
        if word in kind:
            return value if isinstance(value, type(plain)) else plain
    return value if isinstance(value, str) else "text"
