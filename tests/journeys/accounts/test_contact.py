"""The point of contact: signed in, signed up, changed, declined (spec/accounts.md §4.2)."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from comptoir.simulator.accounts.claims import claims_of
from comptoir.simulator.accounts.context import contact_url
from comptoir.simulator.accounts.pages import CLOSE
from tests.accounts.pages.browser import links, mails, person
from tests.journeys.accounts.stage import Stage, stage
from tests.server import Server


def contact_of(there: Stage) -> tuple[str | None, str | None]:
    found = there.status()
    return found["pointOfContactUuid"], found["pointOfContactEmail"]


def test_who_signs_in_is_the_contact(each: Server) -> None:
    ada = person(each, "ada@contact.example", "Ada", "Lovelace")
    with stage(each) as there:
        store = there.install()
        last = there.contact(store.accounts, ada)
        assert (last.status, last.text) == (200, CLOSE)
        assert store.accounts.status["pointOfContactEmail"] == ada.email, "believed at once"
        assert contact_of(there) == (ada.user_id, ada.email)
        assert there.run(store.legacy_tokens.of_shop())
        theirs = claims_of(there.run(store.legacy_tokens.of_contact()))
        assert (theirs["sub"], theirs["email"]) == (ada.user_id, ada.email)
        assert theirs["email_verified"] is True
        assert there.truth(store)["isVerified"] is True


def test_who_has_no_account_makes_one_on_the_way(each: Server) -> None:
    email = "new@contact.example"
    with stage(each) as there:
        store, walker = there.install(), there.walker()
        url = f"{contact_url(store.accounts)}&forceSignup=1&locale=fr"
        page = walker.follow(walker.get(url))
        asked = parse_qs(urlsplit(walker.at[1]).query, keep_blank_values=True)
        assert (asked["ui_locales"], asked["acr_values"]) == (["fr"], [""])
        (sign_up,) = {link for link in links(page) if link.startswith("/account/sign-up")}
        page = walker.get(sign_up)
        named = {"first_name": "Neo", "last_name": "Marchand"}
        sent = walker.submit(
            page, "/account/sign-up", email=email, password="a long new password", **named
        )
        page = walker.follow(sent)
        code = re.search(r"\b([A-Z0-9]{4} [A-Z0-9]{4})\b", mails(each, email)[-1].text)
        assert code is not None
        answer = walker.submit(page, "/account/confirm", code=code.group(1))
        ui = f"{each.base}/account?signupContext=popup"
        walker.follow(answer)
        assert ui in walker.at, "the store's page leads to the accounts UI"
        uuid, told = contact_of(there)
        assert told == email
        (user,) = [u for u in each.quick_cli("user", "list") if u["email"] == email]
        assert uuid == user["user"]


def test_another_person_takes_over(comptoir: Server) -> None:
    first = person(comptoir, "first@contact.example")
    second = person(comptoir, "second@contact.example")
    with stage(comptoir) as there:
        store = there.install()
        there.contact(store.accounts, first)
        assert there.run(store.legacy_tokens.of_contact())
        there.contact(store.accounts, second)
        assert contact_of(there) == (second.user_id, second.email)
        theirs = claims_of(there.run(store.legacy_tokens.of_contact()))
        assert theirs["sub"] == second.user_id, "the first one's token was blanked"


@pytest.mark.parametrize(("version", "set_"), [("8.0.13", False), ("8.0.15", True)])
def test_a_store_that_is_not_verified(comptoir: Server, version: str, set_: bool) -> None:
    who = person(comptoir, f"unverified.{version}@contact.example")
    with stage(comptoir, accounts_version=version) as there:
        store = there.store
        with there.away(store):
            there.fails(store.install())
        assert there.contact(store.accounts, who).text == CLOSE
        expected = (who.user_id, who.email) if set_ else (None, None)
        assert contact_of(there) == expected
        assert there.status()["isVerified"] is False


def test_who_says_no_changes_nothing(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store, walker = there.install(), there.walker()
        walker.get(contact_url(store.accounts))
        back = f"{store.accounts.redirect_uri}&error=access_denied&state=x"
        assert walker.get(back).text == CLOSE
        assert contact_of(there) == (None, None)


def test_a_lost_session_is_refused(comptoir: Server) -> None:
    """Its store sends no verifier then, and the code is bound to one."""
    who = person(comptoir, "lost@contact.example")
    with stage(comptoir) as there:
        store, walker = there.install(), there.walker()
        page = walker.follow(walker.get(contact_url(store.accounts)))
        walker.stores.jar.clear()
        answer = walker.submit(
            page, "/account/sign-in", email=who.email, password="correct horse battery"
        )
        last = walker.follow(answer)
        assert f"{store.back_office_url}/index.php?controller=AdminLogin" in walker.at[-1]
        assert 'data-test="error_from_hydra"' in last.text
        assert contact_of(there) == (None, None)


def test_a_wrong_password_sets_nobody(comptoir: Server) -> None:
    who = person(comptoir, "wrong@contact.example")
    with stage(comptoir) as there:
        store = there.install()
        last = there.walker().signs_in(contact_url(store.accounts), who, "not the password")
        assert last.status == 400
        assert contact_of(there) == (None, None)
