"""Requests that are not what they seem: sealed values, prompts that are to be skipped, and what no
browser sends."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from comptoir.accounts.people import passkeys
from comptoir.base.clock import FrozenClock
from comptoir.oauth.request import AuthorizationRequest
from tests.conftest import SLICE
from tests.oauth.security.browser import (
    App,
    Browser,
    exchange,
    hidden,
    landed,
)
from tests.oauth.security.scene import Scene
from tests.oauth.world import World
from tests.server import Server, running

MINUTE, BEGAN = 60_000, 1_000_000


@pytest.fixture(params=SLICE)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Server]:
    """Another installation."""
    with running(sign_in_rate="100000") as server:
        yield server


def flow_of(browser: Browser, app: App, **changes: str | None) -> str:
    """The sealed request that the sign-in page leads back to."""
    page = browser.authorize(app, **changes).header("Location") or ""
    wanted = hidden(browser.get(page))["next"]
    return wanted.partition("flow=")[2].partition("&")[0]


def stays(browser: Browser, flow: str) -> None:
    answer = browser.get(f"/oauth2/authorize?{urlencode({'flow': flow})}")
    assert answer.status == 400, answer.text
    assert answer.header("Location") is None


def test_flow_of_another_installation(scene: Scene, elsewhere: Server) -> None:
    from tests.oauth.security.scene import application

    elsewhere.quick_cli("vendor", "create", "acme")
    stays(scene.ada, flow_of(Browser(elsewhere), application(elsewhere)))


def test_flow_that_was_changed(scene: Scene) -> None:
    flow = flow_of(Browser(scene.server), scene.app)
    assert landed(scene.ada.get(f"/oauth2/authorize?flow={flow}"))["code"]
    for wrong in (
        flow[:-2],
        flow[:-2] + ("00" if flow[-2:] != "00" else "11"),
        flow + "00",
        ("00" if flow[:2] != "00" else "11") + flow[2:],
        flow[24:],
        flow[:24],
        flow[::-1],
        flow * 2,
        "x",
        "\0",
        "\u0663" * 64,
        "0" * 6000,
    ):
        stays(scene.ada, wrong)


def test_flow_that_was_sealed_for_something_else(scene: Scene) -> None:
    """The device cookie, and a half-way sign-in, are sealed with the same key."""
    assert scene.ada.jar["comptoir_device"]
    stays(scene.ada, scene.ada.jar["comptoir_device"])
    flow = flow_of(Browser(scene.server), scene.app)
    browser = Browser(scene.server)
    form = hidden(browser.get("/account/sign-in")) | {"half_way": flow, "code": "123456"}
    answer = browser.go("POST", "/account/sign-in/code", form=form)
    assert answer.header("Location") == "/account/sign-in"


def test_flow_does_not_mix_with_other_parameters(scene: Scene) -> None:
    """What was sealed counts, nothing beside it."""
    flow = flow_of(Browser(scene.server), scene.app, state="sealed")
    query = scene.other.request(state="evil", flow=flow)
    back = scene.ada.get(f"/oauth2/authorize?{urlencode(query)}")
    assert landed(back)["state"] == "sealed"
    given = exchange(scene.server, scene.other, landed(back)["code"])
    assert given.status == 400


@pytest.mark.parametrize("prompt", ["login", "select_account", "create"])
def test_prompt_asks_again_whoever_is_signed_in(scene: Scene, prompt: str) -> None:
    """OpenID Connect Core §3.1.2.1; spec/accounts.md §1.4.4: stores always send `login`."""
    answer = scene.ada.authorize(scene.app, prompt=prompt)
    assert (answer.header("Location") or "").startswith("/account/sign-")
    for _ in range(2):
        flow = flow_of(scene.ada, scene.app, prompt=prompt)
        again = scene.ada.get(f"/oauth2/authorize?flow={flow}")
        assert (again.header("Location") or "").startswith("/account/sign-")


def test_max_age_is_measured(scene: Scene) -> None:
    assert "code" in landed(scene.ada.authorize(scene.app, max_age="86400"))
    answer = scene.ada.authorize(scene.app, max_age="0")
    assert (answer.header("Location") or "").startswith("/account/sign-in")
    silent = landed(scene.ada.authorize(scene.app, max_age="0", prompt="none"))
    assert silent["error"] == "login_required"


@pytest.mark.parametrize("prompts", [["login"], ["select_account"], ["create"], []])
def test_prompt_and_max_age_are_not_skipped_by_an_address_that_comes_again(
    prompts: list[str],
) -> None:
    """The sealed request is good for an hour, a sign-in for it only a minute: who finds the address
    in the history of a browser must sign in."""
    asked = AuthorizationRequest(
        "a", "r", "c", [], BEGAN, prompts=prompts, max_age=None if prompts else 0
    )
    signed_in = BEGAN + 5 * MINUTE
    assert asked.must_sign_in(BEGAN - 1, BEGAN)
    assert not asked.must_sign_in(signed_in, signed_in + 1000)
    assert not asked.must_sign_in(signed_in, signed_in + MINUTE)
    assert asked.must_sign_in(signed_in, signed_in + MINUTE + 1)
    assert asked.must_sign_in(signed_in, BEGAN + 59 * MINUTE)


def test_no_prompt_needs_no_new_sign_in() -> None:
    asked = AuthorizationRequest("a", "r", "c", [], BEGAN, max_age=3600)
    assert not asked.must_sign_in(BEGAN - MINUTE, BEGAN)
    assert asked.must_sign_in(BEGAN - 3601_000, BEGAN)


def test_prompt_none_never_shows_a_page(scene: Scene) -> None:
    nobody = Browser(scene.server)
    for browser in (nobody, scene.ada):
        for change in ({}, {"max_age": "0"}, {"login_hint": "x@b.test"}, {"acr_values": "x"}):
            back = browser.authorize(scene.app, prompt="none", **change)
            assert set(landed(back)) & {"code", "error"}
    assert landed(nobody.authorize(scene.app, prompt="none"))["error"] == "login_required"
    for prompt in ("none login", "login none", "none none", "None", "other"):
        back = scene.ada.authorize(scene.app, prompt=prompt)
        assert "code" in landed(back) or landed(back)["error"] == "invalid_request"
        assert "code" not in landed(back) or set(prompt.split()) == {"none"}


def test_a_sealed_request_is_of_the_person_who_is_hinted(scene: Scene) -> None:
    scene.person("carl@b.test")
    carl = Browser(scene.server)
    carl.sign_in("carl@b.test")
    hint = scene.tokens(scene.app)["id_token"]
    answer = carl.authorize(scene.app, id_token_hint=hint)
    assert (answer.header("Location") or "").startswith("/account/sign-in")


@pytest.mark.parametrize(
    "name", ["client_id", "redirect_uri", "state", "scope", "code_challenge", "nonce", "x"]
)
def test_repeated_parameters(scene: Scene, name: str) -> None:
    """RFC 6749 §3.1: by GET and by POST."""
    given = scene.app.request(x="1")
    twice = f"{urlencode(given)}&{urlencode({name: given[name]})}"
    got = scene.ada.get(f"/oauth2/authorize?{twice}")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = scene.ada.go("POST", "/oauth2/authorize", body=twice.encode(), headers=kind)
    out = f"client_id={scene.app.client_id}&client_id=x"
    for answer in (
        got,
        posted,
        scene.ada.get(f"/oauth2/sign-out?{out}"),
        scene.ada.go("POST", "/oauth2/sign-out", body=out.encode(), headers=kind),
    ):
        assert answer.status == 400, answer.text
        assert answer.header("Location") is None


def test_parameters_that_are_no_text_or_too_much(both: Scene) -> None:
    """NUL, invalid UTF-8, hundreds of them, very long ones: an error page, never a failure."""
    request = urlencode(both.app.request())
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    odd = [
        "client_id=%00",
        "client_id=a%00b&redirect_uri=x",
        "client_id=%ff",
        f"{request}&x=%00",
        f"{request}&%00=x",
        f"{request}&x=%c3%28",
        f"{request}&{'&'.join(f'x{n}=1' for n in range(200))}",
        f"{request}&x={'y' * 3000}",
        f"{request}&login_hint={'y' * 3000}",
    ]
    for query in odd:
        for path in ("/oauth2/authorize", "/oauth2/sign-out"):
            for answer in (
                both.ada.get(f"{path}?{query}"),
                both.ada.go("POST", path, body=query.encode(), headers=kind),
            ):
                assert answer.status < 500, (path, query[:80], answer.text)
                if "authorize" in path:
                    assert answer.status == 400, (path, query[:80], answer.text)
        assert both.server.post("/oauth2/token", form={"client_id": "\0"}).status == 400
    for page in ("sign-in", "sign-up", "reset"):
        for value in ("%00", "%ff", "x" * 3000):
            shown = both.ada.get(
                f"/account/{page}?next={value}&login_hint={value}&lang={value}&done={value}"
            )
            assert shown.status == 200
    assert not [line for line in both.server.log if line.get("level") == "error"]


def test_fields_that_are_no_text(both: Scene) -> None:
    """In forms of the pages, on both engines."""
    browser = Browser(both.server)
    for page, names in (
        ("/account/sign-in", ("email", "password", "next")),
        ("/account/sign-up", ("email", "first_name", "password", "next")),
        ("/account/reset", ("email",)),
    ):
        for text in ("\0", "\u200b", "\U0001f600"):
            form = hidden(browser.get(page)) | dict.fromkeys(names, text * 3)
            assert browser.go("POST", page, form=form).status in (303, 400)
    for path in ("/account/confirm", "/account/reset/code", "/account/sign-in/code"):
        for code in ("\u0661" * 8, "\u00b2" * 8, "9" * 30_000):
            form = hidden(browser.get("/account/sign-in")) | {"code": code, "half_way": code}
            assert browser.go("POST", path, form=form).status in (303, 400)


@pytest.mark.parametrize("path", ["/oauth2/authorize", "/account", "/account/sign-in"])
def test_methods_that_no_page_knows(scene: Scene, path: str) -> None:
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"):
        assert scene.ada.go(method, path).status == 405
    assert scene.ada.signed_in()


def test_head_says_what_get_says_and_nothing_more(scene: Scene) -> None:
    query = urlencode(scene.app.request(redirect_uri="https://evil.test/"))
    assert scene.ada.go("HEAD", f"/oauth2/authorize?{query}").status == 400
    for path in ("/account/sign-in", "/account"):
        answer = scene.ada.go("HEAD", path)
        assert (answer.status, answer.body) == (200, b"")
    nobody = Browser(scene.server)
    assert nobody.go("HEAD", "/account").status == 303


def test_a_foreign_form_changes_no_cookie(scene: Scene) -> None:
    """A browser sends none of ours along with it, and must not lose them: forms that are open in
    other tabs stay good."""
    for path in ("/oauth2/authorize", "/oauth2/sign-out"):
        for form in (scene.app.request(), {"client_id": "x"}):
            answer = scene.server.post(path, form=form, headers={"Origin": "https://evil.test"})
            assert answer.header("Set-Cookie") is None
    assert scene.ada.signed_in()


@pytest.mark.parametrize(
    "answer",
    [
        '{"id": "a\\u0000"}',
        '{"id": "\\ud800"}',
        '{"id": "\\u00e9"}',
        '{"id": {}}',
        '{"id": null}',
        "{}",
        "[]",
        '"id"',
        "1",
        "null",
        "",
        "[" * 5000,
    ],
)
def test_passkeys_that_are_none(migrated_url: str, clock: FrozenClock, answer: str) -> None:
    """On both engines: an answer of the browser that is not one."""
    world, site = World(migrated_url, clock), passkeys.Site("localhost", "http://localhost")
    asked = passkeys.ask_for_any(world.vault, site, b"x" * 32, int(clock.now().timestamp() * 1000))

    async def play() -> None:
        found = await world.db.write(
            lambda work: passkeys.accept(work, world.vault, site, asked.sealed, answer)
        )
        assert found is None

    try:
        asyncio.run(play())
    finally:
        world.db.close()
