"""Two databases with one identity: a store was copied, and both copies go on as that store
(spec/accounts.md §4.5).

The copy that moved is asked for its proof anyway. The other one is asked at the same time: each
makes its own proofs, so another one shows that it is another database. The same proof at two
addresses is one store with two names.
"""

import asyncio
from dataclasses import replace

from comptoir.accounts import proofs, store
from comptoir.accounts.errors import StoreCannotBeRequested
from comptoir.accounts.events import ShopCloneFound
from comptoir.accounts.rules import Place, Shop, watched
from comptoir.infra.http.context import Context
from comptoir.infra.work import Work


async def look(context: Context, shop: Shop, place: Place, announced: str) -> str:
    """Where a copy of the store answers that holds another proof than the announced one; empty
    when there is none. It takes no longer than the proof call itself may."""
    urls = watched(shop, place)
    if not urls:
        return ""
    at = [replace(place, frontend_url=url, multi_shop_id=shop.multi_shop_id) for url in urls]
    held = await asyncio.gather(*(_held(context, shop.shop_id, one) for one in at))
    found = (url for url, proof in zip(urls, held, strict=True) if proof not in ("", announced))
    return next(found, "")


async def _held(context: Context, shop_id: str, place: Place) -> str:
    """Its proof; empty when nobody answers there who has this identity."""
    try:
        proof = await proofs.held(context, shop_id, place)
    except StoreCannotBeRequested:
        return ""
    return proof if proofs.PROOF.fullmatch(proof) else ""


def record(work: Work, before: Shop, place: Place, clone_url: str) -> None:
    """What `look` found, of a store that has proved itself at `place`. `before`: as it was."""
    shop_id, here = before.shop_id, place.frontend_url
    if clone_url != before.clone_url:
        shop = store.take_shop(work.db, shop_id)
        store.save_shop(work.db, replace(shop, clone_url=clone_url))
    if not clone_url:
        if before.clone_url:
            work.audit("store.clone_gone", shop_id=shop_id, there=before.clone_url)
    elif (here, clone_url) != (before.frontend_url, before.clone_url):
        work.emit(ShopCloneFound(shop_id, here, clone_url))
        work.audit("store.clone_found", shop_id=shop_id, here=here, there=clone_url)


def renewed(work: Work, shop_id: str, url: str) -> None:
    """The store at this address has proved to be `shop_id`: it is nobody's copy any more."""
    for found in store.shops_cloned_at(work.db, url):
        shop = store.take_shop(work.db, found.shop_id)
        if shop.shop_id != shop_id and shop.clone_url == url:
            store.save_shop(work.db, replace(shop, clone_url=""))
            work.audit("store.clone_gone", shop_id=shop.shop_id, there=url)
