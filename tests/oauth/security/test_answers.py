"""What goes back to the application, and what must not leak on the way (RFC 9700 §2.6, §4.2 to
§4.4, §4.7, §4.12, §4.16)."""

import json
import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from tests.oauth.calls import refused
from tests.oauth.security.browser import (
    CALLBACK,
    PASSWORD,
    VERIFIER,
    Browser,
    challenge_of,
    exchange,
    hidden,
    landed,
    mailed_code,
    renew,
)
from tests.oauth.security.scene import Scene, application
from tests.server import Answer

WRONG: list[dict[str, str | None]] = [
    {"response_type": "token"},
    {"response_type": None},
    {"scope": "openid admin"},
    {"prompt": "none", "max_age": "0"},
    {"code_challenge": None},
    {"request": "e30.e30."},
    {"request_uri": "https://evil.test/request"},
    {"audience": "https://evil.test"},
    {"id_token_hint": "x"},
    {"max_age": "-1"},
]
PAGES = [
    "/account/sign-in",
    "/account/sign-up",
    "/account/reset",
    "/account/confirm",
    "/account/reset/code",
    "/account",
    "/account/security",
    "/account/static/account.css",
    "/account/static/none.css",
    "/oauth2/authorize",
    "/oauth2/authorize?flow=x",
    "/oauth2/authorize?client_id=x&client_id=y",
    "/oauth2/sign-out",
    "/oauth2/sign-out?post_logout_redirect_uri=https://evil.test",
]


def guarded(answer: Answer) -> None:
    policy = answer.header("Content-Security-Policy") or ""
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.header("X-Frame-Options") == "DENY"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Referrer-Policy") == "same-origin", "not even the origin goes elsewhere"


@pytest.mark.parametrize("change", WRONG)
def test_4_4_errors_name_the_issuer_and_keep_the_state(
    scene: Scene, change: dict[str, str | None]
) -> None:
    """RFC 9207 §2: mix-up; also in errors."""
    back = landed(scene.ada.authorize(scene.app, **change))
    assert back["iss"] == scene.server.base
    assert back["state"] == "xyz"
    assert set(back) == {"error", "error_description", "iss", "state"}


def test_4_4_a_success_names_the_issuer_and_the_metadata_announces_it(scene: Scene) -> None:
    back = landed(scene.ada.authorize(scene.app))
    assert set(back) == {"code", "iss", "state"}
    found = scene.server.get("/.well-known/oauth-authorization-server").json
    assert back["iss"] == found["issuer"] == scene.server.base
    assert found["authorization_response_iss_parameter_supported"] is True


@pytest.mark.parametrize(
    "state",
    [
        "",
        " ",
        "a b+c",
        "%20%",
        "%2520",
        "&code=evil&iss=x",
        "a=b&c;d#e?f/g\\h",
        "\"'<script>alert(1)</script>",
        "\r\nLocation: https://evil.test",
        "\u00e9\u4e16\U0001f600",
        "e\u0301",
        "~-._!$'()*,:@",
        "x" * 2048,
        json.dumps({"a": [1, None]}),
    ],
)
def test_4_7_state_comes_back_byte_for_byte(scene: Scene, state: str) -> None:
    for change in ({}, {"response_type": "token"}):
        back = scene.ada.authorize(scene.app, state=state, **change)
        assert landed(back)["state"] == state
        where = urlsplit(back.header("Location") or "").query
        names = [name for name, _ in parse_qsl(where, keep_blank_values=True)]
        assert len(names) == len(set(names))
        assert "\r" not in where
    posted = scene.ada.go("POST", "/oauth2/authorize", form=scene.app.request(state=state))
    assert landed(scene.ada.get(posted.header("Location") or ""))["state"] == state


def test_4_7_no_state_is_no_state(scene: Scene) -> None:
    assert "state" not in landed(scene.ada.authorize(scene.app, state=None))


def test_4_7_state_that_could_not_come_back_as_it_was_is_refused(scene: Scene) -> None:
    """Too long, NUL, not UTF-8: never cut off or changed."""
    for state in ("x" * 2049, "a\0b"):
        for answer in (
            scene.ada.authorize(scene.app, state=state),
            scene.ada.go("POST", "/oauth2/authorize", form=scene.app.request(state=state)),
        ):
            assert answer.status == 400
            guarded(answer)
    query = urlencode(scene.app.request(state=None))
    assert scene.ada.get(f"/oauth2/authorize?{query}&state=%ff").status == 400
    posted = scene.ada.go(
        "POST",
        "/oauth2/authorize",
        body=f"{query}&state=%ff".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert posted.status == 400


@pytest.mark.parametrize(
    "kind", ["token", "id_token", "code token", "code id_token", "id_token token", "none", "Code"]
)
def test_2_1_2_no_token_comes_through_the_browser(scene: Scene, kind: str) -> None:
    """§4.3.2: neither implicit nor hybrid; the error goes into the query."""
    back = scene.ada.authorize(scene.app, response_type=kind)
    assert landed(back)["error"] == "unsupported_response_type"
    assert "#" not in (back.header("Location") or "")


@pytest.mark.parametrize("mode", ["fragment", "form_post", "query.jwt", "web_message", "Query"])
def test_4_3_no_other_response_mode(scene: Scene, mode: str) -> None:
    back = scene.ada.authorize(scene.app, response_mode=mode)
    assert landed(back)["error"] == "invalid_request"
    assert "#" not in (back.header("Location") or "")


def test_4_3_an_access_token_in_the_query_or_a_form_is_none(scene: Scene) -> None:
    """RFC 6750 §2.2, §2.3: not taken here."""
    token = scene.tokens(scene.app)["access_token"]
    assert scene.server.get("/oauth2/userinfo", token=token).status == 200
    for answer in (
        scene.server.get(f"/oauth2/userinfo?access_token={token}"),
        scene.server.post("/oauth2/userinfo", form={"access_token": token}),
        scene.server.get("/oauth2/userinfo", headers={"Cookie": f"access_token={token}"}),
    ):
        assert answer.status == 401
        assert (answer.header("WWW-Authenticate") or "").startswith("Bearer")


def test_2_5_secrets_in_the_address_of_the_token_endpoint_count_for_nothing(scene: Scene) -> None:
    """RFC 6749 §2.3.1: never in the request URI."""
    query = urlencode({"grant_type": "client_credentials", **scene.app.credentials})
    assert scene.server.post(f"/oauth2/token?{query}", form={"scope": ""}).status in (400, 401)
    assert scene.server.get(f"/oauth2/token?{query}").status == 405


def test_4_2_what_holds_a_code_is_not_kept_and_refers_to_nothing(scene: Scene) -> None:
    back = scene.ada.authorize(scene.app)
    assert landed(back)["code"]
    assert back.header("Cache-Control") == "no-store"
    assert back.header("Referrer-Policy") == "same-origin"
    given = exchange(scene.server, scene.app, landed(back)["code"])
    assert given.header("Cache-Control") == "no-store"
    again = renew(scene.server, scene.app, given.json["refresh_token"])
    assert again.header("Cache-Control") == "no-store"
    answer = scene.server.get("/oauth2/userinfo", token=given.json["access_token"])
    assert answer.header("Cache-Control") == "no-store"


def test_4_2_the_pages_of_a_sign_in_load_nothing_from_elsewhere_and_hold_no_code(
    scene: Scene,
) -> None:
    browser = Browser(scene.server)
    where = browser.authorize(scene.app, state="a-state").header("Location") or ""
    shown = browser.get(where)
    assert shown.status == 200
    found = re.findall(r'(?:src|href|action)="([^"]*)"', shown.text)
    assert found
    assert all(one.startswith(("/", "?", "#")) and not one.startswith("//") for one in found)
    for text in (where, shown.text):
        assert "ac_" not in text
        assert challenge_of(VERIFIER) not in text, "what is asked for is sealed"
        assert "a-state" not in text


def test_4_12_every_redirect_is_a_303(scene: Scene) -> None:
    """A 307 would send the password on to the application."""
    browser, app = Browser(scene.server), scene.app
    start = browser.authorize(app)
    page = start.header("Location") or ""
    sent = browser.go(
        "POST",
        "/account/sign-in",
        form=hidden(browser.get(page)) | {"email": "ada@b.test", "password": PASSWORD},
    )
    back = browser.get(sent.header("Location") or "")
    posted = browser.go("POST", "/oauth2/authorize", form=app.request())
    refused_back = browser.go("POST", "/oauth2/authorize", form=app.request(scope="x"))
    out = browser.send("/account/sign-in", "/account/sign-out")
    after = {"client_id": app.client_id, "post_logout_redirect_uri": "http://localhost:1/after"}
    gone = browser.get(f"/oauth2/sign-out?{urlencode(after)}")
    for answer in (start, sent, back, posted, refused_back, out, gone, browser.get("/account")):
        assert answer.status == 303
        assert answer.body == b""


def test_2_6_no_script_of_another_site_reads_the_authorization_endpoint(scene: Scene) -> None:
    asked = {"Origin": "https://evil.test", "Access-Control-Request-Method": "GET"}
    for path in ("/oauth2/authorize", "/oauth2/sign-out", "/account", "/account/sign-in"):
        for method in ("GET", "OPTIONS", "POST", "HEAD"):
            answer = scene.ada.go(method, path, headers=asked)
            names = {name.lower() for name, _ in answer.headers}
            assert not {name for name in names if name.startswith("access-control-")}


def test_2_6_where_scripts_may_call_no_cookie_goes_along(scene: Scene) -> None:
    token = scene.tokens(scene.app)["access_token"]
    for path in ("/oauth2/userinfo", "/.well-known/openid-configuration"):
        answer = scene.server.get(path, token=token, headers={"Origin": "https://evil.test"})
        assert answer.header("Access-Control-Allow-Origin") == "*"
        assert answer.header("Access-Control-Allow-Credentials") is None
    assert scene.ada.get("/oauth2/userinfo").status == 401, "a session is no token"


@pytest.mark.parametrize("page", PAGES)
def test_4_16_no_page_and_no_error_stands_in_a_frame(scene: Scene, page: str) -> None:
    for browser in (Browser(scene.server), scene.ada):
        for method in ("GET", "HEAD"):
            guarded(browser.go(method, page))


def test_4_16_nor_an_answer_to_a_form(scene: Scene) -> None:
    browser = Browser(scene.server)
    for path in ("/account/sign-in", "/account/sign-up", "/account/reset", "/oauth2/authorize"):
        guarded(browser.go("POST", path, form={"email": "x"}))
        guarded(browser.go("POST", path, json_body={}))
    guarded(browser.send("/account/sign-in", email="x", password="y"))


def test_4_3_the_log_holds_no_secret(scene: Scene) -> None:
    """Neither code nor token, cookie, password, mailed code, sealed request nor client secret."""
    app = application(scene.server)
    scene.person("log@b.test", "a password for the log")
    browser = Browser(scene.server)
    page = browser.authorize(app, prompt="login").header("Location") or ""
    wrong = hidden(browser.get(page)) | {"email": "log@b.test", "password": "a wrong password"}
    browser.go("POST", "/account/sign-in", form=wrong)
    right = wrong | {"password": "a password for the log"}
    flow = browser.go("POST", "/account/sign-in", form=right).header("Location") or ""
    code = landed(browser.get(flow))["code"]
    exchange(scene.server, app, code, code_verifier="z" * 43)
    code_2 = landed(browser.authorize(app))["code"]
    tokens = exchange(scene.server, app, code_2).json
    renew(scene.server, app, tokens["refresh_token"])
    renew(scene.server, app, tokens["refresh_token"])
    scene.server.get("/oauth2/userinfo", token=tokens["access_token"] + "x")
    scene.server.get(f"/oauth2/userinfo?access_token={tokens['access_token']}")
    browser.get(f"/oauth2/sign-out?id_token_hint={tokens['id_token']}&state=a-secret-state")
    browser.send("/account/reset", email="log@b.test")
    mailed = mailed_code(scene.server)
    browser.send("/account/reset/code", code=mailed, password="the newest password")
    secrets = [
        *(code, code_2, app.client_secret, "a wrong password", "a password for the log"),
        *("the newest password", mailed, f"{mailed[:4]} {mailed[4:]}", "a-secret-state", VERIFIER),
        *("z" * 43, flow.partition("flow=")[2], *tokens_of(tokens), *browser.jar.values()),
    ]
    log = scene.server.log_text
    assert app.client_id in log or "/oauth2/token" in log
    assert [s for s in secrets if s and (s in log or quote(s, safe="") in log)] == []


def tokens_of(answer: dict[str, str]) -> list[str]:
    return [answer[name] for name in ("access_token", "id_token", "refresh_token")]


def test_2_4_the_password_grant_is_refused(scene: Scene) -> None:
    """And what else this server does not give."""
    for kind in (
        "password",
        "implicit",
        "Password",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
    ):
        form = {"grant_type": kind, "username": "ada@b.test", "password": PASSWORD}
        answer = scene.server.post("/oauth2/token", form=form | scene.app.credentials)
        refused(answer, 400, "unsupported_grant_type")
        assert PASSWORD not in answer.text
    found = scene.server.get("/.well-known/openid-configuration").json
    assert "password" not in found["grant_types_supported"]
    assert found["response_types_supported"] == ["code"]
    assert CALLBACK not in json.dumps(found)
