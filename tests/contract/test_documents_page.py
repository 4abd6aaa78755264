"""The page at /docs and the files beside it: whole, self-contained, readable by machines."""

import asyncio
import json
import shlex
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.applications import Starlette

from comptoir.app.docs import documents, routes
from comptoir.app.wiring import all_endpoints
from comptoir.infra.http import curl
from comptoir.infra.http.sharing import operations

BASE = "https://api.example:8443"
MADE = documents(all_endpoints(), BASE)
APP = Starlette(routes=routes(MADE))
VOID = {"meta", "link", "br"}


def get(path: str) -> tuple[int, dict[str, str], bytes]:
    """One request to the routes, without a server."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"api.example")],
        "scheme": "https",
        "server": ("api.example", 443),
        "root_path": "",
        "http_version": "1.1",
    }
    asyncio.run(APP(scope, receive, send))
    start = sent[0]
    headers = {k.decode(): v.decode() for k, v in start["headers"]}
    return start["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.attributes |= found.keys()
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found["href"]))
        if tag == "link":
            self.loaded.append(str(found["href"]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


@pytest.fixture(scope="module")
def page() -> Page:
    status, headers, body = get("/docs")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    return Page(body.decode())


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.open == []
    assert sorted(page.ids) == sorted(set(page.ids))


def test_every_operation_has_its_anchor(page: Page) -> None:
    for document in MADE.openapi.values():
        for _, _, operation in operations(document):
            assert operation["operationId"] in page.ids


def test_every_link_leads_somewhere(page: Page) -> None:
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert get(link)[0] == 200, link


def test_the_page_needs_no_script_and_no_other_host(page: Page) -> None:
    assert page.loaded == ["/docs/static/docs.css", "data:,"]
    assert not page.tags & {"script", "style", "img", "iframe"}
    assert not {name for name in page.attributes if name.startswith("on") or name == "style"}
    _, _, css = get("/docs/static/docs.css")
    assert b"url(" not in css
    assert b"@import" not in css


@pytest.mark.parametrize("name", sorted(MADE.openapi))
def test_openapi_is_served(name: str) -> None:
    status, headers, body = get(f"/openapi/{name}.json")

    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == MADE.openapi[name]


@pytest.mark.parametrize("name", sorted(MADE.postman))
def test_postman_is_served(name: str) -> None:
    assert json.loads(get(f"/postman/{name}.json")[2]) == MADE.postman[name]


def test_a_document_that_is_not_there() -> None:
    status, headers, body = get("/openapi/nothing.json")

    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert json.loads(body)["code"] == "app.document_not_found"
    assert "oauth" in json.loads(body)["detail"]


def test_the_address_of_a_problem_leads_to_its_words(page: Page) -> None:
    status, headers, _ = get("/problems/store-identity/proof-invalid")

    assert status == 302
    assert headers["location"].startswith("/docs#")
    assert headers["location"].removeprefix("/docs#") in page.ids


def test_a_command_can_be_pasted_into_a_shell() -> None:
    for document in MADE.openapi.values():
        for method, path, operation in operations(document):
            text = curl.command(BASE, method, path, operation)
            words = shlex.split(text)
            sent = words[words.index("-X") + 1] if "-X" in words else "GET"
            assert words[0] == "curl"
            assert sent == method
            assert any(w.startswith(BASE + path.partition("{")[0]) for w in words)
            assert "{" not in next(w for w in words if w.startswith(BASE))
            assert ("$TOKEN" in text) == (operation["x-access"] != "anyone")
