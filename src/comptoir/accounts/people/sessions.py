"""Open, find and end the sessions of people. A session is a secret in a cookie; only its keyed
hash is stored. Each sign-in opens a new one: a secret from before is worth nothing after it."""

import sqlalchemy as sa

from comptoir.accounts.events import SessionsEnded, SignedOutEverywhere
from comptoir.accounts.people import store
from comptoir.accounts.people.rules import Session, Visitor
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

LIFETIME_MS = 7 * 86_400_000
IDLE_MS = 86_400_000
"""Milliseconds without a request that end a session."""
SEEN_EVERY_MS = 60_000
"""How exactly the last request of a session is remembered."""
SHOWN = 300
"""Characters of the browser's name that are kept."""


def open_session(
    work: Work,
    vault: Vault,
    user_id: str,
    methods: tuple[str, ...],
    *,
    address: str = "",
    browser: str = "",
    before: Session | None = None,
) -> tuple[str, Session]:
    """A new session and its secret, for the cookie. `methods`: RFC 8176, as `pwd` and `otp`.

    `before`: of this browser, which is over: its secret is worth nothing any more. Who signs in
    again has not signed out of what they let in: their session goes by the same id.
    """
    carried: list[str] = []
    if before is not None and before.user_id == user_id:
        carried = store.end_sessions(work.db, user_id, only=before.session_id)
    elif before is not None:
        end_sessions(work, before.user_id, only=before.session_id)
    secret = work.ids.token(32)
    session = Session(
        session_id=carried[0] if carried else work.ids.uuid(),
        user_id=user_id,
        methods=methods,
        address=address,
        browser=browser[:SHOWN],
        created_at=work.now_ms,
        authenticated_at=work.now_ms,
        seen_at=work.now_ms,
        expires_at=work.now_ms + LIFETIME_MS,
    )
    store.add_session(work.db, vault.hash(f"session {secret}"), session)
    work.audit("session.opened", user_id=user_id, session_id=session.session_id)
    return secret, session


def find_visitor(db: sa.Connection, vault: Vault, secret: str, now: int) -> Visitor | None:
    """Who has this session, unless it has ended. `now`: milliseconds."""
    if not secret:
        return None
    return store.find_visitor(db, vault.hash(f"session {secret}"), now, now - IDLE_MS)


def is_there(work: Work, session: Session) -> bool:
    """Whether nobody has ended it, nor signed in again in its browser; and nobody does before this
    is committed."""
    store.lock_person(work.db, session.user_id)
    return store.has_session(work.db, session)


def sessions_of(db: sa.Connection, user_id: str, now: int) -> list[Session]:
    return store.sessions_of(db, user_id, now, now - IDLE_MS)


def end_sessions(work: Work, user_id: str, *, only: str = "", but: str = "") -> list[str]:
    """End one session of a person, all but one, or all. Returns the ids of those that ended."""
    store.lock_person(work.db, user_id)
    ended = store.end_sessions(work.db, user_id, only=only, but=but)
    for session_id in ended:
        work.audit("session.ended", user_id=user_id, session_id=session_id)
    if ended:
        work.emit(SessionsEnded(user_id, ended))
    return ended


def sign_out_everywhere(work: Work, user_id: str, *, but: str = "") -> None:
    """End the sessions of a person, all `but` one, and what applications hold of them."""
    ended = end_sessions(work, user_id, but=but)
    work.emit(SignedOutEverywhere(user_id, work.now_ms, ended))


def forget(work: Work) -> None:
    """Drop what has ended by itself."""
    store.forget_ended(work.db, work.now_ms, work.now_ms - IDLE_MS)
