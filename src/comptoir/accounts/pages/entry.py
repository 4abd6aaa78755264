"""What every way in ends with: a new session, its cookie, and the page that was wanted."""

from starlette.responses import Response

from comptoir.accounts.pages.page import YEAR, Visit, go, local
from comptoir.accounts.people import sessions, throttle, users
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import SignInFailed
from comptoir.accounts.people.rules import User
from comptoir.infra.work import Work

SESSION_SECONDS = sessions.LIFETIME_MS // 1000


async def enter(
    visit: Visit, user: User, methods: tuple[str, ...], wanted: str, mark: str | None = None
) -> Response:
    """Signed in. The session from before is over; a new one begins (session fixation). `mark`: of
    the password that was right (`users.password_mark`); None: none was asked for.

    Raises: SignInFailed when another one has been set since, a second step turned on, or the
    account closed.
    """
    secret, device = await visit.context.db.write(
        lambda work: _open(work, visit, user, methods, mark),
        actor=f"user:{user.user_id}",
        request_id=visit.request_id,
    )
    visit.context.wake()
    visit.set_cookie("session", secret, SESSION_SECONDS)
    visit.set_cookie("device", device, YEAR)
    return go(local(wanted))


async def sign_out_here(visit: Visit) -> None:
    """The session of this browser is over, if there is one."""
    if visit.visitor is not None:
        session = visit.visitor.session
        await visit.context.db.write(
            lambda work: sessions.end_sessions(work, session.user_id, only=session.session_id),
            actor=visit.actor,
            request_id=visit.request_id,
        )
    visit.set_cookie("session", "", 0)


def _open(
    work: Work, visit: Visit, user: User, methods: tuple[str, ...], mark: str | None
) -> tuple[str, str]:
    vault = visit.context.vault
    people.lock_person(work.db, user.user_id)
    now = users.password_mark(work.db, vault, user.user_id)
    alone = methods == ("pwd",) and people.totp(work.db, user.user_id) is not None
    if mark not in (None, now) or alone or people.find_user(work.db, user.user_id) is None:
        raise SignInFailed
    throttle.clear(work, throttle.slot_of(vault, user.email, visit.cookie("device"), now))
    secret, _ = sessions.open_session(
        work,
        vault,
        user.user_id,
        methods,
        address=visit.address,
        browser=visit.browser,
        before=visit.visitor.session if visit.visitor else None,
    )
    return secret, throttle.device_cookie(work, vault, user.email, now)
