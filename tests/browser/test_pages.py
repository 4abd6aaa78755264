"""Every page of people, as people may meet it: two languages, light and dark, wide and narrow.

Nobody has to look sideways, every field has a name, axe-core finds nothing.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from comptoir.accounts import PAGES
from tests.accounts.pages.browser import PASSWORD, person
from tests.browser import accessible
from tests.browser.watch import Watched
from tests.server import Server

NARROW, WIDE = 320, 1000
"""Pixels: WCAG 2.2 §1.4.10, and a window on a desk."""
ELSEWHERE = {
    "/account/",
    "/account/confirm",
    "/account/email/code",
    "/account/invitation",
    "/account/invitation/",
    "/account/login",
    "/account/reset/code",
    "/account/shop",
    "/account/shop/",
}
"""They lead to another page, those for a code unless one was sent."""
NO_PAGE = {"/account/testimonials.json"}
NOBODY = ["/account/sign-in", "/account/sign-up", "/account/reset"]
"""Seen by who is not signed in."""


@pytest.fixture(scope="module")
def owner(comptoir: Server) -> str:
    """Ada has a store's worth of everything that needs no store."""
    return person(comptoir, "ada@people.example", "Ada", "Lovelace").email


@pytest.fixture(params=[("en", "light"), ("fr", "dark")], ids=["en-light", "fr-dark"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    language, scheme = request.param
    watched = Watched(chromium.new_context(locale=language, color_scheme=scheme))
    yield watched.page()
    watched.close()
    assert watched.verdict() == []


def seen(page: Page, url: str) -> list[str]:
    """What is wrong with the page in a wide and in a narrow window."""
    found = []
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 700})
        answer = page.goto(url)
        assert answer is not None and answer.status == 200, url
        assert page.url == url, "it led elsewhere"
        if beside := accessible.beside(page):
            found.append(f"{url}: {beside} pixels beside a window of {width}")
        found += [f"{url}: {fault}" for fault in accessible.faults(page)]
    return found


def fixed() -> list[str]:
    """Every page with an address of its own."""
    paths = {page.path for page in PAGES if page.method == "GET" and "{" not in page.path}
    return sorted(paths - ELSEWHERE - NO_PAGE - set(NOBODY))


def test_everybody_can_use_every_page(page: Page, comptoir: Server, owner: str) -> None:
    found = [fault for path in NOBODY for fault in seen(page, f"{comptoir.base}{path}")]
    page.goto(f"{comptoir.base}/account/sign-in")
    page.fill("#email", owner)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/account")
    for path in fixed():
        found += seen(page, f"{comptoir.base}{path}")
    page.goto(f"{comptoir.base}/account/organisations")
    inside = page.locator("main li a").first.get_attribute("href")
    found += seen(page, f"{comptoir.base}{inside}")

    assert found == []
