"""Legacy tokens of a store and of its owner (spec/accounts.md §3.4): given, renewed, looked at.

A refresh token is kept nowhere: it is a keyed hash of whom it stands for and of the generation of
the store's link, which rises whenever the link changes.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.accounts.errors import TokenNotAccepted
from comptoir.accounts.legacy import store as links
from comptoir.accounts.legacy.errors import StoreLegacyNotFound
from comptoir.accounts.legacy.rules import Subject, read_refresh_token, refresh_token
from comptoir.accounts.rules import Shop
from comptoir.accounts.store import find_client, find_shop, load_shop
from comptoir.base.secret import same
from comptoir.infra.http.auth import (
    Access,
    Caller,
    ForeignStore,
    TokenInvalid,
    require_audience,
)
from comptoir.infra.http.context import Context
from comptoir.infra.vault import Vault

ENDED = "the link that it was made for has ended"


@dataclass(frozen=True, slots=True)
class Pair:
    token: str
    refresh_token: str


def _subjects(db: sa.Connection, shop: Shop) -> list[Subject]:
    """The store, and its owner if it has one."""
    generation = links.link_of(db, shop.shop_id).generation
    email = shop.point_of_contact_email or ""
    found = [Subject(shop.shop_id, generation, email)]
    if shop.point_of_contact_uuid:
        found.append(Subject(shop.shop_id, generation, email, shop.point_of_contact_uuid))
    return found


async def of_store(context: Context, shop_id: str) -> tuple[Pair, Pair | None]:
    """The store's own tokens, and its owner's if it has one. Raises: ShopNotFound."""
    own, *owner = await context.db.read(lambda db: _subjects(db, load_shop(db, shop_id)))
    return await _made(context, own), await _made(context, owner[0]) if owner else None


async def _made(context: Context, subject: Subject) -> Pair:
    token = await context.signer.sign_legacy(subject.claims())
    return Pair(token, _refresh(context.vault, subject))


def _refresh(vault: Vault, subject: Subject) -> str:
    return refresh_token(subject, vault.hash(subject.hashed()))


async def renew(context: Context, given: str, kind: str, named: str | None) -> Pair:
    """Fresh tokens for a refresh token of this kind; `named`: the store that the request names.

    Raises: StoreLegacyNotFound, the same for a wrong token and an unknown store: a store that
    migrates and has nothing better to show needs a new identity in any case.
    """
    claimed, shop_id = read_refresh_token(given)
    if claimed != kind or named not in (None, "", shop_id):
        raise StoreLegacyNotFound

    def known(db: sa.Connection) -> list[Subject]:
        shop = find_shop(db, shop_id)
        return _subjects(db, shop) if shop else [Subject(shop_id, -1, "")]

    sent = given.encode("utf-8", "surrogatepass")
    for subject in await context.db.read(known):
        right = same(_refresh(context.vault, subject).encode(), sent)
        if right and subject.kind == kind and subject.generation >= 0:
            return await _made(context, subject)
    raise StoreLegacyNotFound


def check(db: sa.Connection, caller: Caller) -> Shop | None:
    """The store of a caller with `ps_accounts` 5 to 7, whose link must be the one that the token
    was made for, and whose owner the one that it names; None when there is no such store.

    Raises: TokenInvalid.
    """
    shop = find_shop(db, caller.shop_id)
    if shop is None:
        return None
    if caller.kind is Access.V7_STORE:
        client = find_client(db, caller.client_id)
        good = client and client.shop_id == shop.shop_id and client.revoked_at is None
    else:
        theirs = caller.user_id in ("", shop.point_of_contact_uuid)  # the store may be another's
        good = theirs and links.link_of(db, shop.shop_id).generation == caller.generation
    if not good:
        raise TokenInvalid(reason=ENDED)
    return shop


async def holder(context: Context, token: str) -> Caller:
    """The store or the owner whose access token or legacy token this is; it is good now.

    Raises: TokenNotAccepted, also for a vendor's token and a person's."""
    try:
        caller = await _holder(context, token)
        shop = await context.db.read(lambda db: check(db, caller)) if _old(caller) else None
    except TokenInvalid as wrong:
        raise TokenNotAccepted(reason=wrong.reason) from wrong
    if _old(caller) and shop is None:
        raise TokenNotAccepted(reason=ENDED)
    if not _old(caller) and caller.kind is not Access.STORE:
        raise TokenNotAccepted(reason="it is not a store's")
    return caller


def _old(caller: Caller) -> bool:
    return caller.kind in (Access.V7_STORE, Access.LEGACY_STORE, Access.LEGACY_OWNER)


async def calling_store(context: Context, caller: Caller | None) -> str:
    """The store that calls with the token which its `ps_accounts`, of whatever version, gives to
    other modules: an access token that names this API, or one of a link that is in force.

    Raises: ForeignStore, TokenInvalid.
    """
    if caller is None:
        raise ForeignStore
    if not _old(caller):
        require_audience(caller, context.settings.base, context.settings.host_aliases)
    elif await context.db.read(lambda db: check(db, caller)) is None:
        raise TokenInvalid(reason=ENDED)
    return caller.shop_id


async def _holder(context: Context, token: str) -> Caller:
    """Raises: TokenInvalid."""
    try:
        return await context.authenticator.authenticate(token)
    except TokenInvalid as wrong:
        try:
            return await context.authenticator.authenticate_legacy(token)
        except TokenInvalid:
            raise wrong from None


async def the_store(context: Context, caller: Caller | None, shop_id: str) -> Shop:
    """The store, which the token must name. Raises: ForeignStore, TokenInvalid,
    StoreLegacyNotFound."""
    if caller is None or caller.shop_id != shop_id:
        raise ForeignStore
    shop = await context.db.read(lambda db: check(db, caller))
    if shop is None:
        raise StoreLegacyNotFound
    return shop
