"""Who may see each page, and send each form. A new page fails until it is entered here."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from comptoir.accounts import Page, Who
from comptoir.app.wiring import pages
from comptoir.infra.settings import Settings
from tests.accounts.pages.visitors import NOWHERE, PART, PEOPLE, Ground, ground
from tests.conftest import SLICE
from tests.server import Answer

ANYONE, SIGNED_IN, FRESH = "anyone", "signed in", "signed in within 15 minutes"
MEMBER, ADMIN, OWNER, ADDRESSEE = "member", "admin", "owner", "addressee"
MAY = {
    SIGNED_IN: set(PEOPLE),
    FRESH: set(PEOPLE),
    MEMBER: {"member", "admin", "owner"},
    ADMIN: {"admin", "owner"},
    OWNER: {"owner"},
    ADDRESSEE: {"addressee"},
}
"""Of the people, for each kind of page. Who is in the organisation but may not is told so (403);
to everybody else there is no such thing (404)."""

TABLE = {
    "GET /oauth2/authorize": ANYONE,
    "POST /oauth2/authorize": ANYONE,
    "GET /oauth2/sign-out": ANYONE,
    "POST /oauth2/sign-out": ANYONE,
    "POST /oauth2/sign-out/confirm": ANYONE,
    "GET /account/sign-in": ANYONE,
    "POST /account/sign-in": ANYONE,
    "POST /account/sign-in/code": ANYONE,
    "POST /account/sign-in/passkey": ANYONE,
    "POST /account/sign-out": ANYONE,
    "GET /account/sign-up": ANYONE,
    "POST /account/sign-up": ANYONE,
    "GET /account/confirm": ANYONE,
    "POST /account/confirm": ANYONE,
    "GET /account/reset": ANYONE,
    "POST /account/reset": ANYONE,
    "GET /account/reset/code": ANYONE,
    "POST /account/reset/code": ANYONE,
    "GET /account": SIGNED_IN,
    "POST /account": SIGNED_IN,
    "GET /account/close": FRESH,
    "POST /account/close": FRESH,
    "GET /account/applications": SIGNED_IN,
    "POST /account/applications/end": SIGNED_IN,
    "GET /account/email": FRESH,
    "POST /account/email": FRESH,
    "GET /account/email/code": SIGNED_IN,
    "POST /account/email/code": SIGNED_IN,
    "GET /account/security": SIGNED_IN,
    "GET /account/security/password": SIGNED_IN,
    "POST /account/security/password": SIGNED_IN,
    "POST /account/security/sessions/end": SIGNED_IN,
    "POST /account/security/sessions/end-others": SIGNED_IN,
    "GET /account/security/second-factor": FRESH,
    "POST /account/security/second-factor": FRESH,
    "GET /account/security/second-factor/end": FRESH,
    "POST /account/security/second-factor/end": FRESH,
    "GET /account/security/second-factor/codes": FRESH,
    "POST /account/security/second-factor/codes": FRESH,
    "GET /account/security/passkeys": FRESH,
    "POST /account/security/passkeys": FRESH,
    "GET /account/security/passkeys/remove": FRESH,
    "POST /account/security/passkeys/remove": FRESH,
    "GET /account/organisations": SIGNED_IN,
    "POST /account/organisations": SIGNED_IN,
    "GET /account/organisations/{organisation_id}": MEMBER,
    "POST /account/organisations/{organisation_id}/name": ADMIN,
    "POST /account/organisations/{organisation_id}/invitations": ADMIN,
    "POST /account/organisations/{organisation_id}/invitations/{invitation_id}/withdraw": ADMIN,
    "POST /account/organisations/{organisation_id}/members/{user_id}/role": ADMIN,
    "GET /account/organisations/{organisation_id}/members/{user_id}/remove": ADMIN,
    "POST /account/organisations/{organisation_id}/members/{user_id}/remove": ADMIN,
    "GET /account/invitations": SIGNED_IN,
    "POST /account/invitations/{invitation_id}/accept": ADDRESSEE,
    "POST /account/invitations/{invitation_id}/decline": ADDRESSEE,
    "POST /account/invitations/stores/{transfer_id}/accept": ADDRESSEE,
    "POST /account/invitations/stores/{transfer_id}/decline": ADDRESSEE,
    "GET /account/stores": SIGNED_IN,
    "GET /account/stores/{shop_id}": MEMBER,
    "POST /account/stores/{shop_id}/offer": ADMIN,
    "POST /account/stores/{shop_id}/offer/withdraw": ADMIN,
    "POST /account/stores/{shop_id}/move": ADMIN,
    "GET /account/stores/{shop_id}/unlink": ADMIN,
    "POST /account/stores/{shop_id}/unlink": ADMIN,
    "GET /account/vendors": SIGNED_IN,
    "POST /account/vendors": SIGNED_IN,
    "GET /account/vendors/{vendor}": MEMBER,
    "GET /account/vendors/{vendor}/end": OWNER,
    "POST /account/vendors/{vendor}/end": OWNER,
    "GET /account/vendors/{vendor}/modules": ADMIN,
    "POST /account/vendors/{vendor}/modules": ADMIN,
    "GET /account/vendors/{vendor}/modules/{module}": MEMBER,
    "GET /account/vendors/{vendor}/applications": ADMIN,
    "POST /account/vendors/{vendor}/applications": ADMIN,
    "GET /account/vendors/{vendor}/applications/{application_id}": ADMIN,
    "POST /account/vendors/{vendor}/applications/{application_id}": ADMIN,
    "POST /account/vendors/{vendor}/clients": ADMIN,
    "GET /account/vendors/{vendor}/clients/{client_id}": MEMBER,
    "POST /account/vendors/{vendor}/clients/{client_id}/rotate": ADMIN,
    "POST /account/vendors/{vendor}/clients/{client_id}/scopes": ADMIN,
    "POST /account/vendors/{vendor}/clients/{client_id}/revoke": ADMIN,
    "POST /account/vendors/{vendor}/clients/{revoked_id}/delete": OWNER,
    "GET /account/vendors/{vendor}/log": MEMBER,
    "GET /account/link": SIGNED_IN,
    "POST /account/link": SIGNED_IN,
    "GET /account/": ANYONE,
    "GET /account/login": ANYONE,
    "GET /account/shop": ANYONE,
    "GET /account/shop/": ANYONE,
    "GET /account/invitation": ANYONE,
    "GET /account/invitation/": ANYONE,
    "GET /account/send-verification-email": ANYONE,
    "GET /account/testimonials.json": ANYONE,
    "GET /account/static/{name}": ANYONE,
}
FOREIGN_FORMS = {"POST /oauth2/authorize", "POST /oauth2/sign-out"}
"""Sent by applications: they come without cookies that count and do nothing by themselves."""
REFUSED = (401, 403, 404, 405)


def named(page: Page) -> str:
    return f"{page.method} {page.path}"


def about(page: Page) -> list[str]:
    """The names in its path whose values belong to somebody."""
    return [name for name in PART.findall(page.path) if name != "name"]


ALL = {named(page): page for page in pages(Settings())}
FORMS = [name for name, page in ALL.items() if page.method == "POST" and not page.foreign_form]
SOMEBODYS = [name for name, page in ALL.items() if about(page)]


@pytest.fixture(scope="module", params=SLICE)
def here(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with ground(request.param) as made:
        yield made


def test_every_page_is_in_the_table() -> None:
    assert ALL.keys() == TABLE.keys()
    assert {name for name, page in ALL.items() if page.foreign_form} == FOREIGN_FORMS
    for name, page in ALL.items():
        assert (page.who is Who.ANYONE) == (TABLE[name] == ANYONE), name
        assert (TABLE[name] in (MEMBER, ADMIN, OWNER, ADDRESSEE)) == bool(about(page)), name


def protected(answer: Answer, *, kept: bool = False) -> None:
    """It cannot be framed, run what is not ours, or be read from a cache."""
    policy = answer.header("content-security-policy") or ""
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert answer.header("x-frame-options") == "DENY"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("referrer-policy") == "same-origin"
    if not kept:
        assert answer.header("cache-control") == "no-store"
    for name, value in answer.headers:
        if name.lower() == "set-cookie":
            assert "HttpOnly" in value
            assert "samesite=lax" in value.lower()
            assert "domain=" not in value.lower()


def to_sign_in(answer: Answer) -> bool:
    where = answer.header("location") or ""
    return answer.status == 303 and where.startswith("/account/sign-in?next=%2Faccount")


def let_in(answer: Answer) -> bool:
    return answer.status < 500 and answer.status not in REFUSED and not to_sign_in(answer)


def test_why_one_signs_in_once_more_is_said(here: Ground) -> None:
    jars = {old: here.cookies("owner", old=old) for old in (True, False)}
    for old, path, said in (
        (True, "/account/sign-in?next=/account/security/passkeys", True),
        (True, "/account/sign-in", False),
        (True, "/account/sign-in?next=/oauth2/authorize?request=x", False),
        (False, "/account/sign-in?next=/account/security/passkeys", False),
    ):
        answer = here.send("GET", path, here.subject(), jars[old], "owner")
        assert answer.status == 200
        assert ("more than a quarter of an hour ago" in answer.text) is said


def test_after_signing_in_once_more_one_is_where_one_was(here: Ground) -> None:
    """Also after a form, where its page can be read."""
    for path, back in (
        ("/account/security/second-factor/end", "/account/security/second-factor/end"),
        ("/account/security/passkeys/remove", "/account/security/passkeys/remove"),
        ("/account/close", "/account/close"),
    ):
        answer = here.send("POST", path, {}, here.cookies("owner", old=True), "owner")
        assert answer.header("location") == f"/account/sign-in?next={quote(back, safe='')}"


@pytest.mark.parametrize("name", TABLE)
def test_who_may(name: str, here: Ground) -> None:
    page, kind = ALL[name], TABLE[name]
    kept = "static" in page.path
    cookies = {
        "nobody": {},
        "ended": here.cookies("owner", ended=True),
        "forged": {"session": "x" * 43},
    }
    for who, jar in cookies.items():
        answer = here.send(page.method, page.path, here.subject(), jar, "")
        protected(answer, kept=kept)
        assert let_in(answer) if kind == ANYONE else to_sign_in(answer), who

    old = here.send(
        page.method, page.path, here.subject(), here.cookies("owner", old=True), "owner"
    )
    assert to_sign_in(old) == (kind == FRESH)

    for who in PEOPLE:
        answer = here.send(page.method, page.path, here.subject(), here.cookies(who), who)
        protected(answer, kept=kept)
        if kind == ANYONE or who in MAY[kind]:
            assert let_in(answer), (who, answer.status)
        elif kind in (ADMIN, OWNER) and who in MAY[MEMBER]:
            assert answer.status == 403, who
        else:
            assert answer.status == 404, (who, answer.status)


@pytest.mark.parametrize("name", TABLE)
def test_a_bearer_token_is_no_session(name: str, here: Ground) -> None:
    page = ALL[name]
    for kind, token in here.bearers.items():
        answer = here.ask(
            page.method,
            page.path,
            here.subject(),
            form=here.fields("") if page.method == "POST" else None,
            headers={"Authorization": f"Bearer {token}"},
        )
        protected(answer, kept="static" in page.path)
        if name in FORMS:
            assert answer.status == 403, kind
        else:
            assert let_in(answer) if TABLE[name] == ANYONE else to_sign_in(answer), kind


@pytest.mark.parametrize("name", FORMS)
def test_a_form_of_elsewhere_does_nothing(name: str, here: Ground) -> None:
    page, subject = ALL[name], here.subject()
    who = "addressee" if TABLE[name] == ADDRESSEE else "owner"
    jar, fields = here.cookies(who), here.fields(who)
    token = here.token("mine")

    def send(sent: dict[str, str], **headers: str) -> Answer:
        return here.ask(page.method, page.path, subject, cookies=jar, form=sent, headers=headers)

    refused = [send(fields), send({**fields, "form_token": token})]
    jar["form"] = "mine"
    refused += [
        send(fields),
        send({**fields, "form_token": ""}),
        send({**fields, "form_token": here.token("another browser")}),
        send({**fields, "form_token": here.token("")}),
    ]
    right = {**fields, "form_token": token}
    for origin in ("https://evil.example", "null", f"{here.server.base}.evil.example"):
        refused.append(send(right, Origin=origin))
    for answer in refused:
        assert answer.status == 403
        protected(answer)
    assert let_in(send(right, Origin=here.server.base)), "what was refused did nothing"


@pytest.mark.parametrize("name", SOMEBODYS)
def test_what_is_anothers_is_as_if_it_were_not(name: str, here: Ground) -> None:
    """For who is no member; also when only the last part of the path is another's."""
    page = ALL[name]
    theirs, mine = here.subject(), here.subject()
    parts = about(page)

    def seen(who: str, where: dict[str, str]) -> tuple[object, ...]:
        answer = here.send(page.method, page.path, where, here.cookies(who), who)
        text = answer.text
        for value in (*theirs.values(), *mine.values(), *NOWHERE.values()):
            text = text.replace(value, "ID")
        return answer.status, answer.header("content-type"), text

    if TABLE[name] == ADDRESSEE:
        for who in ("owner", "stranger"):
            assert seen(who, theirs) == seen(who, NOWHERE), who
        return
    for who in ("stranger", "addressee"):
        assert seen(who, theirs) == seen(who, NOWHERE), who
    if len(parts) == 2:
        last = parts[-1]
        crossed, nowhere = {**mine, last: theirs[last]}, {**mine, last: NOWHERE[last]}
        assert seen("owner", crossed) == seen("owner", nowhere)
        assert seen("owner", crossed)[0] == 404


def test_a_form_says_nothing_of_anothers_organisation(here: Ground) -> None:
    """Where a store is brought into an organisation that is named in the form."""

    def seen(path: str, who: str, chosen: str) -> tuple[int, str]:
        form = {"organisation": chosen, "form_token": here.token("mine")}
        cookies = {**here.cookies(who), "form": "mine"}
        answer = here.ask("POST", path, here.subject(), cookies=cookies, form=form)
        return answer.status, answer.text

    for path, who in (
        ("/account/stores/{shop_id}/move", "owner"),
        ("/account/invitations/stores/{transfer_id}/accept", "addressee"),
    ):
        foreign = seen(path, who, here.home("stranger"))
        assert foreign == seen(path, who, NOWHERE["organisation_id"])
        assert foreign == seen(path, who, "")
        assert foreign[0] == 404


def test_a_form_says_nothing_of_anothers_sessions_and_passkeys(here: Ground) -> None:
    def seen(path: str, asked: dict[str, str]) -> tuple[int, str]:
        form = {**asked, "form_token": here.token("mine")}
        cookies = {**here.cookies("stranger"), "form": "mine"}
        answer = here.ask("POST", path, {}, cookies=cookies, form=form)
        return answer.status, answer.text

    for path, name in (
        ("/account/security/sessions/end", "session_id"),
        ("/account/security/passkeys/remove", "credential_id"),
    ):
        theirs = seen(path, {name: here.owned("owner")[name]})
        assert theirs == seen(path, {name: NOWHERE["shop_id"]})
        assert theirs == seen(path, {})
        assert theirs[0] == 404
        assert seen(path, {name: here.owned("stranger")[name]})[0] == 303
