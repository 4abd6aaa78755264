"""What waits for the answer of a person, and how long it is kept."""

from collections.abc import Sequence
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
    ended = invitations.end_all_by(work.db, organisation_id, user_id, work.now_ms)
    _audit_invitations(work, organisation_id, ended)
    _audit(work, transfers.end_all_by(work.db, organisation_id, user_id, work.now_ms))


def withdraw_all_for(work: Work, organisation_id: str, key: str) -> None:
    """What was offered to an address, by its `email_key`."""
    ended = invitations.end_all_for(work.db, organisation_id, key, work.now_ms)
    _audit_invitations(work, organisation_id, ended)


def withdraw_all_in(work: Work, organisation_id: str) -> None:
    """Nobody can join it any more."""
    ended = invitations.end_all_in(work.db, organisation_id, work.now_ms)
    _audit_invitations(work, organisation_id, ended)


def _audit_invitations(work: Work, organisation_id: str, ended: list[tuple[str, str]]) -> None:
    for invitation_id, role in ended:
        work.audit(
            "organisation.invitation_withdrawn",
            organisation_id=organisation_id,
            invitation_id=invitation_id,
            role=role,
        )


def withdraw_offers_of(work: Work, shop_id: str) -> bool:
    """Whether the store was offered to somebody; it is not now."""
    ended = transfers.end_all_of(work.db, shop_id, work.now_ms)
    _audit(work, ended)
    return bool(ended)


def _audit(work: Work, offers: Sequence[transfers.Ended]) -> None:
    for ended in offers:
        work.audit(
            "store.offer_withdrawn",
            shop_id=ended.shop_id,
            organisation_id=ended.from_organisation_id,
            transfer_id=ended.transfer_id,
        )


def forget(work: Work) -> None:
    invitations.forget(work.db, work.now_ms - KEEP_MS)
    transfers.forget(work.db, work.now_ms - KEEP_MS)
