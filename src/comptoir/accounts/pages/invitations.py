"""What waits for the visitor: invitations to organisations, and stores that are offered to them."""

from dataclasses import dataclass

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts import hand_over, store
from comptoir.accounts.pages import organisations, stores
from comptoir.accounts.pages.acting import act
from comptoir.accounts.pages.page import Page, Visit, Who, go
from comptoir.accounts.pages.profile import done
from comptoir.accounts.pages.store_mails import tell
from comptoir.accounts.people import invitations, invite, members, transfers
from comptoir.accounts.people import store as people
from comptoir.accounts.people.members import Organisation
from comptoir.accounts.people.rules import Invitation, Role, Transfer, email_key
from comptoir.accounts.rules import Shop
from comptoir.infra.work import Work

PATH = "/account/invitations"
ONE = f"{PATH}/{{invitation_id}}"
STORE = f"{PATH}/stores/{{transfer_id}}"


@dataclass(frozen=True, slots=True)
class Shown:
    invitations: list[tuple[Invitation, str]]
    """With the address of who invites."""
    stores: list[tuple[Transfer, Shop, str]]
    """With the address of who offers."""
    mine: list[Organisation]
    """Those that the visitor may bring a store into."""


async def show(visit: Visit) -> Response:
    user, now = visit.me.user, visit.now

    def look(db: sa.Connection) -> Shown:
        key = email_key(user.email)
        offers = transfers.waiting_for(db, key, now)
        mine = members.organisations_of(db, user.user_id)
        return Shown(
            [(i, _email(db, i.invited_by)) for i in invitations.waiting_for(db, key, now)],
            [(t, store.load_shop(db, t.shop_id), _email(db, t.offered_by)) for t in offers],
            [one for one in mine if one.role.may(Role.ADMIN)],
        )

    shown = await visit.context.db.read(look)
    return visit.page("invitations.html", here=organisations.PATH, shown=shown, done=done(visit))


def _email(db: sa.Connection, user_id: str) -> str:
    found = people.find_user(db, user_id)
    return found.email if found else ""


async def accept(visit: Visit) -> Response:
    invitation_id = str(visit.request.path_params["invitation_id"])
    joined = await act(visit, lambda work: invite.accept(work, visit.me.user, invitation_id))
    return go(f"{organisations.PATH}/{joined}?done=joined")


async def decline(visit: Visit) -> Response:
    invitation_id = str(visit.request.path_params["invitation_id"])
    await act(visit, lambda work: invite.decline(work, visit.me.user, invitation_id))
    return go(f"{PATH}?done=declined")


async def accept_store(visit: Visit) -> Response:
    transfer_id = str(visit.request.path_params["transfer_id"])
    chosen = visit.form.get("organisation", "")

    def unit(work: Work) -> str:
        handed = hand_over.accept(work, visit.me.user, transfer_id, chosen)
        tell(work, visit, handed)
        return handed.shop.shop_id

    return go(f"{stores.PATH}/{await act(visit, unit)}?done=accepted")


async def decline_store(visit: Visit) -> Response:
    transfer_id = str(visit.request.path_params["transfer_id"])
    await act(visit, lambda work: hand_over.decline(work, visit.me.user, transfer_id))
    return go(f"{PATH}?done=declined")


PAGES = [
    Page("GET", PATH, show, Who.SIGNED_IN),
    Page("POST", f"{ONE}/accept", accept, Who.SIGNED_IN),
    Page("POST", f"{ONE}/decline", decline, Who.SIGNED_IN),
    Page("POST", f"{STORE}/accept", accept_store, Who.SIGNED_IN),
    Page("POST", f"{STORE}/decline", decline_store, Who.SIGNED_IN),
]
