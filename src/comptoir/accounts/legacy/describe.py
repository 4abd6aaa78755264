"""What a store with `ps_accounts` 5 to 7 says of itself after it was linked."""

from dataclasses import replace

from comptoir.accounts import identities, store
from comptoir.accounts import verify as verification
from comptoir.accounts.errors import IdentityInvalid
from comptoir.accounts.legacy import calls
from comptoir.accounts.legacy import store as links
from comptoir.accounts.legacy.link import key_of
from comptoir.accounts.legacy.rules import same_place
from comptoir.accounts.rules import Place, Shop
from comptoir.infra.http.context import Context
from comptoir.infra.work import Work


async def check(context: Context, shop: Shop, place: Place) -> bool:
    """Whether the store has moved; at its new address it must hold the key that it was linked with.

    Raises: IdentityInvalid, StoreCannotBeRequested, DomainDiffers.
    """
    identities.check_place(place)
    if same_place(place.frontend_url, shop.frontend_url):
        return False
    link = await context.db.read(lambda db: links.link_of(db, shop.shop_id))
    key = key_of(context.vault, shop.shop_id, link)
    if not key:
        raise IdentityInvalid(
            member="domain", reason="this store proves a new address by POST …/verify"
        )
    await calls.check_address(context, place, key)
    return True


def record(work: Work, shop_id: str, place: Place, *, moved: bool) -> None:
    """Raises: ShopNotFound."""
    if moved:
        verification.record(work, shop_id, place, None)
        return
    shop = store.take_shop(work.db, shop_id)
    changed = replace(
        shop,
        name=place.name or shop.name,
        back_office_url=place.back_office_url or shop.back_office_url,
    )
    if changed != shop:
        store.save_shop(work.db, replace(changed, updated_at=work.now_ms))
        work.audit("store.described", shop_id=shop_id, name=changed.name)


def upgraded(work: Work, shop_id: str, version: str) -> None:
    """The version of `ps_accounts` that the store has now."""
    store.set_versions(work.db, shop_id, "", version)
    work.audit("store.module_updated", shop_id=shop_id, version=version)
