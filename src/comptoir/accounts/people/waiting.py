"""What waits for the answer of a person, and how long it is kept."""

from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.accounts.people import invitations, transfers
from comptoir.infra.work import Work

KEEP_MS = 30 * 86_400_000
"""How long an invitation or offer is kept that nobody can accept any more."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many invitations and stores a person may accept now."""

    invitations: int
    stores: int

    def __bool__(self) -> bool:
        return bool(self.invitations or self.stores)


def waiting_for(db: sa.Connection, key: str, now: int) -> Waiting:
    """`key`: the `email_key` of the person's address; `now`: milliseconds."""
    return Waiting(
        len(invitations.waiting_for(db, key, now)), len(transfers.waiting_for(db, key, now))
    )


def withdraw_all_by(work: Work, organisation_id: str, user_id: str) -> None:
    """Who may no longer invite or give away has not done so either, unless it was accepted."""
    invitations.end_all_by(work.db, organisation_id, user_id, work.now_ms)
    transfers.end_all_by(work.db, organisation_id, user_id, work.now_ms)


def forget(work: Work) -> None:
    invitations.forget(work.db, work.now_ms - KEEP_MS)
    transfers.forget(work.db, work.now_ms - KEEP_MS)
