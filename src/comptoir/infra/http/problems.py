"""Problems on the wire: RFC 9457 on our own APIs, the protocol's shape on compatible ones."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from comptoir.base.errors import Problem

Body = dict[str, object]
Style = Callable[[int, str, str, str, Mapping[str, object]], Body]
"""(status, code, title, detail, facts) → body."""


def rfc9457(status: int, code: str, title: str, detail: str, facts: Mapping[str, object]) -> Body:
    """`application/problem+json`: our own APIs and everything that belongs to none."""
    return {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **{k: v for k, v in facts.items() if k not in ("type", "title", "status", "detail")},
    }


def accounts(status: int, code: str, title: str, detail: str, facts: Mapping[str, object]) -> Body:
    """Accounts API (spec/accounts.md §1.1): `error`, `message`, perhaps `reason`, `response`."""
    extra = {k: facts[k] for k in ("reason", "response") if facts.get(k) is not None}
    return {"error": code, "message": detail, **extra}


def oauth(status: int, code: str, title: str, detail: str, facts: Mapping[str, object]) -> Body:
    """RFC 6749 §5.2."""
    return {"error": code, "error_description": detail}


def raw(status: int, code: str, title: str, detail: str, facts: Mapping[str, object]) -> Body:
    """Raw, Reporting and Sync APIs (spec/rawapi.md §7): `code` and `message` are strings."""
    return {
        "code": str(status),
        "message": detail,
        "statusText": HTTPStatus(status).phrase,
        "data": {"status": status},
        "error": code,
    }


STYLES: dict[str, Style] = {
    "/accounts": accounts,
    "/oauth2": oauth,
    "/raw": raw,
    "/reporting": raw,
    "/sync": raw,
    "/sync-api": accounts,
    "/collector": accounts,
    "/live-sync": accounts,
}
"""First path segment → shape."""


def style_of(path: str) -> Style:
    return STYLES.get("/" + path.lstrip("/").partition("/")[0], rfc9457)


def respond(path: str, problem: Problem) -> Response:
    """The answer for `problem` to a request of `path`."""
    headers = {}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        basic = problem.code == "invalid_client"
        headers["WWW-Authenticate"] = 'Basic realm="comptoir"' if basic else "Bearer"
    if style_of(path) is oauth:
        headers["Cache-Control"] = "no-store"
    if problem.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        headers["Accept-Encoding"] = "gzip, zstd"
    retry = problem.facts().get("retry_after")
    if retry is not None:
        headers["Retry-After"] = str(retry)
    return body(
        path,
        problem.status,
        problem.code,
        problem.title,
        problem.detail(),
        problem.facts(),
        headers,
    )


def body(
    path: str,
    status: int,
    code: str,
    title: str,
    detail: str,
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    style = style_of(path)
    kind = "application/problem+json" if style is rfc9457 else "application/json"
    content = msgspec.json.encode(style(status, code, title, detail, facts or {}))
    return Response(content, status, dict(headers or {}), kind)
