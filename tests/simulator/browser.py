"""Somebody at a browser: keeps cookies, follows links, knows what page is open."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

from aiohttp import ClientSession, CookieJar
from yarl import URL


@dataclass
class Page:
    status: int
    url: str
    text: str
    hops: list[str]
    """Where redirects led, in order."""

    def link(self, label: str) -> str:
        found = re.search(rf'href="([^"]*)"[^>]*>{re.escape(label)}</a>', self.text)
        assert found, f"no link {label} in {self.text}"
        return unescape(found.group(1))

    def data(self, test: str, name: str) -> str:
        """An attribute of what has that `data-test`."""
        element = re.search(rf'<[^>]*data-test="{test}"[^>]*>', self.text)
        assert element, f"no {test} in {self.text}"
        found = re.search(rf'{name}="([^"]*)"', element.group())
        assert found
        return unescape(found.group(1))


@dataclass
class Browser:
    http: ClientSession

    async def get(self, url: str) -> Page:
        return await self._open("GET", url)

    async def post(self, url: str, **form: str) -> Page:
        return await self._open("POST", url, data=form)

    async def step(self, url: str) -> Page:
        """Without following redirects."""
        async with self.http.get(URL(url, encoded=True), allow_redirects=False) as answer:
            hops = [answer.headers["Location"]] if "Location" in answer.headers else []
            return Page(answer.status, str(answer.url), await answer.text(), hops)

    async def _open(self, method: str, url: str, **how: Any) -> Page:
        async with self.http.request(method, URL(url, encoded=True), **how) as answer:
            hops = [r.headers["Location"] for r in answer.history]
            return Page(answer.status, str(answer.url), await answer.text(), hops)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Browser(http)
