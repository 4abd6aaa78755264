"""What I sign in with: password, second factor, passkeys; and where I am signed in."""

from dataclasses import dataclass

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts.pages.notices import tell
from comptoir.accounts.pages.page import Page, Visit, Who, go
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
    context, me, new = visit.context, visit.me, visit.form.get("password", "")
    user = me.user
    try:
        await _check_old(visit)
        users.check_password(new, user.email)
    except PasswordWeak as problem:
        fault = visit.say("password.old_wrong" if problem.fault == "old" else fault_key(problem))
        return visit.page("password.html", 400, here=HERE, fault=fault)
    hashed = await passwords.hash_password(new)

    def unit(work: Work) -> None:
        users.set_password(work, user.user_id, hashed)
        sessions.sign_out_everywhere(work, user.user_id, but=me.session.session_id)

    await context.db.write(unit, actor=visit.actor, request_id=visit.request_id)
    context.wake()
    await tell(visit, user.email, "password")
    return go(f"{HERE}?done=password")


async def _check_old(visit: Visit) -> None:
    """Raises: PasswordWeak with the fault `old`, TooManyAttempts."""
    context, user = visit.context, visit.me.user
    if not user.has_password:
        return
    slot = f"password/{user.user_id}"
    await context.db.write(lambda work: throttle.take(work, slot), actor=visit.actor)
    stored = await context.db.read(lambda db: people.password_hash(db, user.user_id))
    if not await passwords.password_matches(stored, visit.form.get("old_password", "")[:1024]):
        raise PasswordWeak(fault="old")
    await context.db.write(lambda work: throttle.clear(work, slot), actor=visit.actor)


async def end_session(visit: Visit) -> Response:
    """Raises: SessionNotThere."""
    me, session_id = visit.me, visit.form.get("session_id", "")
    if not session_id:
        raise SessionNotThere
    ended = await visit.context.db.write(
        lambda work: sessions.end_sessions(work, me.user.user_id, only=session_id),
        actor=visit.actor,
        request_id=visit.request_id,
    )
    visit.context.wake()
    if not ended:
        raise SessionNotThere
    return go(f"{HERE}?done=session")


async def end_others(visit: Visit) -> Response:
    """All other sessions, and what applications hold of the person."""
    me = visit.me
    await visit.context.db.write(
        lambda work: sessions.sign_out_everywhere(work, me.user.user_id, but=me.session.session_id),
        actor=visit.actor,
        request_id=visit.request_id,
    )
    visit.context.wake()
    return go(f"{HERE}?done=sessions")


PAGES = [
    Page("GET", HERE, security, Who.SIGNED_IN),
    Page("GET", PASSWORD, password, Who.SIGNED_IN),
    Page("POST", PASSWORD, send_password, Who.SIGNED_IN, "sign-in"),
    Page("POST", f"{HERE}/sessions/end", end_session, Who.SIGNED_IN),
    Page("POST", f"{HERE}/sessions/end-others", end_others, Who.SIGNED_IN),
]
