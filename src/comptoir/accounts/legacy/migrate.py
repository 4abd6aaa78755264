"""Migrate a store from `ps_accounts` 5 to 7 to version 8 (spec/accounts.md §1.3.6, §4.6)."""

from dataclasses import replace

from comptoir.accounts import store
from comptoir.accounts import verify as verification
from comptoir.accounts.errors import (
    IdentityInvalid,
    ProofInvalid,
    ShopNotFound,
    StoreCannotBeRequested,
)
from comptoir.accounts.legacy import store as links
from comptoir.accounts.legacy.errors import MigrationFailed, StoreLegacyNotFound
from comptoir.accounts.legacy.link import add_client
from comptoir.accounts.legacy.rules import same_place
from comptoir.accounts.rules import UNTIL_USED, Place, Shop
from comptoir.accounts.vendors import Credentials
from comptoir.base.secret import CLIENT_SECRET, make_secret
from comptoir.infra.http.auth import Access, Caller
from comptoir.infra.http.context import Context
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work


def check_move(caller: Caller, shop: Shop, place: Place) -> None:
    """A legacy token is given to other modules, and by them to whoever serves them: it must not
    bring the store, and the new secret, to an address of its holder's.

    Raises: MigrationFailed.
    """
    stays = same_place(place.frontend_url, shop.frontend_url)
    if caller.kind is Access.LEGACY_STORE and not stays:
        raise MigrationFailed(
            reason="with a legacy token a store migrates where it is; with its client's it may move"
        )


async def check(
    context: Context, shop_id: str, place: Place, proof: str
) -> MigrationFailed | StoreCannotBeRequested | None:
    """What is wrong with the announced proof; None when the store holds it.

    Raises: StoreLegacyNotFound, MigrationFailed, when there was nothing to ask.
    """
    try:
        failure = await verification.check(context, shop_id, place, proof)
    except ShopNotFound as gone:
        raise StoreLegacyNotFound from gone
    except IdentityInvalid as wrong:
        raise MigrationFailed(reason=wrong.detail()) from wrong
    except ProofInvalid as wrong:
        raise MigrationFailed(reason=wrong.reason) from wrong
    if isinstance(failure, ProofInvalid):
        return MigrationFailed(reason=failure.reason)
    return failure


def settle(work: Work, shop_id: str, place: Place, since: str, vault: Vault) -> Credentials:
    """The store has shown the proof: it is verified, and gets a secret for its client.

    Each time a new one, for we keep none that could be shown again. The one that the store uses
    stays good until it uses the new one: a store that lost our answer can ask again. `since`: the
    version that it had.

    Raises: ShopNotFound.
    """
    verification.record(work, shop_id, place, None)
    shop = store.take_shop(work.db, shop_id)
    client = store.find_client(work.db, shop.client_id)
    if client is None or client.revoked_at is not None:
        made = add_client(work, shop, vault)
        store.save_shop(work.db, replace(shop, client_id=made.client_id))
    else:
        made = Credentials(client.client_id, make_secret(CLIENT_SECRET, work.ids.entropy()))
        unused = client.previous_until == UNTIL_USED
        store.change_client(
            work.db,
            client.client_id,
            secret_hash=vault.hash(made.client_secret),
            previous_secret_hash=client.previous_secret_hash if unused else client.secret_hash,
            previous_until=UNTIL_USED,
        )
    # The controllers that the key is for are gone in version 8.
    links.forget_key(work.db, shop_id)
    work.audit("store.migrated", shop_id=shop_id, from_version=since, client_id=made.client_id)
    return made
