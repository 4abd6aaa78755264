"""Who signs in again has not signed out of what they let in; who signs in as somebody else has
(OpenID Connect Core §11)."""

from tests.eventually import eventually
from tests.oauth.security.browser import ADA, PASSWORD, Browser, exchange, is_good
from tests.oauth.security.scene import Scene


def let_in(scene: Scene) -> tuple[Browser, str]:
    """A browser of Ada's, and an access token that ends with its session."""
    browser = Browser(scene.server)
    browser.sign_in()
    given = exchange(scene.server, scene.app, browser.code(scene.app, scope="openid"))
    return browser, str(given.json["access_token"])


def ends(scene: Scene, token: str) -> None:
    eventually(lambda: not is_good(scene.server, token), 20)


def test_it_goes_on_until_the_session_that_followed_is_over(both: Scene) -> None:
    browser, token = let_in(both)
    for _ in range(2):
        browser.sign_in(ADA)
    later, other = let_in(both)
    later.send("/account/sign-in", "/account/sign-out")
    ends(both, other)
    assert is_good(both.server, token), "what was heard before that did not end it"

    browser.send("/account/sign-in", "/account/sign-out")
    ends(both, token)


def test_when_another_person_takes_over_the_browser_it_ends(both: Scene) -> None:
    both.person("bob@again.test")
    browser, token = let_in(both)
    browser.sign_in("bob@again.test", PASSWORD)
    ends(both, token)
