"""What every way in ends with: a new session, its cookie, and the page that was wanted."""

from starlette.responses import Response

from comptoir.accounts.pages.page import YEAR, Visit, go, local
from comptoir.accounts.people import sessions, throttle
from comptoir.accounts.people.rules import User
from comptoir.infra.work import Work

SESSION_SECONDS = sessions.LIFETIME_MS // 1000


async def enter(visit: Visit, user: User, methods: tuple[str, ...], wanted: str) -> Response:
    """Signed in. The session from before is over; a new one begins (session fixation)."""
    secret, device = await visit.context.db.write(
        lambda work: _open(work, visit, user, methods),
        actor=f"user:{user.user_id}",
        request_id=visit.request_id,
    )
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


def _open(work: Work, visit: Visit, user: User, methods: tuple[str, ...]) -> tuple[str, str]:
    vault = visit.context.vault
    if visit.visitor is not None:
        before = visit.visitor.session
        sessions.end_sessions(work, before.user_id, only=before.session_id)
    throttle.clear(work, throttle.slot_of(vault, user.email, visit.cookie("device")))
    secret, _ = sessions.open_session(
        work, vault, user.user_id, methods, address=visit.address, browser=visit.browser
    )
    return secret, throttle.device_cookie(work, vault, user.email)
