"""What oauth does when it hears of sign-outs, and what it keeps no longer."""

from typing import Any

from comptoir.accounts import SessionsEnded, SignedOutEverywhere
from comptoir.infra.work import Work
from comptoir.oauth import authorizations, revocation


def _signed_out_everywhere(work: Work, body: dict[str, Any]) -> None:
    authorizations.end_all_of(work, str(body["user_id"]), "signed out everywhere")


def _sessions_ended(work: Work, body: dict[str, Any]) -> None:
    authorizations.end_of_session(work, list(body["session_ids"]))


HANDLERS = {
    SignedOutEverywhere.topic: (_signed_out_everywhere,),
    SessionsEnded.topic: (_sessions_ended,),
}


def forget(work: Work) -> None:
    """Drop what has ended by itself."""
    authorizations.forget(work)
    revocation.forget(work)
