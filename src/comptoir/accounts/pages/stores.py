"""Stores: the list of those of the visitor's organisations, and one of them."""

from dataclasses import dataclass

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts import hand_over, legacy, store
from comptoir.accounts.pages.acting import act
from comptoir.accounts.pages.page import Page, Visit, Who, go
from comptoir.accounts.pages.profile import done
from comptoir.accounts.pages.store_mails import send_offer
from comptoir.accounts.pages.store_words import Told, told, why_not_verified
from comptoir.accounts.pages.sure import ask
from comptoir.accounts.people import members, transfers
from comptoir.accounts.people.errors import EmailInvalid
from comptoir.accounts.people.history import history_of
from comptoir.accounts.people.members import Organisation
from comptoir.accounts.people.rules import Role, Transfer
from comptoir.accounts.rules import Consent, Shop
from comptoir.base.errors import Problem
from comptoir.infra.work import Work

PATH = "/account/stores"
ONE = f"{PATH}/{{shop_id}}"


@dataclass(frozen=True, slots=True)
class View:
    shop: Shop
    organisation: Organisation
    consents: list[Consent]
    history: list[Told]
    offer: Transfer | None
    others: list[Organisation]
    """Where the visitor may move the store."""


async def show_all(visit: Visit) -> Response:
    user_id = visit.me.user.user_id

    def look(db: sa.Connection) -> tuple[list[Shop], dict[str, str]]:
        mine = members.organisations_of(db, user_id)
        names = {one.organisation_id: one.name for one in mine}
        return store.shops_of(db, list(names)), names

    shops, names = await visit.context.db.read(look)
    return visit.page(
        "stores.html",
        here=PATH,
        done=done(visit),
        shops=[
            (shop, names[shop.organisation_id], why_not_verified(visit, shop)) for shop in shops
        ],
    )


async def show(visit: Visit) -> Response:
    return await _one(visit)


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["shop_id"])


async def _one(visit: Visit, problem: Problem | None = None) -> Response:
    shop_id = _id(visit)
    view = await visit.context.db.read(lambda db: _view(db, visit, shop_id))
    return visit.page(
        "store.html",
        problem.status if problem else 200,
        here=PATH,
        view=view,
        shop=view.shop,
        path=f"{PATH}/{view.shop.shop_id}",
        reason=why_not_verified(visit, view.shop),
        manages=view.organisation.role.may(Role.ADMIN),
        email=visit.form.get("email", ""),
        fault=visit.tell(problem) if problem else "",
        done=done(visit),
    )


def _view(db: sa.Connection, visit: Visit, shop_id: str) -> View:
    me = visit.me.user
    shop = hand_over.shop_of(db, shop_id, me.user_id, Role.MEMBER)
    mine = members.organisations_of(db, me.user_id)
    here = members.members_of(db, shop.organisation_id)
    known = {member.user_id: member.email for member in here}
    return View(
        shop,
        next(one for one in mine if one.organisation_id == shop.organisation_id),
        store.consents_of(db, shop_id),
        [told(visit, happened, known) for happened in history_of(db, shop_id)],
        transfers.waiting_of(db, shop_id, visit.now),
        [o for o in mine if o.organisation_id != shop.organisation_id and o.role.may(Role.ADMIN)],
    )


async def offer(visit: Visit) -> Response:
    shop_id, email, context = _id(visit), visit.form.get("email", ""), visit.context

    def unit(work: Work) -> tuple[Shop, Transfer]:
        return hand_over.offer(work, context.vault, shop_id, visit.me.user, email)

    try:
        shop, made = await act(visit, unit)
    except EmailInvalid as problem:
        return await _one(visit, problem)
    await send_offer(visit, shop, made)
    return go(f"{PATH}/{shop.shop_id}?done=offered")


async def withdraw_offer(visit: Visit) -> Response:
    shop_id = _id(visit)
    await act(visit, lambda work: hand_over.withdraw_offer(work, shop_id, visit.me.user.user_id))
    return go(f"{PATH}/{shop_id}?done=offer_withdrawn")


async def move(visit: Visit) -> Response:
    """Between organisations of the visitor's own, at once."""
    shop_id, chosen = _id(visit), visit.form.get("organisation", "")
    await act(visit, lambda work: hand_over.move(work, shop_id, visit.me.user, chosen))
    return go(f"{PATH}/{shop_id}?done=moved")


async def ask_unlink(visit: Visit) -> Response:
    shop_id, user_id = _id(visit), visit.me.user.user_id
    shop = await visit.context.db.read(
        lambda db: hand_over.shop_of(db, shop_id, user_id, Role.ADMIN)
    )
    name, path = shop.name or shop.frontend_url, f"{PATH}/{shop.shop_id}"
    return ask(visit, "unlink", here=PATH, action=f"{path}/unlink", back=path, store=name)


async def unlink(visit: Visit) -> Response:
    """The store is nobody's any more. One with `ps_accounts` 5 to 7 is told so."""
    shop_id, user_id = _id(visit), visit.me.user.user_id
    await legacy.unlink(
        visit.context,
        shop_id,
        actor=visit.actor,
        request_id=visit.request_id,
        allowed=lambda work: hand_over.may_unlink(work, shop_id, user_id),
    )
    return go(f"{PATH}?done=unlinked")


PAGES = [
    Page("GET", PATH, show_all, Who.SIGNED_IN),
    Page("GET", ONE, show, Who.SIGNED_IN),
    Page("POST", f"{ONE}/offer", offer, Who.SIGNED_IN),
    Page("POST", f"{ONE}/offer/withdraw", withdraw_offer, Who.SIGNED_IN),
    Page("POST", f"{ONE}/move", move, Who.SIGNED_IN),
    Page("GET", f"{ONE}/unlink", ask_unlink, Who.SIGNED_IN),
    Page("POST", f"{ONE}/unlink", unlink, Who.SIGNED_IN),
]
