"""What I sign in with: password, second factor, passkeys; and where I am signed in."""

from dataclasses import dataclass

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts.pages.acting import act
from comptoir.accounts.pages.notices import tell
from comptoir.accounts.pages.page import YEAR, Page, SignedOutMeanwhile, Visit, Who, go
from comptoir.accounts.pages.profile import done
from comptoir.accounts.pages.sign_up import fault_key
from comptoir.accounts.people import passkeys, passwords, second_factor, sessions, throttle, users
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import PasswordWeak
from comptoir.accounts.people.passkeys import Passkey
from comptoir.accounts.people.rules import Session
from comptoir.base.errors import NotFound
from comptoir.infra.work import Work

HERE = "/account/security"
PASSWORD = f"{HERE}/password"


@dataclass(kw_only=True, eq=False)
class SessionNotThere(NotFound):
    """The person has no such session or passkey."""

    code = "accounts.session_not_there"
    title = "There is no such session or passkey"


@dataclass(frozen=True, slots=True)
class Standing:
    passkeys: list[Passkey]
    sessions: list[Session]
    codes_left: int


async def security(visit: Visit) -> Response:
    user, now = visit.me.user, visit.now

    def look(db: sa.Connection) -> Standing:
        return Standing(
            passkeys.passkeys_of(db, user.user_id),
            sessions.sessions_of(db, user.user_id, now),
            second_factor.codes_left(db, user.user_id),
        )

    standing = await visit.context.db.read(look)
    return visit.page(
        "security.html",
        here=HERE,
        done=done(visit),
        standing=standing,
        possible=passkeys.site_of(visit.context.settings.base) is not None,
    )


async def password(visit: Visit) -> Response:
    return visit.page("password.html", here=HERE, fault="")


async def send_password(visit: Visit) -> Response:
    """The old one is asked for, unless there is none; other sessions end."""
    me, new, vault = visit.me, visit.form.get("password", ""), visit.context.vault
    user = me.user
    try:
        mark = await _check_old(visit)
        users.check_password(new, user.email)
    except PasswordWeak as problem:
        fault = visit.say("password.old_wrong" if problem.fault == "old" else fault_key(problem))
        return visit.page("password.html", 400, here=HERE, fault=fault)
    hashed = await passwords.hash_password(new)

    def unit(work: Work) -> str:
        if users.password_mark(work.db, vault, user.user_id) != mark:
            raise SignedOutMeanwhile  # somebody has set another one since
        users.set_password(work, user.user_id, hashed)
        sessions.sign_out_everywhere(work, user.user_id, but=me.session.session_id)
        tell(work, visit, user.email, "password")
        return throttle.device_cookie(work, vault, user.email, users.mark_of(vault, hashed))

    visit.set_cookie("device", await act(visit, unit), YEAR)
    return go(f"{HERE}?done=password")


async def _check_old(visit: Visit) -> str:
    """Its mark. Raises: PasswordWeak with the fault `old`, TooManyAttempts."""
    context, user = visit.context, visit.me.user
    if not user.has_password:
        return users.mark_of(context.vault, "")
    slot = f"password/{user.user_id}"
    await context.db.write(lambda work: throttle.take(work, slot), actor=visit.actor)
    stored = await context.db.read(lambda db: people.password_hash(db, user.user_id))
    if not await passwords.password_matches(stored, visit.form.get("old_password", "")[:1024]):
        raise PasswordWeak(fault="old")
    await context.db.write(lambda work: throttle.clear(work, slot), actor=visit.actor)
    return users.mark_of(context.vault, stored)


async def end_session(visit: Visit) -> Response:
    """Raises: SessionNotThere."""
    me, session_id = visit.me, visit.form.get("session_id", "")
    if not session_id:
        raise SessionNotThere
    ended = await act(
        visit, lambda work: sessions.end_sessions(work, me.user.user_id, only=session_id)
    )
    if not ended:
        raise SessionNotThere
    return go(f"{HERE}?done=session")


async def end_others(visit: Visit) -> Response:
    """All other sessions, and what applications hold of the person."""
    user_id, here = visit.me.user.user_id, visit.me.session.session_id
    await act(visit, lambda work: sessions.sign_out_everywhere(work, user_id, but=here))
    return go(f"{HERE}?done=sessions")


PAGES = [
    Page("GET", HERE, security, Who.SIGNED_IN),
    Page("GET", PASSWORD, password, Who.SIGNED_IN),
    Page("POST", PASSWORD, send_password, Who.SIGNED_IN, "sign-in"),
    Page("POST", f"{HERE}/sessions/end", end_session, Who.SIGNED_IN),
    Page("POST", f"{HERE}/sessions/end-others", end_others, Who.SIGNED_IN),
]
