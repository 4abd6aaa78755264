"""Every page of people, as people may meet it: two languages, light and dark, wide and narrow.

Nobody has to look sideways, every field has a name, axe-core finds nothing, no link is dead.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from comptoir import accounts, oauth
from comptoir.accounts.people.tables import passkey
from tests.accounts.pages import browser
from tests.accounts.pages.browser import PASSWORD, person, signed_in
from tests.accounts.pages.opened import opened
from tests.browser import accessible
from tests.browser.watch import Watched, picture
from tests.conftest import VERIFY
from tests.oauth.security.browser import App
from tests.oauth.security.browser import Browser as Visitor
from tests.server import Server

PAGES = [*accounts.PAGES, *oauth.PAGES]
NARROW, WIDE = 320, 1000
"""Pixels: WCAG 2.2 §1.4.10, and a window on a desk."""
NOBODY = ["/account/sign-in", "/account/sign-up", "/account/reset"]
"""Seen by who is not signed in."""
UNLINKED = ["/account/link", "/account/send-verification-email"]
"""Stores lead there, no page does."""
SECOND_STEP = ["/account/security/second-factor/codes", "/account/security/second-factor/end"]
"""Linked once the second step is on; its page leads elsewhere then."""
NOT_LOOKED_AT = {
    *("/account/", "/account/login", "/account/shop", "/account/shop/"),  # lead to another page
    *("/account/invitation", "/account/invitation/"),
    *("/account/confirm", "/account/reset/code", "/account/email/code"),  # after a mail only
    *("/oauth2/authorize", "/oauth2/sign-out"),  # applications lead there
    *("/account/testimonials.json", "/account/static/{name}"),  # no pages
}


@pytest.fixture(scope="module")
def owner(comptoir: Server) -> str:
    """Ada has a colleague, a store that modules read, and a vendor with a client of each kind."""
    ada, bob = person(comptoir, "ada@people.example", "Ada", "Lovelace"), "bob@people.example"
    store = comptoir.create_identity("https://shop.example", name="L’Atelier")
    comptoir.quick_cli("store", "transfer", store.shop_id, "--to", ada.email)
    hers, his = signed_in(comptoir, ada), signed_in(comptoir, person(comptoir, bob))
    link = re.compile(r"/account/organisations/[\w-]{36}")
    home = next(filter(link.fullmatch, browser.links(hers.get("/account/organisations"))))
    hers.submit(hers.get(home), f"{home}/invitations", email=bob, role="member")
    invited = his.get("/account/invitations")
    his.submit(invited, next(f.action for f in browser.forms(invited) if "accept" in f.action))
    hers.submit(hers.get("/account/vendors"), "/account/vendors", name="acme")
    back = "https://acme.example/back"
    for command in (
        ("module", "register", "reads", "--vendor", "acme", "--contents", "orders,products"),
        ("consent", "grant", "--shop", store.shop_id, "--module", "reads"),
        ("client", "create", "--vendor", "acme", "--redirect-uri", back),
    ):
        made = comptoir.quick_cli(*command)
    visitor = Visitor(comptoir)
    visitor.sign_in(ada.email, PASSWORD)
    visitor.let_in(App(made["client_id"], made["client_secret"], back))
    with opened(comptoir) as context, context.db.begin("tests") as work:
        key = {"credential_id": "A-_z09", "user_id": ada.user_id, "public_key": b"x"}
        work.db.execute(passkey.insert().values(name="Phone", created_at=work.now_ms, **key))
    return ada.email


LOOKS = [("en", "light"), ("fr", "dark")]


@pytest.fixture(params=LOOKS if VERIFY else LOOKS[1:], ids=" ".join)
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    language, scheme = request.param
    watched = Watched(chromium.new_context(locale=language, color_scheme=scheme))
    yield watched.page()
    watched.close()
    assert watched.verdict() == []


def seen(page: Page, url: str) -> list[str]:
    """What is wrong with the page in a wide and in a narrow window. Pictures of both are left."""
    found = []
    page.set_viewport_size({"width": WIDE, "height": 700})
    answer = page.goto(url)
    assert answer is not None and answer.status == 200, url
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 700})
        if beside := accessible.beside(page):
            found.append(f"{url}: {beside} pixels beside a window of {width}")
        language = page.evaluate("document.documentElement.lang")
        picture(
            page, f"{shape(urlsplit(url).path).strip('/').replace('/', '.')}-{language}-{width}"
        )
        found += [f"{url}: {fault}" for fault in accessible.faults(page)]
    return found


def shape(path: str) -> str:
    """The template of a path; itself when it is no page's."""
    for one in PAGES:
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(one.path))
        if one.method == "GET" and re.fullmatch(pattern, path):
            return one.path
    return path


def links(page: Page) -> list[str]:
    """Paths of ours that the page leads to, with their queries."""
    found = page.locator("a[href^='/account']")
    hrefs: list[str] = found.evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return hrefs


def enter(page: Page, comptoir: Server, email: str) -> None:
    page.goto(f"{comptoir.base}/account/sign-in")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/account")


def test_everybody_can_use_every_page(page: Page, comptoir: Server, owner: str) -> None:
    found = [fault for path in NOBODY for fault in seen(page, f"{comptoir.base}{path}")]
    enter(page, comptoir, owner)
    looked = set(NOBODY)
    waiting = ["/account", *UNLINKED]
    while waiting:
        path = waiting.pop()
        if shape(urlsplit(path).path) in looked:
            continue
        looked.add(shape(urlsplit(path).path))
        found += seen(page, f"{comptoir.base}{path}")
        waiting += links(page)

    assert found == []
    everything = {one.path for one in PAGES if one.method == "GET"}
    assert looked == everything - NOT_LOOKED_AT - {*SECOND_STEP}


def test_everybody_can_use_the_pages_of_a_second_step(page: Page, comptoir: Server) -> None:
    language = page.evaluate("navigator.language")
    enter(page, comptoir, person(comptoir, f"second-{language}@people.example").email)
    page.goto(f"{comptoir.base}/account/security/second-factor")
    secret = page.inner_text("[data-test=totp-secret]").replace(" ", "")
    page.fill("#code", pyotp.TOTP(secret).now())
    page.press("#code", "Enter")
    page.wait_for_selector("[data-test=recovery-codes]")
    found = accessible.faults(page)
    with page.expect_download() as kept:
        page.click("a[download]")
    assert len(kept.value.path().read_text().split()) == 10
    for path in ("/account/security", *SECOND_STEP):
        found += seen(page, f"{comptoir.base}{path}")
    assert found == []
