"""The browser of these tests does what a browser does."""

from tests.accounts.pages import browser
from tests.accounts.pages.browser import Browser
from tests.server import Server


def test_it_signs_in_and_out_and_reads_its_mail(comptoir: Server) -> None:
    ada = browser.person(comptoir, "ada@browser.example", "Ada", "Martin")
    mine = Browser(comptoir)

    assert mine.sign_in(ada, password="wrong").status == 400
    assert mine.sign_in(ada, wanted="/account/stores").header("location") == "/account/stores"
    assert "comptoir_session" in mine.jar

    left = mine.post("/account/sign-out", {})
    assert left.header("location") == "/account/sign-in?done=signed_out"
    assert "comptoir_session" not in mine.jar
    assert "Sign in" in browser.words(mine.follow(left))

    page = mine.get("/account/reset")
    assert mine.submit(page, "/account/reset", email=ada.email).status == 303
    assert [mail.subject[:10] for mail in browser.mails(comptoir, ada.email)] == ["Your code:"]
