"""Closing the account, in the browser and by the operator."""

from collections.abc import Iterator
from functools import partial

import pytest

from comptoir.accounts import close
from comptoir.infra.http.context import Context
from tests.accounts.pages.browser import (
    PASSWORD,
    Browser,
    links,
    mails,
    person,
    signed_in,
    told,
    words,
)
from tests.accounts.pages.opened import opened
from tests.accounts.pages.test_outlives import meanwhile
from tests.server import Server

CLOSE, SIGN_IN = "/account/close", "/account/sign-in"


@pytest.fixture(scope="module")
def context(comptoir: Server) -> Iterator[Context]:
    with opened(comptoir) as made:
        yield made


def test_an_account_is_closed(comptoir: Server) -> None:
    who = person(comptoir, "gone@close.example", "Ada")
    mine, elsewhere = signed_in(comptoir, who), signed_in(comptoir, who)
    assert CLOSE in links(mine.get("/account"))
    done = mine.submit(mine.get(CLOSE), CLOSE)
    assert done.header("location") == f"{SIGN_IN}?done=closed"
    assert "Your account is closed." in words(mine.follow(done))
    assert not {"comptoir_session", "comptoir_device"} & mine.jar.keys()
    for browser in (mine, elsewhere):
        assert browser.get("/account").status == 303
    assert Browser(comptoir).sign_in(who).status == 400
    last = told(comptoir, who.email, "Your account is closed")[-1]
    assert comptoir.base in last.text and "reset" not in last.text

    reset = Browser(comptoir)
    reset.submit(reset.get("/account/reset"), "/account/reset", email=who.email)
    assert mails(comptoir, who.email)[-1].subject == "There is no account with this address"
    assert person(comptoir, who.email).user_id != who.user_id
    assert Browser(comptoir).sign_in(who).status == 303


def test_what_is_in_the_way_is_said_with_where_to_go(comptoir: Server) -> None:
    who = person(comptoir, "busy@close.example", "Ada")
    mine = signed_in(comptoir, who)
    made = mine.submit(mine.get("/account/vendors"), "/account/vendors", name="busy")
    assert made.status in (200, 303)
    page = mine.get(CLOSE)
    assert "Nobody else manages the vendors of Ada" in words(page) and "busy" in words(page)
    assert "/account/vendors" in links(page)
    refused = mine.post(CLOSE, {})
    assert refused.status == 409
    assert "Nobody else manages" in words(refused)
    assert "Personne d’autre" in words(mine.get(f"{CLOSE}?lang=fr"))
    assert Browser(comptoir).sign_in(who).status == 303

    done = comptoir.quick("user", "close", "--email", who.email, "--yes")
    assert done.returncode == 1
    assert "Ada: vendors busy" in done.stderr and "first" in done.stderr


def test_a_password_that_is_being_looked_at_opens_nothing(
    comptoir: Server, context: Context
) -> None:
    who = person(comptoir, "late@close.example")
    late = Browser(comptoir)
    ask = partial(late.submit, late.get(SIGN_IN), SIGN_IN, email=who.email, password=PASSWORD)
    closing = partial(close.close_now, email=who.email)
    assert meanwhile(context, closing, ask).status == 400
    assert late.get("/account").status == 303


def test_an_operator_closes_an_account(comptoir: Server) -> None:
    who, owner = person(comptoir, "by@close.example"), person(comptoir, "owner@close.example")
    asked = comptoir.quick("user", "close", "--email", who.email)
    assert asked.returncode == 1, "it asks, and nobody answers"
    assert "for good?" in asked.stderr
    assert Browser(comptoir).sign_in(who).status == 303

    first = comptoir.quick_cli("organisation", "list")
    home = next(o["organisation_id"] for o in first if o["name"] == owner.email)
    role = ("--organisation", home, "--email", who.email, "--role")
    made = comptoir.quick_cli("organisation", "member", *role, "owner")
    assert made == {"organisation": home, "user": who.user_id, "role": "owner"}
    comptoir.quick_cli("user", "close", "--email", owner.email, "--yes")
    assert "by whoever runs that server" in told(comptoir, owner.email, "is closed")[-1].text
    refused = comptoir.quick("organisation", "member", *role, "member")
    assert refused.returncode == 1 and "somebody else an owner" in refused.stderr
    nowhere = ("--organisation", "x", "--email", who.email, "--role", "owner")
    refused = comptoir.quick("organisation", "member", *nowhere)
    assert "comptoir organisation list" in refused.stderr
    again = comptoir.quick("user", "close", "--email", owner.email, "--yes")
    assert "comptoir user list" in again.stderr
    odd = comptoir.quick("user", "close", "--email", "\udcff@close.example", "--yes")
    assert odd.returncode == 1 and "UTF-8" in odd.stderr
