"""A deprecated endpoint in a real application: headers, document, page (RFC 9745, RFC 8594)."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from comptoir.app.docs_page import page
from comptoir.app.edge import on_problem
from comptoir.app.wiring import build
from comptoir.base.errors import NotFound, Problem
from comptoir.infra.http.auth import Access, Caller
from comptoir.infra.http.context import Context
from comptoir.infra.http.documents import documents
from comptoir.infra.http.endpoint import Endpoint, json_response
from comptoir.infra.settings import Settings

BASE = "https://comptoir.example"


@dataclass(kw_only=True, eq=False)
class Absent(NotFound):
    """There is none."""

    code = "tests.absent"
    title = "Absent"


async def answer(request: Request, _: Context, __: Caller | None) -> Response:
    if "absent" in request.query_params:
        raise Absent
    return json_response({"ok": True})


NOW = Endpoint(
    "GET",
    "/accounts/v2/things",
    answer,
    Access.ANYONE,
    "accounts",
    "Things",
    answers={200: {"type": "object"}},
    name="listThings",
)
OLD = replace(
    NOW,
    path="/accounts/v1/things",
    name="listThingsOld",
    deprecated=date(2026, 1, 31),
    sunset=date(2026, 7, 31),
)
CLOSED = replace(OLD, path="/accounts/v1/closed", name="listClosed", access=Access.STORE)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Starlette]:
    context = build(Settings(data=tmp_path, public_url=BASE))
    routes = [endpoint.route() for endpoint in (NOW, OLD, CLOSED)]
    made = Starlette(routes=routes, exception_handlers={Problem: on_problem})
    made.state.context = context
    yield made
    context.db.close()


def get(app: Starlette, path: str) -> tuple[int, dict[str, str]]:
    """Status and headers of the answer."""
    sent: list[Any] = []
    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": "GET",
        "path": target,
        "query_string": query.encode(),
        "headers": [],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/accounts/v1/things", 200),
        ("/accounts/v1/things?absent", 404),
        ("/accounts/v1/closed", 401),
    ],
)
def test_every_answer_says_that_it_is_going(app: Starlette, path: str, status: int) -> None:
    found, headers = get(app, path)

    assert found == status
    since = datetime.fromtimestamp(int(headers["deprecation"].removeprefix("@")), UTC)
    assert headers["deprecation"].startswith("@")
    assert since == datetime(2026, 1, 31, tzinfo=UTC)
    assert headers["sunset"] == "Fri, 31 Jul 2026 00:00:00 GMT"
    assert parsedate_to_datetime(headers["sunset"]) == datetime(2026, 7, 31, tzinfo=UTC)
    name = "listClosed" if "closed" in path else "listThingsOld"
    assert headers["link"] == f'<{BASE}/docs#{name}>; rel="deprecation"; type="text/html"'
    assert ("www-authenticate" in headers) == (status == 401)


@pytest.mark.parametrize("path", ["/accounts/v2/things", "/accounts/v2/things?absent"])
def test_others_say_nothing(app: Starlette, path: str) -> None:
    _, headers = get(app, path)
    assert not {"deprecation", "sunset", "link"} & headers.keys()


def test_document_and_page_say_it_too() -> None:
    made = documents([NOW, OLD], BASE)
    paths = made.openapi["accounts"]["paths"]
    OpenAPIV30SpecValidator(made.openapi["accounts"]).validate()
    old, new = (paths[e.path]["get"] for e in (OLD, NOW))

    assert (old["deprecated"], old["x-sunset"]) == (True, "2026-07-31")
    assert not {"deprecated", "x-sunset"} & new.keys()
    assert page(made).count("it may be gone after 2026-07-31") == 1
    assert 'id="listThingsOld"' in page(made), "where the Link leads"
