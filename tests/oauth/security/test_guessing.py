"""Passwords and codes cannot be tried out, and nobody is locked out by who tries (RFC 9700 §4.16
leaves the sign-in itself to OWASP ASVS 2.2.1, 2.5, 2.7 and NIST SP 800-63B §5.2.2)."""

import asyncio
import re
from datetime import timedelta

import pyotp
import pytest

from comptoir.accounts.people import codes, throttle
from comptoir.accounts.people.codes import Promise, Purpose
from comptoir.accounts.people.errors import TooManyAttempts
from comptoir.base.clock import FrozenClock, SystemClock
from comptoir.infra.work import Work
from tests.oauth.security.browser import PASSWORD, Browser, hidden, mailed_code, mails
from tests.oauth.security.scene import Scene
from tests.oauth.world import World
from tests.server import Answer

WRONG = "not the password"
NEW = "a password that is new"


def known_browser(scene: Scene, email: str) -> Browser:
    """One in which the person signed in before, and out again."""
    browser = Browser(scene.server)
    assert browser.sign_in(email).status == 303
    browser.send("/account/security", "/account/sign-out")
    assert not browser.signed_in()
    return browser


def exhaust(browser: Browser, email: str) -> None:
    for _ in range(throttle.MOST):
        assert browser.sign_in(email, WRONG).status == 400


def test_asvs_2_2_1_ten_wrong_passwords_stop_a_stranger_and_nobody_else(both: Scene) -> None:
    email, other = "victim@b.test", "neighbour@b.test"
    both.person(email)
    both.person(other)
    known, stranger = known_browser(both, email), Browser(both.server)
    exhaust(stranger, email)
    stopped = stranger.sign_in(email)
    assert stopped.status == 429, "the right one too: it may have been guessed"
    assert 0 < int(stopped.header("Retry-After") or "") <= 900
    assert Browser(both.server).sign_in(email.upper()).status == 429, "in any other browser"
    assert known.sign_in(email).status == 303, "the owner's browser is counted apart"
    assert stranger.sign_in(other).status == 303, "another person is not concerned"
    reset = Browser(both.server)
    reset.send("/account/reset", email=email)
    form = {"code": mailed_code(both.server), "password": NEW}
    assert reset.send("/account/reset/code", **form).status == 303
    assert reset.signed_in()
    assert Browser(both.server).sign_in(email, NEW).status == 303, "counted anew"


def test_asvs_2_2_1_a_known_browser_is_counted_too(scene: Scene) -> None:
    email = "known@b.test"
    scene.person(email)
    known = known_browser(scene, email)
    exhaust(known, email)
    assert known.sign_in(email).status == 429
    assert Browser(scene.server).sign_in(email).status == 303


def test_asvs_2_2_1_a_browser_is_known_for_its_own_person_alone(scene: Scene) -> None:
    """The cookie of the attacker's own account opens no second count for the victim; nor one made
    up, changed, or sealed for something else."""
    victim, own = "target@b.test", "attacker@b.test"
    scene.person(victim)
    scene.person(own)
    attacker = known_browser(scene, own)
    exhaust(attacker, victim)
    assert attacker.sign_in(victim).status == 429
    device = attacker.jar["comptoir_device"]
    for cookie in ("", "00", "x", device[:-2] + "00", device[24:], "\u00e9"):
        browser = Browser(scene.server, {"comptoir_device": cookie.encode().decode("latin-1")})
        assert browser.sign_in(victim).status == 429


def test_asvs_2_2_1_however_the_address_is_written(scene: Scene) -> None:
    email = "many.names@b.test"
    scene.person(email)
    stranger = Browser(scene.server)
    forms = [email.upper(), f" {email}", f"{email} ", "Many.Names@B.test"]
    for turn in range(throttle.MOST):
        assert stranger.sign_in(forms[turn % len(forms)], WRONG).status == 400
    for form in (email, *forms):
        assert stranger.sign_in(form).status == 429


def test_asvs_2_2_1_attempts_at_the_same_time(both: Scene) -> None:
    email = "flood@b.test"
    both.person(email)
    stranger = Browser(both.server)
    form = hidden(stranger.get("/account/sign-in")) | {"email": email, "password": WRONG}

    async def flood() -> list[int]:
        calls = (
            asyncio.to_thread(stranger.go, "POST", "/account/sign-in", form=form) for _ in range(16)
        )
        return [answer.status for answer in await asyncio.gather(*calls)]

    found = asyncio.run(flood())
    assert found.count(400) == throttle.MOST
    assert found.count(429) == 16 - throttle.MOST


def test_asvs_2_2_1_after_a_quarter_of_an_hour(migrated_url: str, clock: FrozenClock) -> None:
    world = World(migrated_url, clock)

    async def play() -> None:
        for _ in range(throttle.MOST):
            await world.db.write(lambda work: throttle.take(work, "email/x"))
        clock.advance(timedelta(milliseconds=throttle.WINDOW_MS - 1))
        with pytest.raises(TooManyAttempts):
            await world.db.write(lambda work: throttle.take(work, "email/x"))
        await world.db.write(lambda work: throttle.take(work, "email/y"))
        clock.advance(timedelta(milliseconds=1))
        await world.db.write(lambda work: throttle.take(work, "email/x"))

    try:
        asyncio.run(play())
    finally:
        world.db.close()


@pytest.mark.parametrize("kind", ["sign-up", "reset"])
def test_asvs_2_7_a_mailed_code_may_be_tried_five_times(both: Scene, kind: str) -> None:
    email = f"five-{kind}@b.test"
    browser = Browser(both.server)
    if kind == "reset":
        both.person(email)
        page, more = "/account/reset/code", {"password": NEW}
        browser.send("/account/reset", email=email)
    else:
        page, more = "/account/confirm", {}
        browser.send("/account/sign-up", email=email, password=PASSWORD)
    right = mailed_code(both.server)
    wrong = f"{(int(right) + 1) % 10**8:08}"
    for _ in range(codes.TRIES):
        assert browser.send(page, code=wrong, **more).status == 400
    assert browser.send(page, code=right, **more).status == 400
    assert Browser(both.server).sign_in(email, NEW).status == 400


def test_asvs_2_7_a_mailed_code_is_of_one_browser_and_good_once(scene: Scene) -> None:
    email = "once@b.test"
    scene.person(email)
    owner, thief = Browser(scene.server), Browser(scene.server)
    owner.send("/account/reset", email=email)
    right = mailed_code(scene.server)
    thief.send("/account/reset", email=email)
    later = mailed_code(scene.server)
    assert thief.send("/account/reset/code", code=right, password=NEW).status == 400
    assert owner.send("/account/reset/code", code=right, password=NEW).status == 303
    for browser, code in ((owner, right), (thief, later), (Browser(scene.server), later)):
        form = hidden(browser.get("/account/sign-in")) | {"code": code, "password": WRONG}
        answer = browser.go("POST", "/account/reset/code", form=form)
        assert answer.header("Location") == "/account/reset", "all others ended with it"
    assert Browser(scene.server).sign_in(email, WRONG).status == 400


def test_asvs_2_7_a_code_is_for_what_it_was_asked_for(scene: Scene) -> None:
    browser = Browser(scene.server)
    browser.send("/account/sign-up", email="purpose@b.test", password=PASSWORD)
    form = {"code": mailed_code(scene.server), "password": NEW}
    shown = hidden(browser.get("/account/sign-in"))
    answer = browser.go("POST", "/account/reset/code", form=shown | form)
    assert answer.header("Location") == "/account/reset"


def test_asvs_2_7_a_code_is_good_for_half_an_hour(migrated_url: str, clock: FrozenClock) -> None:
    world = World(migrated_url, clock)

    def begin(work: Work) -> codes.Begun:
        return codes.begin(work, world.vault, Purpose.RESET, Promise(email="x@b.test"))

    async def play() -> None:
        begun = await world.db.write(begin)
        clock.advance(timedelta(milliseconds=codes.KEEP_MS))
        late = await world.db.write(
            lambda work: codes.redeem(work, world.vault, Purpose.RESET, begun.flow, begun.code)
        )
        assert late is None

    try:
        asyncio.run(play())
    finally:
        world.db.close()


def test_asvs_2_5_a_reset_goes_to_the_accounts_own_mailbox(scene: Scene) -> None:
    """Two addresses that are compared as the same may be two mailboxes: the code for the account
    of one must not go to the other (as CVE-2019-19844)."""
    email, alike = "mike@b.test", "mi\u212ae@b.test"
    scene.person(email)
    mallory = Browser(scene.server)
    assert mallory.send("/account/reset", email=alike).status == 303
    assert mails(scene.server)[-1][0] == email
    before = len(mails(scene.server))
    mallory.send("/account/sign-up", email=alike, password=PASSWORD)
    assert [to for to, _, _ in mails(scene.server)[before:]] == [email]


def test_asvs_2_5_mails_to_one_address_are_few(scene: Scene) -> None:
    """The same for one that has an account and one that has none."""
    scene.person("mailed@b.test")
    for email in ("mailed@b.test", "nobody@b.test"):
        browser, before = Browser(scene.server), len(mails(scene.server))
        found = [browser.send("/account/reset", email=email).status for _ in range(7)]
        assert found == [303] * codes.MOST_MAILS + [429, 429]
        assert len(mails(scene.server)) - before == codes.MOST_MAILS


def second_factor(scene: Scene, email: str) -> tuple[Browser, pyotp.TOTP]:
    """Turn it on; and get half-way in another browser."""
    scene.person(email)
    owner = Browser(scene.server)
    owner.sign_in(email)
    page = "/account/security/second-factor"
    shown = owner.get(page)
    found = re.search(r"[A-Z2-7]{4}( [A-Z2-7]{4}){7}", shown.text)
    assert found, shown.text
    otp = pyotp.TOTP(found[0].replace(" ", ""))
    form = hidden(shown, page) | {"code": otp.at(SystemClock().now())}
    done = owner.go("POST", page, form=form)
    assert done.status == 200, done.text
    return owner, otp


def with_code(browser: Browser, half: Answer, code: str) -> Answer:
    return browser.go("POST", "/account/sign-in/code", form=hidden(half) | {"code": code})


def test_asvs_2_8_the_second_factor_is_tried_ten_times_used_once_and_asked_for(
    both: Scene,
) -> None:
    email = "totp@b.test"
    _, otp = second_factor(both, email)
    browser = Browser(both.server)
    half = browser.sign_in(email)
    assert half.status == 200
    assert not browser.signed_in(), "half-way is not in"
    assert "comptoir_session" not in browser.jar
    now = SystemClock().now()
    used, nxt = otp.at(now), otp.at(now + timedelta(seconds=30))
    assert with_code(browser, half, used).status in (400, 303)
    for odd in ("", "\u0661\u0662\u0663\u0664\u0665\u0666", "\u00b2" * 6, "x" * 6, "-1", "1e5"):
        assert with_code(browser, half, odd).status == 400
    assert with_code(browser, half, nxt).status == 303
    assert browser.signed_in()
    again = Browser(both.server)
    half = again.sign_in(email)
    for turn in range(throttle.MOST):
        assert with_code(again, half, nxt if not turn else "000000").status == 400, "RFC 6238 §5.2"
    later = otp.at(SystemClock().now() + timedelta(seconds=30))
    assert with_code(again, half, later).status == 429
    assert not again.signed_in()


def test_asvs_2_8_a_reset_by_mail_does_not_skip_the_second_factor(scene: Scene) -> None:
    email = "both@b.test"
    second_factor(scene, email)
    thief = Browser(scene.server)
    thief.send("/account/reset", email=email)
    form = {"code": mailed_code(scene.server), "password": NEW}
    assert thief.send("/account/reset/code", **form).header("Location") == "/account/sign-in"
    assert not thief.signed_in()
    assert thief.sign_in(email, NEW).status == 200
    assert not thief.signed_in()


def test_asvs_2_8_a_half_way_value_is_no_other_persons(scene: Scene) -> None:
    _, otp = second_factor(scene, "half@b.test")
    second_factor(scene, "whole@b.test")
    browser = Browser(scene.server)
    half = browser.sign_in("whole@b.test")
    code = otp.at(SystemClock().now() + timedelta(seconds=30))
    assert with_code(browser, half, code).status == 400
    for wrong in (browser.jar["comptoir_form"], "", "00", hidden(half)["half_way"][:-2]):
        form = hidden(half) | {"half_way": wrong, "code": code}
        answer = browser.go("POST", "/account/sign-in/code", form=form)
        assert answer.header("Location") == "/account/sign-in"
    assert not browser.signed_in()
