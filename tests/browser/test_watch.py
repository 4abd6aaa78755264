"""The browser that tests use: it works here, sees what is wrong, and reaches nothing else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Error, Page, Route

from tests.browser.watch import Watched, picture
from tests.server import Server

ADDRESS = "http://localhost:1/"
"""Nothing listens there: each answer is given by the test."""


def answering(body: str, policy: str = "") -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        headers = {"Content-Type": "text/html"}
        if policy:
            headers["Content-Security-Policy"] = policy
        route.fulfill(status=200, body=f"<!doctype html>{body}", headers=headers)

    return answer


@pytest.fixture
def aside(chromium: Browser) -> Watched:
    """Another profile, whose complaints the test judges itself."""
    return Watched(chromium.new_context())


def opened(watched: Watched, body: str, policy: str = "") -> Page:
    page = watched.page()
    page.route("**/*", answering(body, policy))
    page.goto(ADDRESS)
    return page


@pytest.mark.parametrize(
    ("body", "policy", "complaint"),
    [
        ("<script>console.error('broken')</script>", "", "broken"),
        ("<script>throw new Error('thrown')</script>", "", "uncaught: thrown"),
        ("<script>Promise.reject(new Error('lost'))</script>", "", "uncaught: lost"),
        ("<p style='color: red'>", "style-src 'self'", "refused by style-src-attr: inline"),
        ("<script>1</script>", "script-src 'self'", "refused by script-src-elem: inline"),
    ],
    ids=["said", "thrown", "rejected", "style", "script"],
)
def test_a_complaint_is_seen(aside: Watched, body: str, policy: str, complaint: str) -> None:
    opened(aside, body, policy)
    aside.close()

    assert complaint in "\n".join(aside.verdict())
    aside.expect(".")
    assert aside.verdict() == []


def test_a_quiet_page_has_no_verdict(aside: Watched) -> None:
    opened(aside, "<script>console.log('well'); console.warn('careful')</script>")
    aside.close()

    assert aside.verdict() == []
    aside.expect("careful")
    assert aside.verdict() == ["did not come: careful"]


def test_a_form_that_the_policy_refuses_is_seen(aside: Watched) -> None:
    page = opened(
        aside, "<form action='http://127.0.0.1:1/'><button>Go</button></form>", "form-action 'self'"
    )
    with page.expect_console_message():
        page.click("button", no_wait_after=True)
    aside.close()

    assert "form-action" in "\n".join(aside.verdict())


def test_nothing_but_this_machine_is_reached(watched: Watched, page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://192.0.2.1/")


def test_a_page_of_the_server_is_quiet(comptoir: Server, page: Page) -> None:
    answer = page.goto(f"{comptoir.base}/docs")

    assert answer is not None and answer.status == 200
    assert picture(page, "docs", whole=False).read_bytes().startswith(b"\x89PNG")
