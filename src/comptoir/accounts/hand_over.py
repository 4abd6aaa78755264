"""Give a store to somebody else: offer it, accept it, move it. (To nobody: `legacy/link.py`.)

Each use case looks first whether the store is one of the person's organisations'. A store that is
not is told to be none (`ShopNotFound`), a role that is too low is told as such.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.accounts import contact, store
from comptoir.accounts.errors import ShopNotFound
from comptoir.accounts.people import members, transfers, users, waiting
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import TransferNotFound
from comptoir.accounts.people.invite import KEEP_MS, count_mail, lock_organisation
from comptoir.accounts.people.rules import Role, Transfer, User, email_key
from comptoir.accounts.people.users import check_email
from comptoir.accounts.rules import Shop
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A store has another owner. `told`: the addresses and languages of who had it before."""

    shop: Shop
    told: tuple[User, ...]


def shop_of(db: sa.Connection, shop_id: str, user_id: str, needed: Role) -> Shop:
    """The store, for a member of its organisation. Raises: ShopNotFound, RoleTooLow."""
    shop = store.load_shop(db, shop_id)
    if members.role_in(db, shop.organisation_id, user_id) is None:
        raise ShopNotFound(shop_id=shop_id)
    members.require_role(db, shop.organisation_id, user_id, needed)
    return shop


def offer(work: Work, vault: Vault, shop_id: str, by: User, email: str) -> tuple[Shop, Transfer]:
    """Offer the store to an address; an offer from before is over. The caller sends the mail.

    Raises: ShopNotFound, RoleTooLow, EmailInvalid, TooManyAttempts.
    """
    shop = _mine(work, shop_id, by.user_id)
    email = check_email(email)
    count_mail(work, vault, by.user_id, email)
    waiting.withdraw_offers_of(work, shop_id)
    made = Transfer(
        transfer_id=work.ids.uuid(),
        shop_id=shop_id,
        from_organisation_id=shop.organisation_id,
        from_organisation=store.find_organisation(work.db, shop.organisation_id) or "",
        email=email,
        offered_by=by.user_id,
        created_at=work.now_ms,
        expires_at=work.now_ms + KEEP_MS,
    )
    transfers.save(work.db, made)
    _audit(work, "store.offered", made)
    return shop, made


def withdraw_offer(work: Work, shop_id: str, user_id: str) -> None:
    """Raises: ShopNotFound, RoleTooLow, TransferNotFound."""
    _mine(work, shop_id, user_id)
    if not waiting.withdraw_offers_of(work, shop_id):
        raise TransferNotFound


def offered(db: sa.Connection, user: User, transfer_id: str, now: int) -> Transfer:
    """The offer, to who it was made to. Raises: TransferNotFound."""
    for found in transfers.waiting_for(db, email_key(user.email), now):
        if found.transfer_id == transfer_id:
            return found
    raise TransferNotFound


def accept(work: Work, user: User, transfer_id: str, organisation_id: str) -> HandedOver:
    """The store is in that organisation of the person's now, and they are its point of contact.

    Raises: TransferNotFound, OrganisationNotFound, RoleTooLow.
    """
    user = _as_now(work, user)
    found = offered(work.db, user, transfer_id, work.now_ms)
    members.require_role(work.db, organisation_id, user.user_id, Role.ADMIN)
    lock_store(work.db, found.shop_id)
    shop = store.load_shop(work.db, found.shop_id)
    gone = shop.organisation_id != found.from_organisation_id
    if gone or not transfers.end(work.db, found, "accepted", work.now_ms):
        raise TransferNotFound
    _audit(work, "store.offer_accepted", found)
    changed = contact.give(work, shop, organisation_id, user.user_id, user.email)
    before = {found.offered_by, shop.point_of_contact_uuid or ""} - {user.user_id}
    told = (people.find_user(work.db, user_id) for user_id in sorted(before) if user_id)
    return HandedOver(changed, tuple(one for one in told if one is not None))


def decline(work: Work, user: User, transfer_id: str) -> None:
    """Raises: TransferNotFound."""
    found = offered(work.db, user, transfer_id, work.now_ms)
    if not transfers.end(work.db, found, "declined", work.now_ms):
        raise TransferNotFound
    _audit(work, "store.offer_declined", found)


def move(work: Work, shop_id: str, user: User, organisation_id: str) -> Shop:
    """To another organisation of the person's own, at once. The point of contact stays when they
    belong to that one too; else the person is it.

    Raises: ShopNotFound, OrganisationNotFound, RoleTooLow.
    """
    user = _as_now(work, user)
    seen = shop_of(work.db, shop_id, user.user_id, Role.ADMIN)
    people.lock_person(work.db, seen.point_of_contact_uuid or "")  # before the store
    shop = _mine(work, shop_id, user.user_id)
    members.require_role(work.db, organisation_id, user.user_id, Role.ADMIN)
    if organisation_id == shop.organisation_id:
        return shop
    owner = shop.point_of_contact_uuid
    people.lock_person(work.db, owner or "")  # should it be another one by now
    if owner is not None and members.role_in(work.db, organisation_id, owner) is not None:
        return contact.give(work, shop, organisation_id, owner, shop.point_of_contact_email)
    return contact.give(work, shop, organisation_id, user.user_id, user.email)


def may_unlink(work: Work, shop_id: str, user_id: str) -> None:
    """For `legacy.unlink`. Raises: ShopNotFound, RoleTooLow."""
    _mine(work, shop_id, user_id)


def transfer_now(
    work: Work,
    shop_id: str,
    email: str,
    also: Callable[[Work, Shop, Shop], object] = lambda *_: None,
) -> Shop:
    """What the operator decides needs no offer. `also` gets the store as it was and as it is when
    it is changed. Raises: ShopNotFound, UserNotFound."""
    store.load_shop(work.db, shop_id)
    user = users.take_user(work, email)
    store.take_shop(work.db, shop_id)
    waiting.withdraw_offers_of(work, shop_id)
    return contact.set_contact(work, shop_id, user.user_id, also)


def _as_now(work: Work, user: User) -> User:
    """The person, whose address and organisations nobody changes meanwhile."""
    people.lock_person(work.db, user.user_id)
    return people.find_user(work.db, user.user_id) or user


def _mine(work: Work, shop_id: str, user_id: str) -> Shop:
    """The store, for who may give it away; who does so takes turns with others, and with who
    changes the members."""
    shop = shop_of(work.db, shop_id, user_id, Role.ADMIN)
    lock_organisation(work, shop.organisation_id)
    lock_store(work.db, shop_id)
    return shop_of(work.db, shop_id, user_id, Role.ADMIN)


def _audit(work: Work, action: str, transfer: Transfer) -> None:
    work.audit(
        action,
        shop_id=transfer.shop_id,
        organisation_id=transfer.from_organisation_id,
        transfer_id=transfer.transfer_id,
    )
