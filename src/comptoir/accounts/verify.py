"""Verify a store: call it back and compare the proof it holds with the one it announced.

The store waits for our answer meanwhile, and fetches our keys to check our token: the call must
end well within its 10 s, and the server keeps serving (spec/accounts.md §1.3.2, §2.1).
"""

import asyncio

from comptoir.accounts import clones, proofs, store
from comptoir.accounts.errors import ProofInvalid, StoreCannotBeRequested
from comptoir.accounts.events import ShopUnverified, ShopVerified
from comptoir.accounts.identities import check_place
from comptoir.accounts.rules import Place, Shop, not_proven, proven, superseded
from comptoir.base.errors import Problem
from comptoir.infra.http.context import Context
from comptoir.infra.work import Work

Failure = ProofInvalid | StoreCannotBeRequested


async def check(context: Context, shop_id: str, place: Place, announced: str) -> Failure | None:
    """What is wrong with the announced proof; None when the store holds it.

    Raises:
        ShopNotFound, IdentityInvalid, ProofInvalid: there was nothing to ask.
    """
    await _known(context, shop_id, place, announced)
    return await _compare(context, shop_id, place, announced)


async def check_and_look(
    context: Context, shop_id: str, place: Place, announced: str
) -> tuple[Failure | None, str]:
    """As `check`; and where a copy of a store that holds it answers, looked for meanwhile.

    Raises:
        ShopNotFound, IdentityInvalid, ProofInvalid: there was nothing to ask.
    """
    shop = await _known(context, shop_id, place, announced)
    looking = asyncio.ensure_future(clones.look(context, shop, place, announced))
    try:
        failure = await _compare(context, shop_id, place, announced)
        return failure, "" if failure else await looking
    finally:
        looking.cancel()


async def _known(context: Context, shop_id: str, place: Place, announced: str) -> Shop:
    check_place(place)
    if not proofs.PROOF.fullmatch(announced):
        raise ProofInvalid(reason="a proof is 64 lower-case hexadecimal characters")
    return await context.db.read(lambda db: store.load_shop(db, shop_id))


async def _compare(context: Context, shop_id: str, place: Place, announced: str) -> Failure | None:
    try:
        held = await proofs.held(context, shop_id, place)
    except StoreCannotBeRequested as failed:
        return failed
    if held != announced:
        return ProofInvalid(reason="the store at this address holds another proof")
    return None


def record(
    work: Work,
    shop_id: str,
    place: Place,
    failure: Problem | None,
    clone_url: str | None = None,
    *,
    began: int | None = None,
) -> None:
    """What follows from the check, which began at that time. `clone_url`: where a copy of the store
    was found; None: nobody has looked. Raises: ShopNotFound."""
    if failure is None:
        store.take_address(work.db, place.frontend_url)
    shop = store.take_shop(work.db, shop_id)
    now = work.now_ms
    if failure is not None:
        transient = isinstance(failure, StoreCannotBeRequested)
        since = now if began is None else began
        after = not_proven(shop, place, failure.code, transient=transient, began=since, now=now)
        store.save_shop(work.db, after)
        if shop.verified and not after.verified:
            work.emit(ShopUnverified(shop_id, failure.code))
        work.audit("store.verification_failed", shop_id=shop_id, reason=failure.code)
        return
    store.save_shop(work.db, proven(shop, place, now))
    work.emit(ShopVerified(shop_id))
    work.audit("store.verified", shop_id=shop_id, frontend_url=place.frontend_url)
    for other in store.other_verified_shops(work.db, place.frontend_url, shop_id):
        _supersede(work, store.take_shop(work.db, other.shop_id), place.frontend_url)
    if clone_url is not None:
        clones.record(work, shop, place, clone_url)
    clones.renewed(work, shop_id, place.frontend_url)


def _supersede(work: Work, shop: Shop, url: str) -> None:
    if not shop.verified or shop.frontend_url != url:
        return  # meanwhile
    store.save_shop(work.db, superseded(shop, work.now_ms))
    work.emit(ShopUnverified(shop.shop_id, "store-identity/superseded"))
    work.audit("store.superseded", shop_id=shop.shop_id)
