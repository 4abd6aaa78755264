"""What oauth does when it hears of sign-outs and new owners, and what it keeps no longer."""

from typing import Any

from comptoir.accounts import (
    ClientRevoked,
    SessionsEnded,
    ShopOwnerChanged,
    SignedOutEverywhere,
    find_shop,
)
from comptoir.infra.work import Work
from comptoir.oauth import authorizations, revocation


def _signed_out_everywhere(work: Work, body: dict[str, Any]) -> None:
    user_id, until = str(body["user_id"]), int(body["at"])
    ended = list(body.get("session_ids", ()))
    authorizations.end_all_of(work, user_id, until, ended, "signed out everywhere")


def _sessions_ended(work: Work, body: dict[str, Any]) -> None:
    authorizations.end_of_session(work, list(body["session_ids"]))


def _shop_owner_changed(work: Work, body: dict[str, Any]) -> None:
    """Who had the store before gets no further in its back office with what they hold; unless they
    have it again by now."""
    shop, before = find_shop(work.db, str(body["shop_id"])), str(body["previous_owner_uuid"])
    if shop is not None and before and shop.point_of_contact_uuid != before:
        authorizations.end_all_at(work, before, shop.client_id, "the store has another owner")


def _client_revoked(work: Work, body: dict[str, Any]) -> None:
    revocation.revoke_client(work, str(body["client_id"]))


HANDLERS = {
    ClientRevoked.topic: (_client_revoked,),
    SignedOutEverywhere.topic: (_signed_out_everywhere,),
    SessionsEnded.topic: (_sessions_ended,),
    ShopOwnerChanged.topic: (_shop_owner_changed,),
}


def forget(work: Work) -> None:
    """Drop what has ended by itself."""
    authorizations.forget(work)
    revocation.forget(work)
