"""Make an account, and reset a password: both with a code that comes by mail.

The pages say the same whether the address has an account or not; only its mailbox learns it.
"""

from starlette.responses import Response

from comptoir.accounts.pages.entry import enter
from comptoir.accounts.pages.notices import tell
from comptoir.accounts.pages.page import (
    SIGN_IN,
    YEAR,
    Page,
    Visit,
    Who,
    go,
    sign_in_first,
    with_next,
)
from comptoir.accounts.people import codes, passwords, sessions, throttle, users
from comptoir.accounts.people import store as people
from comptoir.accounts.people.codes import Promise, Purpose
from comptoir.accounts.people.errors import EmailInvalid, PasswordWeak, UserExists
from comptoir.accounts.people.rules import User, email_key
from comptoir.base.errors import BadRequest
from comptoir.infra.work import Work

SIGN_UP = "/account/sign-up"
CONFIRM = "/account/confirm"
RESET = "/account/reset"
NEW = "/account/reset/code"
FLOW_SECONDS = codes.KEEP_MS // 1000


async def begin(visit: Visit, purpose: Purpose, promise: Promise, mail: str, other: str) -> None:
    """Send the code, or another mail to who cannot use one. `mail`, `other`: keys of texts; the
    code goes out when there is (reset) or is no (sign-up, new address) account.

    To an account it goes to the address that the account has, not to the one that was typed in:
    two that are compared as the same (`email_key`) may be two mailboxes.

    Raises: TooManyAttempts, MailNotSent."""
    context = visit.context

    def unit(work: Work) -> tuple[codes.Begun, User | None]:
        begun = codes.begin(work, context.vault, purpose, promise)
        return begun, people.find_user_by_email(work.db, email_key(promise.email))

    begun, known = await context.db.write(unit, request_id=visit.request_id)
    key = mail if (known is not None) is (purpose is Purpose.RESET) else other
    spaced = f"{begun.code[:4]} {begun.code[4:]}"
    facts = {"code": spaced, "base": context.settings.base, "minutes": codes.KEEP_MS // 60_000}
    await context.mail.send(
        known.email if known else promise.email,
        visit.say(f"{key}.subject", **facts),
        visit.say(f"{key}.text", **facts),
    )
    visit.set_cookie("flow", begun.flow, FLOW_SECONDS)


async def promised(visit: Visit, purpose: Purpose) -> Promise | None:
    """What the code of this browser's flow would make true; None when there is none, or no more."""
    vault, flow, now = visit.context.vault, visit.cookie("flow"), visit.now
    return await visit.context.db.read(lambda db: codes.promised(db, vault, purpose, flow, now))


def code_page(visit: Visit, promise: Promise, fault: str, *, action: str, again: str) -> Response:
    """Asks for the code of the mail. `again`: where another one is asked for."""
    return visit.page(
        "confirm.html",
        400 if fault else 200,
        email=promise.email,
        fault=fault,
        action=action,
        again=again,
    )


async def wrong_code(visit: Visit) -> str:
    """What is said of it. Whether the address has an account makes no difference."""
    vault, flow = visit.context.vault, visit.cookie("flow")
    over = await visit.context.db.read(lambda db: codes.are_used_up(db, vault, flow))
    return visit.say("confirm.over" if over else "confirm.wrong")


async def sign_up(visit: Visit) -> Response:
    return _sign_up_form(visit, visit.query("next"), {})


def _sign_up_form(
    visit: Visit, wanted: str, given: dict[str, str], problem: BadRequest | None = None
) -> Response:
    visit.leads_to(wanted)
    fault = visit.say(fault_key(problem)) if problem else ""
    facts = {name: given.get(name, "") for name in ("email", "first_name", "last_name")}
    return visit.page(
        "sign-up.html", 400 if problem else 200, next=wanted, fault=fault, given=facts
    )


def fault_key(problem: BadRequest) -> str:
    """The sentence for an address or a password that cannot be taken."""
    if isinstance(problem, PasswordWeak):
        return f"password.{problem.fault}"
    return "email.invalid"


async def send_sign_up(visit: Visit) -> Response:
    form, wanted = visit.form, visit.form.get("next", "")
    password = form.get("password", "")
    try:
        email = users.check_email(form.get("email", ""))
        users.check_password(password, email)
    except (EmailInvalid, PasswordWeak) as problem:
        return _sign_up_form(visit, wanted, form, problem)
    promise = Promise(
        email=email,
        password_hash=await passwords.hash_password(password),
        first_name=form.get("first_name", "")[:100],
        last_name=form.get("last_name", "")[:100],
        language=visit.language,
        next=wanted,
    )
    await begin(visit, Purpose.SIGN_UP, promise, "mail.sign_up", "mail.has_account")
    return go(CONFIRM)


async def confirm(visit: Visit) -> Response:
    return await _confirm_form(visit)


async def _confirm_form(visit: Visit, fault: str = "") -> Response:
    promise = await promised(visit, Purpose.SIGN_UP)
    if promise is None:
        return go(SIGN_UP)
    visit.leads_to(promise.next)
    again = with_next(SIGN_UP, promise.next)
    return code_page(visit, promise, fault, action=CONFIRM, again=again)


async def send_confirm(visit: Visit) -> Response:
    context, flow, code = visit.context, visit.cookie("flow"), visit.form.get("code", "")

    def unit(work: Work) -> tuple[User, str] | None:
        promise = codes.redeem(work, context.vault, Purpose.SIGN_UP, flow, code)
        if promise is None:
            return None
        user = users.create_user(
            work,
            promise.email,
            promise.password_hash,
            first_name=promise.first_name,
            last_name=promise.last_name,
            language=promise.language,
        )
        return user, promise.next

    try:
        done = await context.db.write(unit, request_id=visit.request_id)
    except UserExists:  # the same address, confirmed in another browser meanwhile
        return go(SIGN_IN)
    if done is None:
        return await _confirm_form(visit, await wrong_code(visit))
    visit.set_cookie("flow", "", 0)
    return await enter(visit, done[0], ("pwd", "mail"), done[1])


async def reset(visit: Visit) -> Response:
    return _reset_form(visit, visit.query("login_hint")[:254], visit.query("next"))


def _reset_form(visit: Visit, email: str, wanted: str, fault: str = "") -> Response:
    status = 400 if fault else 200
    return visit.page("reset.html", status, email=email, next=wanted, fault=fault)


async def send_reset(visit: Visit) -> Response:
    given, wanted = visit.form.get("email", ""), visit.form.get("next", "")
    try:
        email = users.check_email(given)
    except EmailInvalid:
        return _reset_form(visit, given, wanted, visit.say("email.invalid"))
    promise = Promise(email=email, next=wanted)
    await begin(visit, Purpose.RESET, promise, "mail.reset", "mail.no_account")
    return go(NEW)


async def new_password(visit: Visit) -> Response:
    return await _new_form(visit)


async def _new_form(visit: Visit, fault: str = "") -> Response:
    promise = await promised(visit, Purpose.RESET)
    if promise is None:
        return go(RESET)
    visit.leads_to(promise.next)
    again = with_next(RESET, promise.next)
    status = 400 if fault else 200
    return visit.page("new-password.html", status, email=promise.email, fault=fault, again=again)


async def send_new_password(visit: Visit) -> Response:
    """Whoever else is signed in as this person is signed out: perhaps that is why."""
    context, flow = visit.context, visit.cookie("flow")
    code, password = visit.form.get("code", ""), visit.form.get("password", "")
    promise = await promised(visit, Purpose.RESET)
    if promise is None:
        return go(RESET)
    try:
        users.check_password(password, promise.email)
    except PasswordWeak as problem:
        return await _new_form(visit, visit.say(fault_key(problem)))
    hashed = await passwords.hash_password(password)

    def unit(work: Work) -> tuple[User, str] | None:
        if codes.redeem(work, context.vault, Purpose.RESET, flow, code) is None:
            return None
        user = people.take_user_by_email(work.db, email_key(promise.email))
        if user is None:
            return None
        users.set_password(work, user.user_id, hashed)
        sessions.sign_out_everywhere(work, user.user_id)
        mark = users.mark_of(context.vault, hashed)
        throttle.clear(work, throttle.slot_of(context.vault, user.email, "", mark))
        tell(work, visit, user.email, "password")
        return user, throttle.device_cookie(work, context.vault, user.email, mark)

    done = await context.db.write(unit, request_id=visit.request_id)
    context.wake()
    if done is None:
        return await _new_form(visit, await wrong_code(visit))
    visit.set_cookie("flow", "", 0)
    user, device = done
    if user.has_totp:  # the mailbox alone does not open an account with a second factor
        visit.set_cookie("device", device, YEAR)  # nobody who guesses passwords keeps them out
        return sign_in_first(promise.next)
    return await enter(visit, user, ("mail",), promise.next)


PAGES = [
    Page("GET", SIGN_UP, sign_up, Who.ANYONE),
    Page("POST", SIGN_UP, send_sign_up, Who.ANYONE, "sign-in"),
    Page("GET", CONFIRM, confirm, Who.ANYONE),
    Page("POST", CONFIRM, send_confirm, Who.ANYONE, "sign-in"),
    Page("GET", RESET, reset, Who.ANYONE),
    Page("POST", RESET, send_reset, Who.ANYONE, "sign-in"),
    Page("GET", NEW, new_password, Who.ANYONE),
    Page("POST", NEW, send_new_password, Who.ANYONE, "sign-in"),
]
