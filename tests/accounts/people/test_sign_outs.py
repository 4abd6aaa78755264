"""Signed out everywhere: what was being done comes before it, or not at all; what applications hold
ends, whatever clocks say."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from comptoir.accounts.people import sessions
from comptoir.accounts.people.rules import Session
from comptoir.infra.work import Work
from comptoir.oauth import HANDLERS, authorizations
from comptoir.oauth.authorizations import CLOCKS_DIFFER_MS, Authorization
from tests.accounts.people.conftest import Town
from tests.accounts.people.test_at_once import beside

EVERYWHERE = "accounts.user.signed_out_everywhere.v1"


def signed_in(town: Town, user_id: str, before: Session | None = None) -> Session:
    return town.do(
        lambda work: sessions.open_session(work, town.vault, user_id, ("pwd",), before=before)[1]
    )


def let_in(town: Town, session: Session, name: str, ahead: timedelta = timedelta()) -> str:
    """By a server whose clock is ahead. Returns the authorization's id."""
    made = Authorization(
        authorization_id=name,
        client_id="client",
        user_id=session.user_id,
        session_id=session.session_id,
        scopes=("openid", "offline_access"),
        audiences=(),
        nonce="",
        methods=("pwd",),
        authenticated_at=0,
    )

    def unit(work: Work) -> None:
        there = replace(work, now=work.now + ahead)
        authorizations.authorize(there, town.vault, made, "https://a.example", "c")

    town.do(unit)
    return name


def heard(town: Town) -> None:
    for body in town.announced(EVERYWHERE):
        for handler in HANDLERS[EVERYWHERE]:
            told: dict[str, Any] = json.loads(body)
            town.do(lambda work, handler=handler, told=told: handler(work, told))  # type: ignore[misc]


def in_force(town: Town, name: str) -> bool:
    return town.look(lambda db: authorizations.find(db, name)) is not None


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("ahead", [-SECOND, timedelta(), SECOND, timedelta(days=400)])
def test_what_was_let_in_before_ends_whatever_its_clock_said(town: Town, ahead: timedelta) -> None:
    user_id = town.user("user").user_id
    made = let_in(town, signed_in(town, user_id), "one", ahead)
    town.do(lambda work: sessions.sign_out_everywhere(work, user_id))
    heard(town)
    assert not in_force(town, made)


def test_what_is_let_in_later_stays_however_late_it_is_heard(town: Town) -> None:
    user_id = town.user("user").user_id
    here, other = signed_in(town, user_id), signed_in(town, user_id)
    gone = let_in(town, other, "before")
    town.do(lambda work: sessions.sign_out_everywhere(work, user_id, but=here.session_id))
    town.clock.advance(SECOND)
    kept = let_in(town, here, "after", timedelta(milliseconds=CLOCKS_DIFFER_MS))
    heard(town)
    assert (in_force(town, gone), in_force(town, kept)) == (False, True)


def test_what_is_done_in_a_session_waits_for_its_end(town: Town) -> None:
    """So that nothing is done in it after it has ended."""
    session, seen = signed_in(town, town.user("user").user_id), []
    beside(
        town,
        lambda work: sessions.sign_out_everywhere(work, session.user_id),
        lambda work: seen.append(sessions.is_there(work, session)),
    ).result()
    assert seen == [False]


def test_the_end_waits_for_what_is_done_in_it(town: Town) -> None:
    session, ended = signed_in(town, town.user("user").user_id), []
    beside(
        town,
        lambda work: sessions.is_there(work, session),
        lambda work: ended.extend(sessions.end_sessions(work, session.user_id)),
    ).result()
    assert ended == [session.session_id]


def test_who_signs_in_again_has_another_session_by_the_same_name(town: Town) -> None:
    user_id = town.user("user").user_id
    first = signed_in(town, user_id)
    town.clock.advance(SECOND)
    second = signed_in(town, user_id, first)
    assert second.session_id == first.session_id
    assert not town.do(lambda work: sessions.is_there(work, first))
    assert town.do(lambda work: sessions.is_there(work, second))
    assert not town.announced("accounts.user.sessions_ended.v1")

    town.do(lambda work: sessions.end_sessions(work, user_id))
    assert signed_in(town, user_id, second).session_id != first.session_id, "that one is over"
