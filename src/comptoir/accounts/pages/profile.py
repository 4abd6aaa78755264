"""The overview: who I am here, my name, language and address."""

from starlette.responses import Response

from comptoir.accounts.pages import words
from comptoir.accounts.pages.acting import act
from comptoir.accounts.pages.notices import tell
from comptoir.accounts.pages.page import HOME, YEAR, Page, Visit, Who, go
from comptoir.accounts.pages.sign_up import begin, code_page, promised, wrong_code
from comptoir.accounts.people import codes, users
from comptoir.accounts.people import store as people
from comptoir.accounts.people.codes import Promise, Purpose
from comptoir.accounts.people.errors import EmailInvalid, UserExists
from comptoir.accounts.people.rules import email_key
from comptoir.accounts.people.waiting import waiting_for
from comptoir.infra.work import Work

EMAIL = "/account/email"
CODE = "/account/email/code"


async def overview(visit: Visit) -> Response:
    if visit.query("signupContext") == "popup":
        # Where ps_accounts leads the popup after a sign-up (spec/accounts.md §4.2).
        title, text = visit.say("ready.title"), visit.say("ready.text")
        return visit.page("message.html", title=title, text=text, bad=False)
    if visit.query("shops"):
        return go(f"/account/link?{visit.request.url.query}")
    key, now = email_key(visit.me.user.email), visit.now
    waiting = await visit.context.db.read(lambda db: waiting_for(db, key, now))
    return visit.page(
        "overview.html",
        here=HOME,
        done=done(visit),
        languages=words.LANGUAGES,
        waiting=waiting.invitations + waiting.stores,
    )


def done(visit: Visit) -> str:
    """What was just done, said on the page that one is led to."""
    key = visit.query("done")
    return visit.say(f"done.{key}") if f"done.{key}" in words.catalogue(words.FIRST) else ""


async def send_profile(visit: Visit) -> Response:
    form, user_id = visit.form, visit.me.user.user_id
    language = words.choose(form.get("language", ""))

    def unit(work: Work) -> None:
        names = form.get("first_name", ""), form.get("last_name", "")
        users.set_names(work, user_id, *names)
        people.change_user(work.db, user_id, work.now_ms, language=language)

    await act(visit, unit)
    visit.set_cookie("language", language, YEAR)
    return go(f"{HOME}?done=saved")


async def email(visit: Visit) -> Response:
    return visit.page("email.html", email="", fault="", here=HOME)


async def send_email(visit: Visit) -> Response:
    given = visit.form.get("email", "")
    try:
        address = users.check_email(given)
    except EmailInvalid:
        fault = visit.say("email.invalid")
        return visit.page("email.html", 400, email=given, fault=fault, here=HOME)
    promise = Promise(email=address, user_id=visit.me.user.user_id)
    await begin(visit, Purpose.EMAIL, promise, "mail.email", "mail.email_taken")
    return go(CODE)


async def email_code(visit: Visit) -> Response:
    return await _code_form(visit)


async def _code_form(visit: Visit, fault: str = "") -> Response:
    promise = await promised(visit, Purpose.EMAIL)
    if promise is None or promise.user_id != visit.me.user.user_id:
        return go(EMAIL)
    return code_page(visit, promise, fault, action=CODE, again=EMAIL)


async def send_email_code(visit: Visit) -> Response:
    context, user = visit.context, visit.me.user
    flow, code = visit.cookie("flow"), visit.form.get("code", "")

    def unit(work: Work) -> str:
        promise = codes.redeem(work, context.vault, Purpose.EMAIL, flow, code)
        if promise is None or promise.user_id != user.user_id:
            return ""
        users.set_email(work, user.user_id, promise.email)
        tell(work, visit, user.email, "email", new=promise.email)
        return promise.email

    try:
        address = await act(visit, unit)
    except UserExists:
        address = ""
    if not address:
        return await _code_form(visit, await wrong_code(visit))
    visit.set_cookie("flow", "", 0)
    return go(f"{HOME}?done=email")


PAGES = [
    Page("GET", HOME, overview, Who.SIGNED_IN),
    Page("POST", HOME, send_profile, Who.SIGNED_IN),
    Page("GET", EMAIL, email, Who.JUST_SIGNED_IN),
    Page("POST", EMAIL, send_email, Who.JUST_SIGNED_IN, "sign-in"),
    Page("GET", CODE, email_code, Who.SIGNED_IN),
    Page("POST", CODE, send_email_code, Who.SIGNED_IN, "sign-in"),
]
