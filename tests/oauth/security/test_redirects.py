"""Where a browser is sent: exactly where the application registered, and nowhere else (RFC 9700
§2.1, §4.1, §4.11)."""

import re
from urllib.parse import quote, urlencode

import pytest

from comptoir.accounts.redirects import usable_redirect
from tests.oauth.security.browser import AFTER, CALLBACK, Browser, hidden, landed
from tests.oauth.security.scene import OFFICE, Scene
from tests.server import Answer

NEAR = [
    "",
    CALLBACK + "/",
    CALLBACK + "?",
    CALLBACK + "?x=1",
    CALLBACK + "#",
    CALLBACK + "#x",
    CALLBACK + " ",
    " " + CALLBACK,
    CALLBACK + "\t",
    CALLBACK + "\r\nX: 1",
    CALLBACK + "%00",
    CALLBACK + "%20",
    CALLBACK.upper(),
    CALLBACK.replace("/cb", "/CB"),
    CALLBACK.replace("/cb", "/c%62"),
    CALLBACK.replace("/cb", "//cb"),
    CALLBACK.replace("/cb", "/x/../cb"),
    CALLBACK.replace("/cb", "/./cb"),
    CALLBACK.replace("/cb", "/cb/../evil"),
    CALLBACK.replace("/cb", "/cb%2f..%2fevil"),
    CALLBACK.replace("/cb", "\\cb"),
    CALLBACK.replace("http:", "https:"),
    CALLBACK.replace("http:", "HTTP:"),
    CALLBACK.replace("http:", "javascript:"),
    CALLBACK.replace("http:", "data:"),
    CALLBACK.replace("http:", ""),
    CALLBACK.replace("localhost", "LOCALHOST"),
    CALLBACK.replace("localhost", "127.0.0.1"),
    CALLBACK.replace("localhost", "[::1]"),
    CALLBACK.replace("localhost", "localhost."),
    CALLBACK.replace("localhost", "localhost.evil.test"),
    CALLBACK.replace("localhost", "localhost@evil.test"),
    CALLBACK.replace("localhost", "evil.test\\@localhost"),
    CALLBACK.replace("localhost", "user@localhost"),
    CALLBACK.replace("localhost", "user:word@localhost"),
    CALLBACK.replace("localhost", "localhos\u017f"),
    CALLBACK.replace(":1/", ":01/"),
    CALLBACK.replace(":1/", ":2/"),
    CALLBACK.replace(":1/", "/"),
    "/cb",
    "cb",
    "//localhost:1/cb",
    "https://evil.test/?" + CALLBACK,
    f"{CALLBACK} https://evil.test/",
    f"{CALLBACK},https://evil.test/",
    AFTER,
]
ELSEWHERE = [
    "//evil.test",
    "///evil.test",
    "////evil.test/%2e%2e",
    "/\\evil.test",
    "\\\\evil.test",
    "/\t/evil.test",
    "/%09/evil.test",
    "/%0d%0aLocation:%20https://evil.test",
    "/\r\nLocation: https://evil.test",
    "https://evil.test",
    "https:evil.test",
    "HTTPS://evil.test/account",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//account",
    "data:text/html,x",
    "evil.test/account",
    "@evil.test",
    ".evil.test",
    "/account/../../evil",
    "/account//evil.test",
    "/account\\evil.test",
    "/account@evil.test",
    "/account.evil.test",
    "/account#//evil.test",
    "/accounting",
    " /account",
    "/account\n",
    "/oauth2/authorize",
    "/oauth2/authorize/../../evil?x",
    "/oauth2/authorize@evil.test?x",
    "/oauth2/sign-out?post_logout_redirect_uri=https://evil.test",
    "/OAUTH2/authorize?x",
    "",
]


def stays(answer: Answer) -> None:
    """A page of ours that says what is wrong, and sends nobody anywhere."""
    assert answer.status == 400, answer.text
    assert answer.header("Location") is None
    assert not re.search(r"""(href|src|action)=.(?![/?#])""", answer.text), "all links stay here"


@pytest.mark.parametrize("uri", NEAR)
def test_2_1_near_misses_of_a_redirect_uri_by_get(scene: Scene, uri: str) -> None:
    stays(scene.ada.authorize(scene.app, redirect_uri=uri))


def test_2_1_a_redirect_uri_that_is_missing_although_only_one_is_registered(scene: Scene) -> None:
    stays(scene.ada.authorize(scene.app, redirect_uri=None))


@pytest.mark.parametrize("uri", NEAR[:12])
def test_2_1_near_misses_of_a_redirect_uri_by_post(scene: Scene, uri: str) -> None:
    stays(scene.ada.go("POST", "/oauth2/authorize", form=scene.app.request(redirect_uri=uri)))


def test_2_1_a_redirect_uri_with_nul_or_cut_at_the_longest(scene: Scene) -> None:
    for uri in ("http://localhost:1/c\0b", CALLBACK + "\0", CALLBACK + "x" * 4000):
        stays(scene.ada.authorize(scene.app, redirect_uri=uri))


def test_2_1_a_redirect_uri_is_another_applications(scene: Scene) -> None:
    foreign = f"{OFFICE}/modules/ps_accounts/oauth2"
    stays(scene.ada.authorize(scene.app, redirect_uri=foreign))
    stays(scene.ada.authorize(scene.store_app(scene.store), redirect_uri=CALLBACK))


@pytest.mark.parametrize(
    "path",
    [
        "index.php?controller=AdminOAuth2PsAccounts",
        "modules/ps_accounts/oauth2",
        "index.php/modules/ps_accounts/oauth2",
    ],
)
def test_2_1_a_store_has_three_redirect_uris_and_none_of_another_store(
    scene: Scene, path: str
) -> None:
    uri = f"{OFFICE}/{path}"
    right = scene.ada.let_in(scene.store_app(scene.store, uri))
    assert (right.header("Location") or "").startswith(uri + ("&" if "?" in uri else "?"))
    stays(scene.ada.authorize(scene.store_app(scene.second, uri)))
    for near in (
        uri + "/",
        uri + "&x=1",
        uri.replace("ps_accounts", "PS_ACCOUNTS"),
        uri.replace("AdminOAuth2PsAccounts", "AdminLogin"),
        uri.replace("/shop/", "/shop/../second/"),
        uri.replace("admin-dev", "admin-dev/.."),
        uri.replace("127.0.0.1", "127.1"),
    ):
        if near != uri:
            stays(scene.ada.authorize(scene.store_app(scene.store, near)))


def test_2_1_a_store_that_moved_takes_its_redirect_uris_along_even_half_way(scene: Scene) -> None:
    store = scene.server.create_identity("http://127.0.0.1:1/moving")
    office = "http://127.0.0.1:1/moving/admin-dev"
    app = scene.store_app(store, f"{office}/modules/ps_accounts/oauth2")
    flow = scene.ada.authorize(app, prompt="login").header("Location") or ""
    moved = scene.server.put(
        f"/accounts/v1/shop-identities/{store.shop_id}/back-office-url",
        {"backOfficeUrl": "http://127.0.0.1:1/moving/elsewhere"},
        token=scene.server.store_token(store),
    )
    assert moved.status == 204, moved.text
    stays(scene.ada.authorize(app))
    wanted = hidden(scene.ada.get(flow))["next"]
    stays(scene.ada.get(wanted))


@pytest.mark.parametrize(
    "uri",
    [
        "http://shop.test/cb",
        "https://shop.test/cb#",
        "https://shop.test/cb#x",
        "https://*.shop.test/cb",
        "https://shop.test/*",
        "https://user@shop.test/cb",
        "https://shop.test\\@evil.test/cb",
        "https://shop.test/c b",
        "javascript:alert(1)//https://",
        "app:cb",
        "//shop.test/cb",
        "http://localhost.evil.test/cb",
        "",
    ],
)
def test_2_1_what_an_application_may_not_register(uri: str) -> None:
    assert not usable_redirect(uri)


def test_4_11_errors_of_an_unknown_application_send_nobody_away(scene: Scene) -> None:
    for change in ({"client_id": "a_none"}, {"client_id": ""}, {"client_id": None}):
        for error in ({"response_type": "token"}, {"prompt": "none"}, {"scope": "x"}):
            stays(scene.ada.authorize(scene.app, **change, **error))
            stays(scene.ada.authorize(scene.app, **error, redirect_uri="https://evil.test/"))


def test_4_11_a_revoked_application_gets_no_browser_back(scene: Scene) -> None:
    from tests.oauth.security.scene import application

    gone = application(scene.server)
    assert landed(scene.ada.authorize(gone))["code"]
    scene.server.quick_cli("client", "revoke", gone.client_id)
    stays(scene.ada.authorize(gone))
    stays(scene.ada.authorize(gone, prompt="none"))
    query = {"client_id": gone.client_id, "post_logout_redirect_uri": AFTER}
    stays(Browser(scene.server).get(f"/oauth2/sign-out?{urlencode(query)}"))


@pytest.mark.parametrize("uri", [u.replace("/cb", "/after") for u in NEAR if u not in ("", AFTER)])
def test_4_11_near_misses_of_a_post_logout_redirect_uri(scene: Scene, uri: str) -> None:
    query = {"client_id": scene.app.client_id, "post_logout_redirect_uri": uri}
    stays(Browser(scene.server).get(f"/oauth2/sign-out?{urlencode(query)}"))


def test_4_11_end_session_leads_only_to_the_client_that_the_hint_is_of(scene: Scene) -> None:
    hint = scene.tokens(scene.app)["id_token"]
    for client_id in (scene.other.client_id, scene.store.client_id, "a_none", "\0"):
        query = {
            "client_id": client_id,
            "id_token_hint": hint,
            "post_logout_redirect_uri": AFTER,
        }
        stays(Browser(scene.server).get(f"/oauth2/sign-out?{urlencode(query)}"))
    assert scene.ada.signed_in()


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_4_11_a_page_after_the_sign_in_is_one_of_ours(scene: Scene, wanted: str) -> None:
    """The page's form carries `next`; whoever made the link chose it."""
    browser = Browser(scene.server)
    for page in ("sign-in", "sign-up"):
        shown = browser.get(f"/account/{page}?next={quote(wanted, safe='')}")
        assert shown.status == 200
        assert hidden(shown).get("next", "").replace("\r\n", "\n") == wanted.replace("\r\n", "\n")
        policy = shown.header("Content-Security-Policy") or ""
        assert "form-action 'self'" in policy


def test_4_11_a_sign_in_leads_to_our_first_page_instead(scene: Scene) -> None:
    """One browser: each sign-in takes 0.1 s, so these are the worst of the list above."""
    browser = Browser(scene.server)
    for wanted in ("//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)"):
        assert browser.sign_in(wanted=wanted).header("Location") == "/account"
    query = {"next": "/oauth2/authorize?client_id=x&redirect_uri=https://evil.test"}
    inside = browser.sign_in(wanted=query["next"]).header("Location") or ""
    assert inside.startswith("/oauth2/authorize?")
    stays(browser.get(inside))
