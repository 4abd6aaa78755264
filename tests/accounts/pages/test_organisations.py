"""Organisations in the browser: inviting, joining, roles, leaving; without JavaScript."""

import html
import re
from urllib.parse import urljoin

from tests.accounts.pages import browser
from tests.accounts.pages.browser import Browser, Person, person, signed_in
from tests.server import Server

PATH = "/account/organisations"


def home(mine: Browser) -> str:
    """The path of the first organisation of who is signed in."""
    return next(link for link in browser.links(mine.get(PATH)) if link.startswith(f"{PATH}/"))


def test_a_colleague_is_invited_and_joins(comptoir: Server) -> None:
    ada = person(comptoir, "ada@join.example", "Ada")
    hers = signed_in(comptoir, ada)
    path = home(hers)

    page = hers.get(path)
    sent = hers.submit(page, f"{path}/invitations", email="Bob@Join.example", role="admin")
    assert sent.header("location") == f"{path}?done=invited"
    assert "Bob@Join.example" in browser.words(hers.follow(sent))

    mail = browser.mails(comptoir, "Bob@Join.example")[0]
    assert mail.subject == "ada@join.example invites you to Ada"
    assert f"{comptoir.base}/account/invitations" in mail.text
    assert re.findall(r"https?://\S+", mail.text) == [
        f"{comptoir.base}.",
        f"{comptoir.base}/account/invitations",
    ]

    bob = person(comptoir, "bob@join.example")
    his = Browser(comptoir)
    entry = his.follow(his.get("/account/invitations"))
    his.submit(entry, "/account/sign-in", email=bob.email, password=browser.PASSWORD)
    page = his.get("/account/invitations")
    assert "Join Ada" in browser.words(page)
    accept = next(f.action for f in browser.forms(page) if f.action.endswith("/accept"))
    joined = his.submit(page, accept)
    assert joined.header("location") == f"{path}?done=joined"
    assert "bob@join.example" in browser.words(his.follow(joined))
    assert his.submit(page, accept).status == 404, "once"

    again = hers.submit(hers.get(path), f"{path}/invitations", email=bob.email, role="member")
    assert again.status == 409
    assert "member of the organisation already" in browser.words(again)


def test_inviting_tells_nothing_about_accounts(comptoir: Server) -> None:
    ada = person(comptoir, "ada@secret.example")
    known = person(comptoir, "known@secret.example")
    hers = signed_in(comptoir, ada)
    path = home(hers)

    told = []
    for email in (known.email, "other@secret.example"):
        page = hers.get(path)
        sent = hers.submit(page, f"{path}/invitations", email=email, role="member")
        after = hers.follow(sent)
        mail = browser.mails(comptoir, email)[0]
        said = browser.words(after).replace(email, "X"), mail.subject, mail.text
        told.append((sent.status, sent.header("location"), said))
        withdraw = next(f.action for f in browser.forms(after) if f.action.endswith("/withdraw"))
        hers.submit(after, withdraw)
    assert told[0] == told[1]


def test_words_are_in_the_inviters_language(comptoir: Server) -> None:
    hers = signed_in(comptoir, person(comptoir, "ada@fr.example", "Ada"))
    path = home(hers)
    page = hers.get(f"{path}?lang=fr")
    hers.submit(page, f"{path}/invitations", email="luc@fr.example", role="member")
    assert browser.mails(comptoir, "luc@fr.example")[0].subject == (
        "ada@fr.example vous invite à rejoindre Ada"
    )


def test_what_answers_a_form_leads_to_a_page_in_another_language(comptoir: Server) -> None:
    """Also where nothing can be read at the form's own path."""
    hers = signed_in(comptoir, person(comptoir, "ada@both.example", "Ada"))
    path = home(hers)
    for form, value in (("invitations", {"email": "no address", "role": "member"}), ("name", {})):
        answer = hers.submit(hers.get(path), f"{path}/{form}", **{"name": "", **value})
        assert answer.status in (400, 422)
        (link,) = re.findall(r'href="([^"]*lang=fr)"', answer.text)
        page = hers.get(urljoin(f"{path}/{form}", html.unescape(link)))
        assert (page.status, 'lang="fr"' in page.text) == (200, True)
        hers.get(f"{path}?lang=en")


def test_roles_removal_and_leaving(comptoir: Server) -> None:
    ada, bob = person(comptoir, "ada@leave.example", "Ada"), person(comptoir, "bob@leave.example")
    hers, his = signed_in(comptoir, ada), signed_in(comptoir, bob)
    path = home(hers)
    hers.submit(hers.get(path), f"{path}/invitations", email=bob.email, role="member")
    page = his.get("/account/invitations")
    his.submit(page, next(f.action for f in browser.forms(page) if f.action.endswith("/accept")))

    def member(who: Person) -> str:
        return f"{path}/members/{who.user_id}"

    assert his.get(f"{member(ada)}/remove").status == 403
    assert his.post(f"{member(ada)}/remove", {}).status == 403
    assert hers.submit(hers.get(path), f"{member(ada)}/role", role="member").status == 409
    assert hers.post(f"{member(ada)}/remove", {}).status == 409, "the last owner"

    changed = hers.submit(hers.get(path), f"{member(bob)}/role", role="owner")
    assert changed.header("location") == f"{path}?done=role"
    asked = hers.get(f"{member(ada)}/remove")
    assert "Leave Ada?" in browser.words(asked)
    left = hers.submit(asked, f"{member(ada)}/remove")
    assert left.header("location") == f"{PATH}?done=left"
    assert hers.get(path).status == 404
    assert ada.email not in browser.words(his.get(path))


def test_another_organisation_and_its_name(comptoir: Server) -> None:
    hers = signed_in(comptoir, person(comptoir, "ada@name.example"))
    made = hers.submit(hers.get(PATH), PATH, name="Ateliers <b>")
    path = made.header("location") or ""
    assert "Ateliers <b>" in browser.words(hers.get(path))

    refused = hers.submit(hers.get(path), f"{path}/name", name="see https://bad.example")
    assert refused.status == 400
    assert "without a web address" in browser.words(refused)
    hers.submit(hers.get(path), f"{path}/name", name="Sud")
    assert "Sud" in browser.words(hers.get(PATH))
    assert hers.submit(hers.get(PATH), PATH, name=" ").status == 400


def test_the_overview_says_that_an_invitation_waits(comptoir: Server) -> None:
    ada = person(comptoir, "asks.overview@people.example")
    bob = person(comptoir, "waits.overview@people.example")
    hers, his = signed_in(comptoir, ada), signed_in(comptoir, bob)
    assert "/account/invitations" not in browser.links(his.get("/account"))
    path = home(hers)
    hers.submit(hers.get(path), f"{path}/invitations", email=bob.email, role="member")
    assert "/account/invitations" in browser.links(his.get("/account"))
