"""The applications that a person has let in: the list, and the end of it for one."""

from collections import Counter
from dataclasses import dataclass, replace

import sqlalchemy as sa
from starlette.responses import RedirectResponse, Response

from comptoir.accounts import Page, Visit, Who, done, redirect_uris
from comptoir.oauth import authorizations
from comptoir.oauth.applications import find_application, label

PATH = "/account/applications"
SECURITY = "/account/security"


@dataclass(frozen=True, slots=True)
class LetIn:
    """Times in milliseconds since the epoch."""

    client_id: str
    label: str
    since: int
    last: int


async def show(visit: Visit) -> Response:
    user_id, now = visit.me.user.user_id, visit.now
    lifetime = visit.context.settings.token_lifetime * 1000
    found = await visit.context.db.read(lambda db: _applications_of(db, user_id, now, lifetime))
    return visit.page("let-in.html", here=SECURITY, applications=found, done=done(visit))


def _applications_of(db: sa.Connection, user_id: str, now: int, lifetime: int) -> list[LetIn]:
    found = []
    for client_id, since, last in authorizations.held_by(db, user_id, now, lifetime):
        client, shop = find_application(db, client_id)
        if client is not None and client.revoked_at is None:
            name = label(client, shop, redirect_uris(client, shop)) or client_id
            found.append(LetIn(client_id, name, since, last))
    named = Counter(one.label for one in found)
    return [
        replace(one, label=f"{one.label} · {one.client_id}") if named[one.label] > 1 else one
        for one in found
    ]


async def end(visit: Visit) -> Response:
    """What the application holds of the person is good no longer: refresh tokens at once, access
    tokens within 5 s. Safe to repeat."""
    user_id, client_id = visit.me.user.user_id, visit.form.get("client_id", "")
    await visit.context.db.write(
        lambda work: authorizations.end_all_at(work, user_id, client_id, "the person ended it"),
        actor=visit.actor,
        request_id=visit.request_id,
    )
    return RedirectResponse(f"{PATH}?done=ended", 303)


PAGES = [
    Page("GET", PATH, show, Who.SIGNED_IN),
    Page("POST", f"{PATH}/end", end, Who.SIGNED_IN),
]
