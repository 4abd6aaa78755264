"""Sign up, sign in, reset: what people type, what comes by mail, and what it leads to."""

import re
from urllib.parse import quote, unquote

import pytest

from tests.accounts.pages.browser import (
    PASSWORD,
    Browser,
    Person,
    forms,
    links,
    mails,
    person,
    signed_in,
    told,
    words,
)
from tests.server import Answer, Server

CODE = re.compile(r"\b(\d{4}) (\d{4})\b")
NEW = "seven pale otters at noon"


def code_for(server: Server, address: str) -> str:
    """The last one mailed."""
    found = [code for mail in mails(server, address) if (code := CODE.search(mail.subject))]
    return found[-1][1] + found[-1][2]


def sign_up(browser: Browser, address: str, password: str = PASSWORD, **more: str) -> Answer:
    page = browser.get("/account/sign-up")
    return browser.submit(page, "/account/sign-up", email=address, password=password, **more)


def reset(browser: Browser, address: str) -> Answer:
    return browser.submit(browser.get("/account/reset"), "/account/reset", email=address)


def test_an_account_begins_with_a_code_from_the_mailbox(comptoir: Server) -> None:
    browser = Browser(comptoir)
    answer = sign_up(browser, "Ada@people.example", first_name="Ada", last_name="Merchant")
    assert (answer.status, answer.header("location")) == (303, "/account/confirm")
    assert "ada@people.example" not in comptoir.quick_cli("user", "list").__repr__().lower()

    page = browser.get("/account/confirm")
    done = browser.submit(page, "/account/confirm", code=code_for(comptoir, "Ada@people.example"))

    assert (done.status, done.header("location")) == (303, "/account")
    assert "Hello, Ada" in words(browser.get("/account"))
    listed = comptoir.quick_cli("user", "list")
    assert {"email": "Ada@people.example", "name": "Ada Merchant"}.items() <= listed[-1].items()


def test_the_code_is_good_once_and_in_this_browser_only(comptoir: Server) -> None:
    browser, other = Browser(comptoir), Browser(comptoir)
    sign_up(browser, "once@people.example")
    code = code_for(comptoir, "once@people.example")
    sign_up(other, "once@people.example")
    page = other.get("/account/confirm")
    assert other.submit(page, "/account/confirm", code=code).status == 400

    page = browser.get("/account/confirm")
    assert browser.submit(page, "/account/confirm", code=f"{code[:4]} {code[4:]}").status == 303
    assert browser.post("/account/confirm", {"code": code}).header("location") == "/account/sign-up"


def test_after_five_wrong_codes_the_right_one_is_no_good(comptoir: Server) -> None:
    browser = Browser(comptoir)
    sign_up(browser, "five@people.example")
    right = code_for(comptoir, "five@people.example")
    for _ in range(5):
        wrong = f"{(int(right) + 1) % 10**8:08}"
        page = browser.get("/account/confirm")
        assert browser.submit(page, "/account/confirm", code=wrong).status == 400

    page = browser.get("/account/confirm")
    answer = browser.submit(page, "/account/confirm", code=right)
    assert (answer.status, "one wrong code too many" in words(answer)) == (400, True)
    assert "/account/sign-up" in links(answer), "begin again"


def test_wrong_codes_are_answered_alike_for_addresses_without_an_account(comptoir: Server) -> None:
    who = person(comptoir, "alike@people.example")
    told = []
    for email in (who.email, "unlike@people.example"):
        browser = Browser(comptoir)
        browser.submit(browser.get("/account/reset"), "/account/reset", email=email)
        said = []
        for _ in range(6):
            page = browser.get("/account/reset/code")
            answer = browser.submit(
                page, "/account/reset/code", code="12345678", password="six green herons by it"
            )
            said.append((answer.status, words(answer).replace(email, "")))
        told.append(said)
        assert "/account/reset" in links(answer), "begin again"
    assert told[0] == told[1]
    assert "one wrong code too many" not in told[0][3][1]
    assert "one wrong code too many" in told[0][4][1]


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "too short"),
        ("x" * 257, "too long"),
        ("Password1", "tried first"),
        ("weak@people.example", "e-mail address"),
    ],
)
def test_weak_passwords(comptoir: Server, password: str, said: str) -> None:
    answer = sign_up(Browser(comptoir), "weak@people.example", password)
    assert answer.status == 400
    assert said in words(answer)
    assert password not in answer.text.replace("weak@people.example", "", 1) or len(password) < 20
    assert not mails(comptoir, "weak@people.example")


@pytest.mark.parametrize("address", ["", "nobody", "a@", "@b", "a b@c.example", "a@b@c", "x" * 300])
def test_what_is_no_address(comptoir: Server, address: str) -> None:
    assert sign_up(Browser(comptoir), address).status == 400
    assert reset(Browser(comptoir), address).status == 400


def test_who_has_an_account_is_told_by_mail_only(comptoir: Server) -> None:
    known = person(comptoir, "known@people.example")
    first, second = (
        sign_up(Browser(comptoir), known.email),
        sign_up(Browser(comptoir), "new@x.example"),
    )
    assert (first.status, first.header("location")) == (second.status, second.header("location"))
    (mail,) = mails(comptoir, known.email)
    assert not CODE.search(mail.subject + mail.text)
    assert "/account/reset" in mail.text


def test_a_reset_signs_everybody_else_out(comptoir: Server) -> None:
    who = person(comptoir, "reset@people.example")
    elsewhere, browser = signed_in(comptoir, who), Browser(comptoir)
    assert reset(browser, who.email).header("location") == "/account/reset/code"
    page = browser.get("/account/reset/code")
    code = code_for(comptoir, who.email)

    weak = browser.submit(page, "/account/reset/code", code=code, password="12345678")
    assert weak.status == 400
    done = browser.submit(page, "/account/reset/code", code=code, password=NEW)

    assert done.status == 303
    assert browser.get("/account").status == 200
    assert elsewhere.get("/account").status == 303
    assert Browser(comptoir).sign_in(who).status == 400
    assert Browser(comptoir).sign_in(who, NEW).status == 303
    told(comptoir, who.email, "password was changed")


def test_a_forgotten_password_leads_on_to_what_was_wanted(comptoir: Server) -> None:
    who, browser = person(comptoir, "forgot@people.example"), Browser(comptoir)
    wanted = "/oauth2/authorize?client_id=s_1"
    asked = f"/account/sign-in?next={quote(wanted, safe='')}"
    (forgotten,) = {link for link in links(browser.get(asked)) if "reset" in link}
    page = browser.get(forgotten)
    browser.submit(page, "/account/reset", email="no address")
    browser.submit(page, "/account/reset", email=who.email)
    page = browser.get("/account/reset/code")
    assert unquote(forgotten) in map(unquote, links(page)), "another code, with the same end"
    code = code_for(comptoir, who.email)
    done = browser.submit(page, "/account/reset/code", code=code, password=NEW)
    assert done.header("location") == wanted


def test_who_has_no_account_is_told_by_mail_only(comptoir: Server) -> None:
    browser = Browser(comptoir)
    assert reset(browser, "none@people.example").header("location") == "/account/reset/code"
    (mail,) = mails(comptoir, "none@people.example")
    assert not CODE.search(mail.subject + mail.text)
    page = browser.get("/account/reset/code")
    answer = browser.submit(page, "/account/reset/code", code="00000000", password=NEW)
    assert answer.status == 400


def test_no_more_than_five_mails_to_one_address(comptoir: Server) -> None:
    for _ in range(5):
        assert reset(Browser(comptoir), "flood@people.example").status == 303
    answer = reset(Browser(comptoir), "flood@people.example")
    assert answer.status == 429
    assert int(answer.header("Retry-After") or 0) > 0
    assert len(mails(comptoir, "flood@people.example")) == 5


def test_the_page_that_was_wanted_comes_after_the_sign_in(comptoir: Server) -> None:
    who = person(comptoir, "wanted@people.example")
    browser = Browser(comptoir)
    sent = browser.get("/account/security")
    assert sent.status == 303
    page = browser.follow(sent)
    answer = browser.submit(page, "/account/sign-in", email=who.email, password=PASSWORD)
    assert answer.header("location") == "/account/security"


def test_a_wrong_password_says_no_more_than_a_wrong_address(comptoir: Server) -> None:
    who = person(comptoir, "wrong@people.example")
    pages = [
        Browser(comptoir).sign_in(who, "not the password"),
        Browser(comptoir).sign_in("nobody@people.example", "not the password"),
    ]
    said = [
        words(page).replace(who.email, "").replace("nobody@people.example", "") for page in pages
    ]
    assert [page.status for page in pages] == [400, 400]
    assert said[0] == said[1]
    assert "do not fit together" in said[0]


def test_pages_speak_the_visitors_language(comptoir: Server) -> None:
    french = Browser(comptoir, **{"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"})
    assert "Mot de passe oublié" in words(french.get("/account/sign-in"))
    assert "Password forgotten" in words(french.get("/account/sign-in?lang=en"))
    assert "Password forgotten" in words(french.get("/account/sign-in"))  # it was chosen
    assert "Mot de passe" in words(french.get("/account/sign-in?ui_locales=fr"))
    assert "Password forgotten" in words(french.get("/account/sign-in")), "a store chose nothing"
    store = Browser(comptoir)
    assert "Mot de passe oublié" in words(store.get("/account/sign-in?ui_locales=fr"))
    sign_up(store, "fr@people.example")
    assert mails(comptoir, "fr@people.example")[-1].subject.startswith("Votre code")


def test_the_anchors_that_stores_tests_know(comptoir: Server) -> None:
    page = Browser(comptoir).get("/account/sign-in").text
    assert 'alt="Prestashop logo"' in page
    assert 'id="email"' in page and 'id="password"' in page
    assert "puik-button puik-button--primary" in page


def test_the_addresses_that_stores_link_to(comptoir: Server) -> None:
    who = person(comptoir, "links@people.example")
    browser = signed_in(comptoir, who)
    assert "account is ready" in words(browser.get("/account?signupContext=popup"))
    utm = "utm_source=shop.test&utm_medium=back-office&utm_campaign=ps_accounts"
    assert browser.get(f"/account?{utm}").status == 200
    assert browser.follow(browser.get("/account/login?lang=fr")).status == 200
    assert "is confirmed" in words(browser.get("/account/send-verification-email?lang=en"))
    assert Browser(comptoir).get("/account/send-verification-email").status == 303
    assert Browser(comptoir).get("/account/testimonials.json").json == []
    assert Browser(comptoir).get("/account/static/nothing.js").status == 404


def test_forms_of_other_browsers_are_refused(comptoir: Server) -> None:
    who, mine, theirs = (
        person(comptoir, "form@people.example"),
        Browser(comptoir),
        Browser(comptoir),
    )
    fields = forms(theirs.get("/account/sign-in"))[0].fields
    mine.get("/account/sign-in")
    typed = {"email": who.email, "password": PASSWORD}
    for sent in ({**fields, **typed}, {**typed, "form_token": ""}, typed):
        assert mine.request("POST", "/account/sign-in", form=sent).status == 403
    foreign = {"Origin": "https://evil.example"}
    right = {**typed, "form_token": mine.form_token()}
    assert mine.request("POST", "/account/sign-in", form=right, headers=foreign).status == 403
    own = {"Origin": comptoir.base}
    assert mine.request("POST", "/account/sign-in", form=right, headers=own).status == 303


def test_signing_out_ends_the_session(comptoir: Server) -> None:
    who: Person = person(comptoir, "out@people.example")
    browser = signed_in(comptoir, who)
    kept = dict(browser.jar)
    page = browser.get("/account")
    out = browser.submit(page, "/account/sign-out").header("location") or ""
    assert "You are signed out" in words(browser.get(out))
    browser.jar = kept
    assert browser.get("/account").status == 303
