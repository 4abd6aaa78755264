"""Run a use case as the visitor of a page."""

from collections.abc import Callable
from typing import TypeVar

from comptoir.accounts.pages.page import SignedOutMeanwhile, Visit
from comptoir.accounts.people import sessions
from comptoir.infra.work import Work

T = TypeVar("T")


async def act(visit: Visit, run: Callable[[Work], T]) -> T:
    """In one transaction, in which the visitor's session is still there; the visitor and the
    request stand in the audit log. What it says and posts goes out at once.

    Raises: SignedOutMeanwhile.
    """
    me = visit.me

    def unit(work: Work) -> T:
        if not sessions.is_there(work, me.session):
            raise SignedOutMeanwhile
        return run(work)

    done = await visit.context.db.write(unit, actor=visit.actor, request_id=visit.request_id)
    visit.context.wake()
    return done
