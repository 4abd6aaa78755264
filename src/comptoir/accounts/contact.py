"""Set the point of contact of a store, and with it who owns the store (spec/accounts.md §1.3.5).

The store's own token says that the store wants it, the person's token that the person signed in to
this very store. The store then belongs to the person's organisation, unless they are a member of
the one it belongs to already.
"""

from collections.abc import Callable

from comptoir.accounts import store
from comptoir.accounts.errors import ContactTokenInvalid
from comptoir.accounts.events import ShopOwnerChanged
from comptoir.accounts.people import members, waiting
from comptoir.accounts.people import store as people
from comptoir.accounts.people.organise import create_own
from comptoir.accounts.people.rules import Role
from comptoir.accounts.rules import Shop
from comptoir.infra.http.auth import Access, Caller, TokenInvalid
from comptoir.infra.http.context import Context
from comptoir.infra.work import Work


async def read_contact(context: Context, shop_id: str, token: str) -> Caller:
    """Who signed in to this store. Raises: ContactTokenInvalid, ShopNotFound."""
    shop = await context.db.read(lambda db: store.load_shop(db, shop_id))
    try:
        caller = await context.authenticator.authenticate(token)
    except TokenInvalid as wrong:
        raise ContactTokenInvalid(reason=wrong.reason) from wrong
    if caller.kind is not Access.USER:
        raise ContactTokenInvalid(reason="it is not the token of a person")
    if caller.client_id != shop.client_id:
        raise ContactTokenInvalid(reason="the person signed in to another application")
    return caller


def set_contact(
    work: Work,
    shop_id: str,
    user_id: str,
    also: Callable[[Work, Shop, Shop], object] = lambda *_: None,
) -> Shop:
    """Safe to repeat: the same person again changes nothing. `also` gets the store as it was and as
    it is when it is changed.

    Raises: ShopNotFound, ContactTokenInvalid when the account is gone.
    """
    people.lock_person(work.db, user_id)
    shop = store.take_shop(work.db, shop_id)
    user = people.find_user(work.db, user_id)
    if user is None:
        raise ContactTokenInvalid(reason="the account that it is about is gone")
    organisation_id = organisation_for(work, shop, user_id)
    before = shop.point_of_contact_uuid, shop.point_of_contact_email, shop.organisation_id
    if before == (user_id, user.email, organisation_id):
        return shop
    after = give(work, shop, organisation_id, user_id, user.email)
    also(work, shop, after)
    return after


def give(
    work: Work, shop: Shop, organisation_id: str, user_id: str | None, email: str | None
) -> Shop:
    """The store belongs to that organisation and that person from now on; announced. What another
    organisation had offered is no longer its to give."""
    if organisation_id != shop.organisation_id:
        waiting.withdraw_offers_of(work, shop.shop_id)
    changed = store.set_owner(
        work.db,
        shop,
        organisation_id=organisation_id,
        user_id=user_id,
        email=email,
        now=work.now_ms,
    )
    before, after = shop.point_of_contact_uuid or "", user_id or ""
    if (before, shop.organisation_id) != (after, organisation_id):
        work.emit(
            ShopOwnerChanged(shop.shop_id, after, before, organisation_id, shop.organisation_id)
        )
    work.audit(
        "store.point_of_contact_changed",
        shop_id=shop.shop_id,
        organisation_id=organisation_id,
        user_id=after,
        previous_user_id=before,
    )
    return changed


def organisation_for(work: Work, shop: Shop, user_id: str) -> str:
    """Where the store belongs when it becomes this person's, who leaves none meanwhile. Who left
    all organisations gets one of their own: nobody else's keeps the store."""
    people.lock_person(work.db, user_id)
    if members.role_in(work.db, shop.organisation_id, user_id) is not None:
        return shop.organisation_id
    theirs = members.organisations_of(work.db, user_id)
    best = sorted(theirs, key=lambda one: list(Role).index(one.role))  # their own, if they have one
    if best:
        return best[0].organisation_id
    user = people.find_user(work.db, user_id)
    return create_own(work, user) if user is not None else shop.organisation_id
