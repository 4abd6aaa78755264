"""What was begun before a password was changed, or a session ended, leads nowhere after it."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from comptoir.accounts.people import passwords, recover, second_factor
from comptoir.accounts.people import store as people
from comptoir.infra.http.context import Context
from comptoir.infra.work import Work
from tests.accounts.pages.browser import PASSWORD, Browser, Person, mails, person, signed_in
from tests.accounts.pages.opened import opened
from tests.accounts.pages.test_entry import NEW, code_for
from tests.accounts.pages.test_security import (
    SECURITY,
    TOTP,
    code_of,
    second_step,
    secret_of,
    send_code,
    step_now,
)
from tests.conftest import SLICE
from tests.server import Answer, Server, running

Run = Callable[[Work], Any]
RESET, SIGN_IN, CHANGE = "/account/reset", "/account/sign-in", f"{SECURITY}/password"


@pytest.fixture(scope="module", params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    rates = dict.fromkeys(("sign_in_rate", "address_rate", "identity_rate"), "1000000")
    with running(request.param, **rates) as made:
        yield made


@pytest.fixture(scope="module")
def context(comptoir: Server) -> Iterator[Context]:
    """What the operator's commands work with."""
    with opened(comptoir) as made:
        yield made


def reset(server: Server, who: Person) -> Browser:
    """By mail. Returns the browser in which it was done."""
    owner = Browser(server)
    owner.submit(owner.get(RESET), RESET, email=who.email)
    page, code = owner.get(f"{RESET}/code"), code_for(server, who.email)
    done = owner.submit(page, f"{RESET}/code", code=code, password=NEW)
    assert done.status == 303, done.text
    return owner


@contextmanager
def held(browser: Browser, path: str, **fields: str) -> Iterator[None]:
    """The form is sent but for its last byte, which comes at the end."""
    sent = {"form_token": browser.form_token(), **fields}
    body = urlencode(sent).encode()
    cookies = "; ".join(f"{name}={value}" for name, value in browser.jar.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{browser.server.port}\r\nCookie: {cookies}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nAccept: text/html\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with closing(socket.create_connection(("127.0.0.1", browser.server.port))) as line:
        line.settimeout(30)
        line.sendall(head.encode() + body[:-1])
        threading.Event().wait(0.5)  # it has been read as far
        yield
        line.sendall(body[-1:])
        while line.recv(65536):
            pass


def test_a_form_that_was_held_back(comptoir: Server) -> None:
    """The owner resets the password while a thief's form waits for its last byte."""
    who = person(comptoir, "held@outlives.example")
    thief = signed_in(comptoir, who)
    page = thief.get("/account/organisations").text
    mine = page.partition('href="/account/organisations/')[2].partition('"')[0]
    secret = secret_of(thief.get(TOTP))
    sealed = thief.jar["comptoir_totp"]
    invited = {"email": "thief@outlives.example", "role": "owner"}
    factor = {"sealed": sealed, "code": code_of(secret, step_now())}
    with (
        held(thief, f"/account/organisations/{mine}/invitations", **invited),
        held(thief, TOTP, **factor),
    ):
        reset(comptoir, who)
    assert not mails(comptoir, "thief@outlives.example")
    assert Browser(comptoir).sign_in(who, NEW).status == 303, "no second step is asked for"


def test_half_of_a_sign_in(comptoir: Server) -> None:
    """With the password from before, whoever has a code does not get in, nor do their attempts
    count against the owner."""
    who = person(comptoir, "half@outlives.example")
    _, recovery = second_step(signed_in(comptoir, who))
    thief = Browser(comptoir)
    half = thief.sign_in(who)
    for number in range(8):
        send_code(thief, half, f"{number:06}")
    reset(comptoir, who)

    for code in [*("000000" for _ in range(10)), recovery[0]]:
        assert send_code(thief, half, code).header("location") == SIGN_IN
    assert thief.get("/account").status == 303

    owner = Browser(comptoir)
    page = owner.sign_in(who, NEW)
    for _ in range(5):
        assert send_code(owner, page, "000000").status == 400, "those from before are forgotten"
    assert send_code(owner, page, recovery[0]).status == 303


def test_a_code_to_reset_the_password(comptoir: Server) -> None:
    """Somebody saw the mailbox for a moment; then the owner set another password."""
    who = person(comptoir, "codes@outlives.example")
    thief = Browser(comptoir)
    thief.submit(thief.get(RESET), RESET, email=who.email)
    page, code = thief.get(f"{RESET}/code"), code_for(comptoir, who.email)
    owner = signed_in(comptoir, who)
    new = {"old_password": PASSWORD, "password": NEW}
    assert owner.submit(owner.get(CHANGE), CHANGE, **new).status == 303

    done = thief.submit(page, f"{RESET}/code", code=code, password="the thief's own one")
    assert done.header("location") == RESET
    assert Browser(comptoir).sign_in(who, NEW).status == 303


def meanwhile(context: Context, change: Run, ask: Callable[[], Answer]) -> Answer:
    """What `ask` gets, which the server is at until `change` is committed."""
    with ThreadPoolExecutor(1) as beside:
        with context.db.begin("operator") as work:
            change(work)
            late = beside.submit(ask)
            threading.Event().wait(1)
            assert not late.done()
        return late.result()


def reset_by_operator(who: Person, work: Work) -> None:
    recover.reset_password(work, who.email, passwords.hash_now(NEW))


def test_a_password_that_is_being_looked_at(comptoir: Server, context: Context) -> None:
    who = person(comptoir, "looked@outlives.example")
    thief = Browser(comptoir)
    page = thief.get(SIGN_IN)
    late = partial(thief.submit, page, SIGN_IN, email=who.email, password=PASSWORD)
    assert meanwhile(context, partial(reset_by_operator, who), late).status == 400
    assert thief.get("/account").status == 303


def test_a_second_step_is_turned_on_meanwhile(comptoir: Server, context: Context) -> None:
    who = person(comptoir, "meanwhile@outlives.example")
    thief, secret = Browser(comptoir), second_factor.secret_from(bytes(32))
    page = thief.get(SIGN_IN)

    def turn_on(work: Work) -> None:
        people.lock_person(work.db, who.user_id)
        code = code_of(secret, step_now())
        assert second_factor.turn_on(work, context.vault, who.user_id, secret, code)

    late = partial(thief.submit, page, SIGN_IN, email=who.email, password=PASSWORD)
    assert meanwhile(context, turn_on, late).status in {200, 400}
    assert thief.get("/account").status == 303


def test_a_password_that_is_being_changed(comptoir: Server, context: Context) -> None:
    who = person(comptoir, "change@outlives.example")
    thief = signed_in(comptoir, who)
    page, own = thief.get(CHANGE), "the thief's own one"
    late = partial(thief.submit, page, CHANGE, old_password=PASSWORD, password=own)
    assert meanwhile(context, partial(reset_by_operator, who), late).status in {303, 400}
    assert Browser(comptoir).sign_in(who, own).status == 400
    assert Browser(comptoir).sign_in(who, NEW).status == 303


def flood(server: Server, email: str) -> None:
    """As many wrong passwords as a stranger may send."""
    stranger = Browser(server)
    page = stranger.get(SIGN_IN)
    for _ in range(10):
        stranger.submit(page, SIGN_IN, email=email, password="no such password")


def test_who_resets_the_password_gets_in_whatever_strangers_try(comptoir: Server) -> None:
    """Also with a second step, which the mailbox alone does not open."""
    who = person(comptoir, "flooded@outlives.example")
    _, recovery = second_step(signed_in(comptoir, who))
    flood(comptoir, who.email)
    owner = reset(comptoir, who)
    flood(comptoir, who.email)
    page = owner.sign_in(who, NEW)
    assert page.status == 200, page.text
    assert send_code(owner, page, recovery[0]).status == 303


def test_browsers_that_knew_the_password_before_share_their_attempts(comptoir: Server) -> None:
    """Whoever knew it could sign in often, and take a cookie each time."""
    who = person(comptoir, "devices@outlives.example")
    taken = [signed_in(comptoir, who).jar["comptoir_device"] for _ in range(3)]
    reset(comptoir, who)
    found = []
    for device in taken:
        thief = Browser(comptoir)
        thief.jar["comptoir_device"] = device
        page = thief.get(SIGN_IN)
        for number in range(5):
            guess = thief.submit(page, SIGN_IN, email=who.email, password=f"guess {number:09}")
            found.append(guess.status)
    assert found.count(400) == 10, found
    assert Browser(comptoir).sign_in(who, NEW).status == 303, "nobody else's count"


def test_the_browser_that_changed_the_password_is_still_known(comptoir: Server) -> None:
    who = person(comptoir, "known@outlives.example")
    owner = signed_in(comptoir, who)
    new = {"old_password": PASSWORD, "password": NEW}
    assert owner.submit(owner.get(CHANGE), CHANGE, **new).status == 303
    flood(comptoir, who.email)
    assert owner.sign_in(who, NEW).status == 303
