"""What people sign in with, and where they are signed in."""

import re
from datetime import UTC, datetime
from urllib.parse import unquote

import pyotp

from tests.accounts.pages.browser import (
    PASSWORD,
    Browser,
    links,
    mails,
    person,
    read,
    signed_in,
    told,
    words,
)
from tests.accounts.pages.test_entry import NEW, code_for
from tests.server import Answer, Server

SECURITY = "/account/security"
TOTP = f"{SECURITY}/second-factor"
SECRET = re.compile(r'data-test="totp-secret">([A-Z2-7 ]+)<')
RECOVERY = re.compile(r"<li>([a-z2-7-]{19})</li>")


def step_now() -> int:
    return int(datetime.now(UTC).timestamp()) // 30


def code_of(secret: str, step: int) -> str:
    """The code of a step of 30 s."""
    return pyotp.TOTP(secret).at(step * 30)


def secret_of(page: Answer) -> str:
    """That the page to turn it on shows."""
    found = SECRET.search(page.text)
    assert found is not None, page.text
    return found[1].replace(" ", "")


def second_step(browser: Browser, step: int | None = None) -> tuple[str, list[str]]:
    """Turn it on, with the code of that step or of now. Returns the secret and the recovery
    codes."""
    page = browser.get(TOTP)
    secret = secret_of(page)
    done = browser.submit(page, TOTP, code=code_of(secret, step or step_now()))
    assert done.status == 200, done.text
    return secret, RECOVERY.findall(done.text)


def send_code(browser: Browser, page: Answer, code: str) -> Answer:
    return browser.submit(page, "/account/sign-in/code", code=code)


def test_a_second_step_is_asked_for_once_it_is_on(comptoir: Server) -> None:
    who = person(comptoir, "totp@people.example")
    step = step_now()
    secret, recovery = second_step(signed_in(comptoir, who), step)
    assert len(set(recovery)) == 10
    told(comptoir, who.email, "second step was turned on")

    browser = Browser(comptoir)
    page = browser.sign_in(who, wanted="/account/security")
    assert page.status == 200
    assert "/account/sign-in?next=%2Faccount%2Fsecurity" in links(page), "another way"
    assert browser.get("/account").status == 303, "half way is not in"
    assert send_code(browser, page, "000000").status == 400
    assert send_code(browser, page, code_of(secret, step)).status == 400, "used to turn it on"
    done = send_code(browser, page, code_of(secret, step + 1))
    assert (done.status, done.header("location")) == (303, SECURITY)

    again = Browser(comptoir)
    page = again.sign_in(who)
    assert send_code(again, page, code_of(secret, step + 1)).status == 400, "each code is good once"
    assert send_code(again, page, recovery[0].upper().replace("-", " ")).status == 303
    third = Browser(comptoir)
    assert send_code(third, third.sign_in(who), recovery[0]).status == 400
    assert "codes left: 9" in words(again.get(SECURITY))


def test_recovery_codes_are_renewed_and_the_second_step_ends(comptoir: Server) -> None:
    who = person(comptoir, "renew@people.example")
    browser = signed_in(comptoir, who)
    _, old = second_step(browser)
    assert {f"{TOTP}/codes", f"{TOTP}/end"} <= set(links(browser.get(SECURITY))), "asks first"
    shown = browser.submit(browser.get(f"{TOTP}/codes"), f"{TOTP}/codes")
    fresh = RECOVERY.findall(shown.text)
    (file,) = [link for link in links(shown) if link.startswith("data:")]
    assert unquote(file.partition(",")[2]).split() == fresh
    assert len(fresh) == 10 and not set(fresh) & set(old)
    other = Browser(comptoir)
    assert send_code(other, other.sign_in(who), old[1]).status == 400
    assert send_code(other, other.sign_in(who), fresh[1]).status == 303

    assert browser.submit(browser.get(f"{TOTP}/end"), f"{TOTP}/end").status == 303
    assert Browser(comptoir).sign_in(who).status == 303
    assert browser.get(f"{TOTP}/end").header("location") == SECURITY, "there is nothing to end"


def offered(browser: Browser) -> str:
    return secret_of(browser.get(TOTP))


def test_a_secret_stays_while_one_is_signed_in_and_is_nobody_elses(comptoir: Server) -> None:
    ada, bob = person(comptoir, "offer1@people.example"), person(comptoir, "offer2@people.example")
    browser, other = signed_in(comptoir, ada), signed_in(comptoir, bob)
    first = offered(browser)
    assert offered(browser) == first, "the page was loaded again"
    sealed = browser.jar["comptoir_totp"]
    other.jar["comptoir_totp"] = sealed
    assert offered(other) != first
    for sent in (sealed, "nonsense", ""):
        typed = {"sealed": sent, "code": code_of(first, step_now())}
        assert other.post(TOTP, typed).header("location") == TOTP
    again = signed_in(comptoir, ada)
    again.jar["comptoir_totp"] = sealed
    assert offered(again) != first, "another session"


def test_each_of_two_tabs_turns_on_the_secret_that_it_shows(comptoir: Server) -> None:
    browser = signed_in(comptoir, person(comptoir, "tabs@people.example"))
    page = browser.get(TOTP)
    secret = secret_of(page)
    del browser.jar["comptoir_totp"]
    assert offered(browser) != secret
    wrong = browser.submit(page, TOTP, code="000000")
    assert wrong.status == 400 and secret_of(wrong) == secret
    assert browser.submit(page, TOTP, code=code_of(secret, step_now())).status == 200


def test_a_secret_that_was_on_is_not_offered_again(comptoir: Server) -> None:
    browser = signed_in(comptoir, person(comptoir, "onoff@people.example"))
    offered(browser)
    kept = browser.jar["comptoir_totp"]
    before, _ = second_step(browser)
    assert "comptoir_totp" not in browser.jar
    browser.jar["comptoir_totp"] = kept  # the answer was lost
    browser.submit(browser.get(f"{TOTP}/end"), f"{TOTP}/end")
    assert offered(browser) != before


def test_what_is_shown_once_has_no_link_that_would_lose_it(comptoir: Server) -> None:
    browser = signed_in(comptoir, person(comptoir, "once@people.example"))
    second_step(browser)
    shown = browser.submit(browser.get(f"{TOTP}/codes"), f"{TOTP}/codes")
    assert not [link for link in links(shown) if "lang=" in link]


def test_a_reset_by_mail_does_not_open_an_account_with_a_second_step(comptoir: Server) -> None:
    who = person(comptoir, "mailbox@people.example")
    second_step(signed_in(comptoir, who))
    thief = Browser(comptoir)
    thief.submit(thief.get("/account/reset"), "/account/reset", email=who.email)
    page = thief.get("/account/reset/code")
    code = code_for(comptoir, who.email)
    done = thief.submit(page, "/account/reset/code", code=code, password=NEW)
    assert done.header("location") == "/account/sign-in"
    assert thief.get("/account").status == 303
    assert thief.sign_in(who, NEW).status == 200, "the second step is asked for"


def test_an_operator_turns_off_a_lost_second_step_and_sets_a_password(comptoir: Server) -> None:
    who = person(comptoir, "lost@people.example")
    before = signed_in(comptoir, who)
    second_step(before)
    comptoir.quick_cli("user", "second-factor-off", "--email", who.email)
    comptoir.quick_cli("user", "password", "--email", who.email, "--password", NEW)
    assert before.get("/account").status == 303
    assert Browser(comptoir).sign_in(who, NEW).status == 303
    failed = comptoir.quick("user", "password", "--email", "x@y.example", "--password", NEW)
    assert failed.returncode == 1 and "comptoir user list" in failed.stderr


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(comptoir: Server) -> None:
    who = person(comptoir, "change@people.example")
    browser, other = signed_in(comptoir, who), signed_in(comptoir, who)
    page = browser.get(f"{SECURITY}/password")
    wrong = browser.submit(page, f"{SECURITY}/password", old_password="no", password=NEW)
    assert wrong.status == 400 and "not right" in words(wrong)
    weak = browser.submit(page, f"{SECURITY}/password", old_password=PASSWORD, password="short")
    assert weak.status == 400
    done = browser.submit(page, f"{SECURITY}/password", old_password=PASSWORD, password=NEW)
    assert done.header("location") == f"{SECURITY}?done=password"
    assert browser.get("/account").status == 200
    assert other.get("/account").status == 303
    told(comptoir, who.email, "password was changed")


def test_sessions_are_listed_and_ended_one_by_one_or_all(comptoir: Server) -> None:
    who = person(comptoir, "sessions@people.example")
    firefox = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140"}
    mine, phone, third = (
        signed_in(comptoir, who),
        signed_in(comptoir, who, **firefox),
        signed_in(comptoir, who),
    )
    page = mine.get(SECURITY)
    assert "Firefox, Linux" in words(page)
    ends = [f for f in read(page).forms if f.action.endswith("/sessions/end")]
    assert len(ends) == 2, "not the one that looks"
    assert mine.post(f"{SECURITY}/sessions/end", ends[0].fields).status == 303
    assert [phone.get("/account").status, third.get("/account").status].count(303) == 1
    assert mine.submit(page, f"{SECURITY}/sessions/end-others").status == 303
    assert phone.get("/account").status == third.get("/account").status == 303
    assert mine.get("/account").status == 200


def test_a_session_of_somebody_else_is_not_there(comptoir: Server) -> None:
    ada, bob = person(comptoir, "s1@people.example"), person(comptoir, "s2@people.example")
    victim, thief = signed_in(comptoir, ada), signed_in(comptoir, bob)
    signed_in(comptoir, ada)
    (end,) = [f for f in read(victim.get(SECURITY)).forms if f.action.endswith("/sessions/end")]
    stolen = {"session_id": end.fields["session_id"]}
    assert thief.post(f"{SECURITY}/sessions/end", stolen).status == 404
    assert thief.post(f"{SECURITY}/sessions/end", {"session_id": ""}).status == 404
    assert len([f for f in read(victim.get(SECURITY)).forms if "sessions/end" in f.action]) == 2


def test_an_address_changes_once_the_new_one_has_answered(comptoir: Server) -> None:
    who = person(comptoir, "before@people.example")
    browser = signed_in(comptoir, who)
    taken = person(comptoir, "taken@people.example")
    browser.submit(browser.get("/account/email"), "/account/email", email=taken.email)
    assert "another account" in mails(comptoir, taken.email)[-1].text

    browser.submit(browser.get("/account/email"), "/account/email", email="after@people.example")
    assert Browser(comptoir).sign_in("after@people.example").status == 400, "not yet"
    page = browser.get("/account/email/code")
    assert browser.submit(page, "/account/email/code", code="1").status == 400
    code = code_for(comptoir, "after@people.example")
    done = browser.submit(browser.get("/account/email/code"), "/account/email/code", code=code)
    assert done.header("location") == "/account?done=email"
    told(comptoir, who.email, "after@people.example")  # the old one
    assert Browser(comptoir).sign_in("AFTER@people.example").status == 303
    assert Browser(comptoir).sign_in(who).status == 400


def test_a_passkey_that_answers_nonsense(comptoir: Server) -> None:
    """Browsers have none at this address; what a script sends is refused all the same."""
    who = person(comptoir, "key@people.example")
    browser = signed_in(comptoir, who)
    assert "takes no passkeys" in words(browser.get(SECURITY))
    assert browser.get(f"{SECURITY}/passkeys").status == 303
    for credential in ("", "{}", "null", '{"id":"x"}', "[" * 5000):
        sent = {"credential": credential, "sealed": "00"}
        assert browser.post("/account/sign-in/passkey", sent).status == 303
        assert browser.post(f"{SECURITY}/passkeys/remove", {"credential_id": "x"}).status == 404
