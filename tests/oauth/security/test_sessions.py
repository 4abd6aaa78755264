"""Sessions, cookies and forms: nobody acts as another, nor makes another act as them (OWASP ASVS
3.2 to 3.4, 4.2.2; RFC 9700 §4.7)."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from comptoir.accounts.people import sessions, users
from comptoir.base.clock import FrozenClock
from comptoir.infra.work import Work
from tests.oauth.security.browser import ADA, PASSWORD, Browser, cookies_of, hidden, mailed_code
from tests.oauth.security.scene import Scene
from tests.oauth.world import World
from tests.server import Server, running

SESSION, FORM = "comptoir_session", "comptoir_form"
DAY = timedelta(days=1)


def attributes(line: str) -> set[str]:
    return {part.strip().lower() for part in line.split(";")[1:]}


def test_asvs_3_2_1_a_cookie_from_before_is_worth_nothing_after(scene: Scene) -> None:
    """Session fixation: made up, or of a session that the attacker has."""
    attacker = Browser(scene.server)
    scene.person("fixer@b.test")
    attacker.sign_in("fixer@b.test")
    for planted in ("x" * 43, attacker.jar[SESSION]):
        victim = Browser(scene.server, {SESSION: planted})
        victim.sign_in()
        assert victim.jar[SESSION] != planted
        assert victim.signed_in()
        assert not Browser(scene.server, {SESSION: planted}).signed_in()


def test_asvs_3_2_1_each_sign_in_has_its_own_and_ends_the_one_before(scene: Scene) -> None:
    browser = Browser(scene.server)
    seen = []
    for _ in range(3):
        browser.sign_in()
        seen.append(browser.jar[SESSION])
    assert len(set(seen)) == 3
    good = [Browser(scene.server, {SESSION: cookie}).signed_in() for cookie in seen]
    assert good == [False, False, True]
    assert scene.ada.signed_in(), "another browser's is left alone"


def test_asvs_3_3_1_after_a_sign_out_the_cookie_is_worth_nothing(scene: Scene) -> None:
    browser = Browser(scene.server)
    browser.sign_in()
    copied = dict(browser.jar)
    answer = browser.send("/account/sign-in", "/account/sign-out")
    assert any(f'{SESSION}=""' in line and "Max-Age=0" in line for line in cookies_of(answer))
    assert not Browser(scene.server, copied).signed_in()


def test_asvs_3_3_3_after_a_reset_no_session_is_left(scene: Scene) -> None:
    scene.person("reset@b.test")
    old, new = Browser(scene.server), Browser(scene.server)
    old.sign_in("reset@b.test")
    new.send("/account/reset", email="reset@b.test")
    form = {"code": mailed_code(scene.server), "password": "chosen at last"}
    assert new.send("/account/reset/code", **form).status == 303
    assert new.signed_in()
    assert not old.signed_in()


def test_asvs_3_3_2_sessions_end_by_themselves(migrated_url: str, clock: FrozenClock) -> None:
    """After a day without a request, and after a week."""
    world = World(migrated_url, clock)

    def begin(work: Work) -> tuple[str, str]:
        user = users.create_user(work, "x@b.test", "")
        return tuple(
            sessions.open_session(work, world.vault, user.user_id, ("pwd",))[0] for _ in range(2)
        )  # type: ignore[return-value]

    async def alive(secret: str) -> bool:
        now = int(clock.now().timestamp() * 1000)
        found = await world.db.read(lambda db: sessions.find_visitor(db, world.vault, secret, now))
        if found is None:
            return False
        seen = found.session.session_id
        from comptoir.accounts.people import store

        await world.db.write(lambda work: store.see_session(work.db, seen, work.now_ms))
        return True

    async def play() -> None:
        used, idle = await world.db.write(begin)
        clock.advance(DAY - timedelta(milliseconds=1))
        assert await alive(used)
        clock.advance(timedelta(milliseconds=1))
        assert not await alive(idle)
        for _ in range(6):
            assert await alive(used)
            clock.advance(DAY - timedelta(seconds=1))
        clock.advance(timedelta(seconds=6))
        assert not await alive(used)
        await world.db.write(sessions.forget)

    try:
        asyncio.run(play())
    finally:
        world.db.close()


@pytest.fixture(scope="module")
def https() -> Iterator[Server]:
    with running(public_url="https://comptoir.example") as server:
        server.quick_cli("user", "create", "--email", ADA, "--password", PASSWORD)
        yield server


def test_asvs_3_4_cookies_are_out_of_reach(scene: Scene, https: Server) -> None:
    """HttpOnly, SameSite, this host alone; with https also Secure and `__Host-`."""
    for server, prefix, more in ((scene.server, "", set()), (https, "__Host-", {"secure"})):
        browser = Browser(server)
        shown = browser.get("/account/sign-in?ui_locales=fr")
        form = hidden(shown) | {"email": ADA, "password": PASSWORD}
        answer = browser.go("POST", "/account/sign-in", form=form)
        reset = browser.send("/account/reset", email="nobody@b.test")
        lines = [line for page in (shown, answer, reset) for line in cookies_of(page)]
        names = {line.partition("=")[0] for line in lines}
        assert names == {
            f"{prefix}comptoir_{name}" for name in ("form", "language", "session", "device", "flow")
        }
        for line in lines:
            found = {a for a in attributes(line) if not a.startswith(("max-age", "expires"))}
            assert found == {"httponly", "samesite=lax", "path=/"} | more, line
        plain = {name.removeprefix("__Host-"): value for name, value in browser.jar.items()}
        if prefix:
            assert not Browser(server, plain).signed_in(), "without the prefix it is none"


@pytest.mark.parametrize("page", ["/account/sign-in", "/account/sign-up", "/account/reset"])
def test_asvs_4_2_2_a_form_needs_the_token_of_this_browser(scene: Scene, page: str) -> None:
    """Also the sign-in's: nobody is signed in as the attacker unknowingly (login CSRF)."""
    browser, other = Browser(scene.server), Browser(scene.server)
    typed = {"email": ADA, "password": PASSWORD}
    own, foreign = hidden(browser.get(page)), hidden(other.get(page))
    assert own["form_token"] != foreign["form_token"]
    for token in ("", foreign["form_token"], browser.jar[FORM], own["form_token"][:-1], "\u00e9"):
        form = own | typed | {"form_token": token}
        assert browser.go("POST", page, form=form).status == 403
    without = {name: text for name, text in (own | typed).items() if name != "form_token"}
    assert browser.go("POST", page, form=without).status == 403
    bare = Browser(scene.server)
    assert bare.go("POST", page, form=own | typed).status == 403, "no cookie came along"
    made = Browser(scene.server, {FORM: ""})
    assert made.go("POST", page, form=own | typed).status == 403
    assert SESSION not in browser.jar | bare.jar | made.jar


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.test",
        "null",
        "",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://localhost",
        "{base}.evil.test",
        "{base}/",
        "{BASE}x",
        "{base}, {base}",
    ],
)
def test_asvs_4_2_2_a_form_comes_from_our_own_pages(scene: Scene, origin: str) -> None:
    base = scene.server.base
    sent = {"Origin": origin.format(base=base, BASE=base)}
    browser = Browser(scene.server)
    form = hidden(browser.get("/account/sign-in")) | {"email": ADA, "password": PASSWORD}
    assert browser.go("POST", "/account/sign-in", form=form, headers=sent).status == 403
    assert SESSION not in browser.jar


def test_asvs_4_2_2_a_form_is_a_form(scene: Scene) -> None:
    """What a script of another site can send without asking first."""
    browser = Browser(scene.server)
    form = hidden(browser.get("/account/sign-in")) | {"email": ADA, "password": PASSWORD}
    body = "&".join(f"{name}={text}" for name, text in form.items()).encode()
    for kind in ("text/plain", "multipart/form-data", "application/json", ""):
        answer = browser.go("POST", "/account/sign-in", body=body, headers={"Content-Type": kind})
        assert answer.status in (400, 415)
    assert SESSION not in browser.jar


def test_asvs_4_2_2_nothing_is_changed_by_a_link(scene: Scene) -> None:
    for path in (
        "/account/sign-out",
        "/oauth2/sign-out/confirm",
        "/account/security/sessions/end-others",
        "/account/security/sessions/end",
    ):
        assert scene.ada.get(path).status in (404, 405)
    assert scene.ada.signed_in()
    assert scene.ada.get("/oauth2/sign-out").status == 200, "asks first"
    form = {"client_id": scene.app.client_id}
    scene.ada.go("POST", "/oauth2/sign-out", form=form, headers={"Origin": "https://evil.test"})
    assert scene.ada.signed_in()
    for path in ("/oauth2/sign-out/confirm", "/account/sign-out", "/account/security/password"):
        assert scene.ada.go("POST", path, form={"form_token": "x"}).status == 403
    assert scene.ada.signed_in()


def test_asvs_4_2_1_nobody_ends_the_session_of_another(scene: Scene) -> None:
    from tests.oauth.calls import claims_of

    sid = claims_of(scene.server, scene.tokens(scene.app)["id_token"])["sid"]
    scene.person("mallory@b.test")
    mallory = Browser(scene.server)
    mallory.sign_in("mallory@b.test")
    answer = mallory.send(
        "/account/security", "/account/security/sessions/end", session_id=str(sid)
    )
    assert answer.status == 404
    assert scene.ada.signed_in()


def test_asvs_3_1_1_the_name_of_a_session_opens_nothing(scene: Scene) -> None:
    """`sid` is in id tokens, which applications hold."""
    from tests.oauth.calls import claims_of

    sid = str(claims_of(scene.server, scene.tokens(scene.app)["id_token"])["sid"])
    assert sid not in scene.ada.jar[SESSION]
    assert not Browser(scene.server, {SESSION: sid}).signed_in()
