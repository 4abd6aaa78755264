"""Link a store with `ps_accounts` 5 to 7 to a person, and end that (spec/accounts.md §4.8)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from comptoir.accounts import contact, identities, store
from comptoir.accounts import verify as verification
from comptoir.accounts.errors import IdentityInvalid
from comptoir.accounts.events import ClientRevoked, ShopLinked, ShopUnlinked, ShopUnverified
from comptoir.accounts.legacy import calls, tokens
from comptoir.accounts.legacy import store as links
from comptoir.accounts.legacy.errors import LinkRefused, LinkUnderWay
from comptoir.accounts.legacy.rules import before_7, usable_key
from comptoir.accounts.people import store as people
from comptoir.accounts.people.rules import User
from comptoir.accounts.rules import Client, ClientKind, Place, Shop
from comptoir.accounts.vendors import Credentials
from comptoir.base.secret import CLIENT_SECRET, make_secret
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.http.context import Context
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

UNLINKED = "store-identity/unlinked"
GONE = "who linked it was gone before the end"
OVER_MS = 60_000
"""A store is told of its link within this time, or the link is given up."""


@dataclass(frozen=True, slots=True)
class LinkWanted:
    """What the store and the person who links it say."""

    place: Place
    public_key: str
    """PKCS#1 PEM, byte for byte as the store shows it."""
    owner_id: str
    owner_email: str
    """Confirmed: stores are told so."""
    employee_id: int | None = None
    shop_id: str = ""
    """The id that the store says it has."""
    module_version: str = ""
    """Of its `ps_accounts`, as the store says; empty: 7."""


@dataclass(frozen=True, slots=True)
class Begun:
    shop: Shop
    credentials: Credentials
    pending: links.Pending


def purpose(shop_id: str) -> str:
    """That a store's key is sealed for."""
    return f"legacy key of {shop_id}"


def key_of(vault: Vault, shop_id: str, link: links.Link) -> str:
    """The store's public key; empty when there is none. Raises: VaultError."""
    if link.sealed_key is None:
        return ""
    return vault.open(link.sealed_key, purpose(shop_id)).decode()


def place_of(shop: Shop) -> Place:
    return Place(shop.name, shop.frontend_url, shop.back_office_url, shop.multi_shop_id)


async def link(
    context: Context,
    wanted: LinkWanted,
    request_id: str = "",
    also: Callable[[Work, Shop, Shop], object] = lambda *_: None,
) -> Shop:
    """The store proves its address with its key, gets its identity and its OAuth client, and takes
    both. Whatever fails, nothing is linked afterwards, here or there.

    A store that is known keeps its identity when it is where it was, or the same person's and holds
    the key that it was linked with. `also` gets the store as it was and as it is, in the same
    transaction.

    Raises:
        IdentityInvalid, StoreCannotBeRequested, DomainDiffers, LinkRefused, LinkUnderWay.
    """
    identities.check_place(wanted.place)
    if not usable_key(wanted.public_key):
        raise IdentityInvalid(
            member="publicKey", reason="write the store's public RSA key, in PKCS#1 PEM"
        )
    if not wanted.owner_id or not wanted.owner_email:
        raise IdentityInvalid(member="owner", reason="name the person, with an e-mail address")
    await calls.check_address(context, wanted.place, wanted.public_key)
    actor = f"user:{wanted.owner_id}"
    begun = await context.db.write(
        lambda work: _begin(work, wanted, context.vault), actor=actor, request_id=request_id
    )
    try:
        await _hand_over(context, wanted, begun)
        shop = await context.db.write(
            lambda work: _finish(work, begun, wanted, also), actor=actor, request_id=request_id
        )
    except BaseException as failed:
        reason = failed.reason if isinstance(failed, LinkRefused) else type(failed).__name__
        await context.db.write(
            lambda work: _undo(work, begun.pending, reason), actor=actor, request_id=request_id
        )
        if isinstance(failed, LinkRefused):
            await calls.tell_unlinked(context, begun.shop.shop_id, wanted.place, wanted.public_key)
        raise
    context.wake()
    return shop


async def _hand_over(context: Context, wanted: LinkWanted, begun: Begun) -> None:
    """The store fetches a token at once when it gets its client. Raises: LinkRefused."""
    shop_id, place, key = begun.shop.shop_id, wanted.place, wanted.public_key
    said: dict[str, object] = {
        "uid": shop_id,
        "owner_uid": wanted.owner_id,
        "owner_email": wanted.owner_email,
        "employee_id": wanted.employee_id,
    }
    if before_7(wanted.module_version):
        said |= await _tokens(context, shop_id)
    await calls.tell(context, place, key, "POST", calls.LINK, **said)
    made = begun.credentials
    await calls.tell(
        context,
        place,
        key,
        "POST",
        calls.CLIENT,
        client_id=made.client_id,
        client_secret=made.client_secret,
        uid=shop_id,
    )


async def _tokens(context: Context, shop_id: str) -> dict[str, object]:
    """What versions 5 and 6 take in place of the ids. They ask us about each token first."""
    own, owner = await tokens.of_store(context, shop_id)
    assert owner is not None, "the person is the store's owner by now"
    return {
        "shop_token": own.token,
        "shop_refresh_token": own.refresh_token,
        "user_token": owner.token,
        "user_refresh_token": owner.refresh_token,
    }


def _begin(work: Work, wanted: LinkWanted, vault: Vault) -> Begun:
    """All but the verification, which comes when the store has taken the rest."""
    place = wanted.place
    _person(work, wanted)
    store.take_address(work.db, place.frontend_url)
    if wanted.shop_id:
        lock_store(work.db, wanted.shop_id)
    for pending in links.pending_at(work.db, wanted.shop_id, place.frontend_url):
        if pending.over_at > work.now_ms:
            raise LinkUnderWay
        _undo(work, pending, GONE)
    known = store.find_shop(work.db, wanted.shop_id) if wanted.shop_id else None
    if known is not None and _same_store(work, known, wanted, vault):
        _revoke(work, known)
        made = add_client(work, known, vault)
        shop = replace(known, client_id=made.client_id)
    else:
        known = None
        shop, made = identities.create_identity(work, place, vault)
    shop = replace(
        shop,
        point_of_contact_uuid=wanted.owner_id,
        point_of_contact_email=wanted.owner_email,
        updated_at=work.now_ms,
    )
    store.save_shop(work.db, shop)
    sealed = vault.seal(wanted.public_key.encode(), purpose(shop.shop_id))
    links.change_link(work.db, shop.shop_id, sealed)
    pending = links.Pending(
        shop_id=shop.shop_id,
        client_id=made.client_id,
        organisation_id=shop.organisation_id,
        frontend_url=place.frontend_url,
        owner_before=(known.point_of_contact_uuid or "") if known else "",
        made=known is None,
        over_at=work.now_ms + OVER_MS,
    )
    links.add_pending(work.db, pending)
    return Begun(shop, made, pending)


def _person(work: Work, wanted: LinkWanted) -> User:
    """Raises: LinkRefused."""
    people.lock_person(work.db, wanted.owner_id)
    user = people.find_user(work.db, wanted.owner_id)
    if user is None:
        raise LinkRefused(step=calls.CLIENT, reason="the account was closed meanwhile")
    return user


def _same_store(work: Work, known: Shop, wanted: LinkWanted, vault: Vault) -> bool:
    """Who says the id of a store is not yet that store, not even when its owner believes it: a link
    that somebody sends them may name a store of theirs and the address of another one."""
    if known.frontend_url == wanted.place.frontend_url:
        return True
    held = key_of(vault, known.shop_id, links.link_of(work.db, known.shop_id))
    return known.point_of_contact_uuid == wanted.owner_id and held == wanted.public_key


def _revoke(work: Work, shop: Shop) -> None:
    if store.revoke_client(work.db, shop.client_id, work.now_ms):
        work.emit(ClientRevoked(shop.client_id, shop.shop_id))


def add_client(work: Work, shop: Shop, vault: Vault) -> Credentials:
    """A new OAuth client for a store that is there."""
    secret = make_secret(CLIENT_SECRET, work.ids.entropy())
    client_id = f"s_{work.ids.token(16)}"
    hashed = vault.hash(secret)
    client = Client(client_id, ClientKind.STORE, shop.shop_id, "", hashed, revoked_at=None)
    store.add_client(work.db, client, shop.organisation_id, work.now_ms)
    return Credentials(client_id, secret)


def _finish(
    work: Work, begun: Begun, wanted: LinkWanted, also: Callable[[Work, Shop, Shop], object]
) -> Shop:
    """Raises: LinkRefused when it was given up meanwhile, or the store was unlinked."""
    shop_id, owner = begun.shop.shop_id, wanted.owner_id
    user = _person(work, wanted)
    if not links.end_pending(work.db, shop_id, begun.pending.client_id):
        raise LinkRefused(step=calls.CLIENT, reason="it was unlinked meanwhile, or took too long")
    verification.record(work, shop_id, wanted.place, None)
    shop = store.take_shop(work.db, shop_id)
    before = replace(shop, point_of_contact_uuid=begun.pending.owner_before or None)
    shop = contact.give(
        work, before, contact.organisation_for(work, shop, owner), owner, user.email
    )
    work.emit(ShopLinked(shop_id, wanted.owner_id))
    work.audit("store.linked", shop_id=shop_id, owner=owner)
    also(work, before, shop)
    return shop


def give_up(work: Work) -> None:
    """End the links whose process ended before they were whole. Their stores find out by their
    tokens."""
    for pending in links.pending_over(work.db, work.now_ms):
        lock_store(work.db, pending.shop_id)
        _undo(work, pending, GONE)


def _undo(work: Work, pending: links.Pending, reason: str) -> None:
    """Nothing, when somebody has undone or unlinked it."""
    shop_id = pending.shop_id
    if not links.end_pending(work.db, shop_id, pending.client_id):
        return
    work.audit("store.link_failed", shop_id=shop_id, reason=reason)
    if pending.made:
        links.remove_identity(work.db, shop_id)
        store.remove_organisation(work.db, pending.organisation_id)
        return
    # It is the owner before who loses the store.
    shop = store.take_shop(work.db, shop_id)
    before = replace(
        shop, point_of_contact_uuid=pending.owner_before or None, point_of_contact_email=None
    )
    store.save_shop(work.db, before)
    end_link(work, shop_id)


def end_link(work: Work, shop_id: str) -> Shop:
    """The store is nobody's, in an organisation of its own, and its tokens are good no longer. One
    with `ps_accounts` 5 to 7 is unverified and its OAuth client ends: it is told to forget it.
    Returns what it was before.

    Raises: ShopNotFound.
    """
    shop = store.take_shop(work.db, shop_id)
    links.end_pending(work.db, shop_id)
    if links.link_of(work.db, shop_id).sealed_key is not None:
        _revoke(work, shop)
        ended = replace(shop, verified=False, unverified_at=work.now_ms, error_code=UNLINKED)
        store.save_shop(work.db, replace(ended, updated_at=work.now_ms))
        if shop.verified:
            work.emit(ShopUnverified(shop_id, UNLINKED))
    links.change_link(work.db, shop_id, None)
    if shop.point_of_contact_uuid:
        own = work.ids.uuid()
        store.add_organisation(work.db, own, shop.name, work.now_ms)
        contact.give(work, store.load_shop(work.db, shop_id), own, None, None)
        work.emit(ShopUnlinked(shop_id, shop.point_of_contact_uuid))
        work.audit("store.unlinked", shop_id=shop_id, owner=shop.point_of_contact_uuid)
    return shop


async def unlink(
    context: Context,
    shop_id: str,
    *,
    actor: str,
    request_id: str = "",
    allowed: Callable[[Work], object] = lambda _: None,
) -> None:
    """End the link of a store to its owner, here first and then at the store, as far as it answers.
    Safe to repeat. `allowed` raises in the same transaction when who asks may not.

    Raises: ShopNotFound, VaultError.
    """

    def unit(work: Work) -> tuple[Shop, str]:
        allowed(work)
        link = links.link_of(work.db, store.take_shop(work.db, shop_id).shop_id)
        return end_link(work, shop_id), key_of(context.vault, shop_id, link)

    shop, key = await context.db.write(unit, actor=actor, request_id=request_id)
    if key:
        await calls.tell_unlinked(context, shop_id, place_of(shop), key)
    context.wake()
