"""Run a use case as the visitor of a page."""

from collections.abc import Callable
from typing import TypeVar

from comptoir.accounts.pages.page import Visit
from comptoir.infra.work import Work

T = TypeVar("T")


async def act(visit: Visit, run: Callable[[Work], T]) -> T:
    """In one transaction; the visitor and the request stand in the audit log."""
    return await visit.context.db.write(run, actor=visit.actor, request_id=visit.request_id)
