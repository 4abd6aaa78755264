"""oidc-client-ts in Chromium, used as @prestashopcorp/vue-auth uses it: a public client with PKCE.

It signs in by redirect or in a window, renews by refresh token or in a hidden frame, and leaves.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.application import Application, served
from tests.browser.signing_in import EMAIL, PASSWORD, client, peopled
from tests.browser.watch import Watched
from tests.conftest import VERIFY
from tests.oauth.calls import claims_of
from tests.server import Server, running

SAME_SITE, CROSS_SITE = "localhost", "127.0.0.1"
ARRIVALS = ("callback", "popup", "silent")


@pytest.fixture(scope="module")
def comptoir() -> Iterator[Server]:
    with running(host="localhost") as made:
        peopled(made)
        yield made


@pytest.fixture(scope="module")
def application(comptoir: Server) -> Iterator[Application]:
    with served() as made:
        origins = [made.origin(host) for host in (SAME_SITE, CROSS_SITE)]
        registered = client(
            comptoir,
            *(f"{origin}/_auth/{name}" for origin in origins for name in ARRIVALS),
            after=tuple(f"{origin}/_auth/logout" for origin in origins),
            public=True,
        )
        made.settings = {"authority": comptoir.base, "client_id": registered.client_id}
        yield made


MAJORS = ["3", "2"] if VERIFY else ["3"]


@pytest.fixture(params=MAJORS, ids="v{}".format)
def library(application: Application, request: pytest.FixtureRequest) -> Iterator[str]:
    """Both versions of the library, one after the other."""
    application.library = request.param
    yield request.param
    application.library = "3"


@pytest.fixture(params=[SAME_SITE, CROSS_SITE], ids=["same site", "cross site"])
def home(application: Application, request: pytest.FixtureRequest) -> str:
    """The application's first page, on the site of the server and on another."""
    return application.origin(request.param) + "/"


@pytest.fixture
def near(application: Application) -> str:
    """On the site of the server."""
    return application.origin(SAME_SITE) + "/"


@pytest.fixture
def far(application: Application) -> str:
    """On another site."""
    return application.origin(CROSS_SITE) + "/"


def fill_in(page: Page) -> None:
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click(".puik-button.puik-button--primary")


def sign_in(page: Page, home: str) -> None:
    page.goto(home)
    page.click("#sign-in")
    fill_in(page)
    expect(page.locator("output")).to_contain_text("signed in: ")
    assert page.url == home


def user(page: Page) -> dict[str, Any]:
    """Who the application has in its store."""
    found: dict[str, Any] = page.evaluate("manager.getUser().then(u => ({...u}))")
    return found


def refusal(page: Page, call: str) -> str | None:
    found: str | None = page.evaluate(f"refusal({call})")
    return found


@pytest.mark.usefixtures("library")
def test_in_by_redirect_renewed_and_out(
    page: Page, home: str, comptoir: Server, application: Application
) -> None:
    sign_in(page, home)
    seen = [user(page)]
    profile = seen[0]["profile"]
    assert profile["iss"] == comptoir.base
    assert profile["aud"] in (
        application.settings["client_id"],
        [application.settings["client_id"]],
    )
    assert set(seen[0]["scope"].split()) == {"openid", "offline_access"}
    assert page.evaluate("manager.metadataService.getSigningKeys().then(keys => keys.length)") > 0

    for _ in range(2):  # by refresh token
        page.evaluate("manager.signinSilent().then(() => null)")
        seen.append(user(page))
    are_all_new(seen)

    page.click("#sign-out")
    expect(page.locator("output")).to_have_text("signed out")
    assert page.url == home + "_auth/logout"
    assert refusal(page, "manager.signinSilent()") == "login_required"


def are_all_new(seen: list[dict[str, Any]]) -> None:
    for name in ("access_token", "refresh_token"):
        assert len({one[name] for one in seen}) == len(seen)
    assert len({one["profile"]["sub"] for one in seen}) == 1


def test_in_by_a_window(page: Page, home: str) -> None:
    page.goto(home)

    with page.expect_popup() as opened:
        page.click("#sign-in-popup")
    with opened.value.expect_event("close"):
        fill_in(opened.value)

    expect(page.locator("output")).to_contain_text("signed in: ")
    assert user(page)["refresh_token"]


@pytest.mark.usefixtures("library")
def test_renewed_in_a_frame_and_out_silently(page: Page, near: str) -> None:
    sign_in(page, near)
    seen = [user(page)]

    for _ in range(2):
        page.evaluate("renewInFrame().then(() => null)")
        seen.append(user(page))
    are_all_new(seen)

    page.evaluate("leave('signoutSilent')")
    assert page.evaluate("manager.getUser()") is None
    assert refusal(page, "manager.signinSilent()") == "login_required"


def test_a_frame_on_another_site_is_told_to_sign_in(page: Page, far: str) -> None:
    sign_in(page, far)

    assert refusal(page, "renewInFrame()") == "login_required", "the cookie is SameSite=Lax"


def test_a_second_sign_in_shows_no_form(page: Page, far: str) -> None:
    sign_in(page, far)
    first = user(page)

    page.click("#sign-in")
    page.wait_for_selector(f"output[data-token]:not([data-token='{first['access_token']}'])")

    assert user(page)["profile"]["sub"] == first["profile"]["sub"]


def test_the_profile_says_who_it_is(page: Page, far: str, application: Application) -> None:
    with application.also(loadUserInfo=True):
        sign_in(page, far)

    profile = user(page)["profile"]
    assert (profile["email"], profile["email_verified"]) == (EMAIL, True)


def test_the_token_is_for_the_audience_that_was_asked(
    page: Page, far: str, application: Application, comptoir: Server
) -> None:
    audience = f"{comptoir.base}/accounts"
    with application.also(extraQueryParams={"audience": audience}):
        sign_in(page, far)

    assert audience in claims_of(comptoir, user(page)["access_token"])["aud"]


def test_revoked_tokens_are_not_renewed(page: Page, watched: Watched, far: str) -> None:
    sign_in(page, far)
    spent = user(page)["refresh_token"]

    page.evaluate("manager.revokeTokens(['access_token', 'refresh_token'])")

    assert user(page)["refresh_token"] is None
    page.evaluate(
        "spent => manager.getUser().then(u => { u.refresh_token = spent; manager.storeUser(u); })",
        spent,
    )
    watched.expect("status of 400")
    assert refusal(page, "manager.signinSilent()") == "invalid_grant"


def test_nobody_is_signed_in_before(page: Page, home: str) -> None:
    page.goto(home)

    assert refusal(page, "manager.signinSilent()") == "login_required"
