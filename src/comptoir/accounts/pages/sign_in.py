"""Sign in with address and password, and a code when a second factor is set up; sign out."""

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts.pages.entry import enter, sign_out_here
from comptoir.accounts.pages.page import (
    SIGN_IN,
    Page,
    Visit,
    Who,
    go,
    sign_in_first,
    signed_in_long_ago,
    with_next,
)
from comptoir.accounts.people import passkeys, passwords, second_factor, throttle, users
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import SignInFailed, TooManyAttempts
from comptoir.accounts.people.rules import User, email_key
from comptoir.infra.vault import VaultError
from comptoir.infra.work import Work

HALF_WAY = "half-way sign-in"
HALF_WAY_MS = 5 * 60_000


class HalfWay(msgspec.Struct):
    """The password was right; the second factor is to come. Sealed, in the form."""

    user_id: str
    at: int
    next: str
    mark: str
    """Of the password (`users.password_mark`)."""


async def sign_in(visit: Visit) -> Response:
    done = {"signed_out": "sign_in.out", "closed": "sign_in.closed"}.get(visit.query("done"), "")
    said = visit.say(done) if done and visit.visitor is None else ""
    return sign_in_form(visit, visit.query("next"), said=said)


def sign_in_form(
    visit: Visit,
    wanted: str,
    *,
    email: str = "",
    fault: str = "",
    said: str = "",
    status: int = 200,
) -> Response:
    visit.leads_to(wanted)
    known = visit.visitor.user.email if visit.visitor else visit.query("login_hint")
    context = visit.context
    site = passkeys.site_of(context.settings.base)
    asked = site and passkeys.ask_for_any(context.vault, site, context.ids.entropy(), visit.now)
    return visit.page(
        "sign-in.html",
        status,
        next=wanted,
        email=email or known[:254],
        fault=fault,
        done=said,
        asked=asked,
        once_more=bool(wanted) and not visit.leaves and signed_in_long_ago(visit),
    )


async def send_sign_in(visit: Visit) -> Response:
    email, password = visit.form.get("email", ""), visit.form.get("password", "")
    wanted = visit.form.get("next", "")
    try:
        user, mark = await _checked(visit, email, password)
        if not user.has_totp:
            return await enter(visit, user, ("pwd",), wanted, mark)
    except SignInFailed:
        fault = visit.say("sign_in.failed")
        return sign_in_form(visit, wanted, email=email, fault=fault, status=400)
    except TooManyAttempts as many:
        minutes = -(-many.retry_after // 60)
        response = sign_in_form(
            visit,
            wanted,
            email=email,
            fault=visit.say("sign_in.too_many", minutes=minutes),
            status=429,
        )
        response.headers["Retry-After"] = str(many.retry_after)
        return response
    half = HalfWay(user.user_id, visit.now, wanted, mark)
    sealed = visit.context.vault.seal(msgspec.json.encode(half), HALF_WAY).hex()
    return _code_form(visit, sealed, wanted)


async def _checked(visit: Visit, email: str, password: str) -> tuple[User, str]:
    """Who it is, and the mark of the password. Raises: SignInFailed, TooManyAttempts."""
    context = visit.context

    def look(db: sa.Connection) -> tuple[User | None, str]:
        found = people.find_user_by_email(db, email_key(email))
        return found, people.password_hash(db, found.user_id) if found else ""

    user, stored = await context.db.read(look)
    mark = users.mark_of(context.vault, stored)
    slot = throttle.slot_of(context.vault, email, visit.cookie("device"), mark)
    await context.db.write(lambda work: throttle.take(work, slot), request_id=visit.request_id)
    right = await passwords.password_matches(stored, password[:1024])
    if user is None or not right:
        await context.db.write(
            lambda work: work.audit(
                "sign_in.failed", user_id=user.user_id if user else "", address=visit.address
            ),
            request_id=visit.request_id,
        )
        raise SignInFailed
    return user, mark


def _code_form(visit: Visit, sealed: str, wanted: str, fault: str = "") -> Response:
    visit.leads_to(wanted)
    back = with_next(SIGN_IN, wanted)
    status = 400 if fault else 200
    return visit.page("code.html", status, half_way=sealed, fault=fault, back=back)


async def send_code(visit: Visit) -> Response:
    """The second factor: a code of the authenticator, or a recovery code."""
    sealed, context = visit.form.get("half_way", ""), visit.context
    try:
        plain = context.vault.open(bytes.fromhex(sealed), HALF_WAY)
        half = msgspec.json.decode(plain, type=HalfWay)
    except (ValueError, VaultError):
        return go(SIGN_IN)
    if visit.now - half.at > HALF_WAY_MS:
        return sign_in_first(half.next)
    code = visit.form.get("code", "")

    def unit(work: Work) -> User | None:
        people.lock_person(work.db, half.user_id)
        user = people.find_user(work.db, half.user_id)
        if user is None or users.password_mark(work.db, context.vault, user.user_id) != half.mark:
            raise SignInFailed  # and no attempt at the account of who has set another password
        slot = users.second_step_slot(user.user_id)
        throttle.take(work, slot)
        if not second_factor.accept(work, context.vault, user.user_id, code):
            return None
        throttle.clear(work, slot)
        return user

    try:
        user = await context.db.write(unit, request_id=visit.request_id)
        if user is None:
            return _code_form(visit, sealed, half.next, visit.say("code.wrong"))
        return await enter(visit, user, ("pwd", "otp"), half.next, half.mark)
    except SignInFailed:
        return sign_in_first(half.next)


async def sign_out(visit: Visit) -> Response:
    """Ends the session of this browser."""
    await sign_out_here(visit)
    return go(f"{SIGN_IN}?done=signed_out")


PAGES = [
    Page("GET", SIGN_IN, sign_in, Who.ANYONE),
    Page("POST", SIGN_IN, send_sign_in, Who.ANYONE, "sign-in"),
    Page("POST", f"{SIGN_IN}/code", send_code, Who.ANYONE, "sign-in"),
    Page("POST", "/account/sign-out", sign_out, Who.ANYONE),
]
