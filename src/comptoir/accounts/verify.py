"""Verify a store: call it back and compare the proof it holds with the one it announced.

The store waits for our answer meanwhile, and fetches our keys to check our token: the call must
end well within its 10 s, and the server keeps serving (spec/accounts.md §1.3.2, §2.1).
"""

import re
from urllib.parse import quote

from comptoir.accounts import callback, store
from comptoir.accounts.errors import ProofInvalid, StoreCannotBeRequested
from comptoir.accounts.events import ShopUnverified, ShopVerified
from comptoir.accounts.identities import check_place
from comptoir.accounts.rules import Place, Shop, not_proven, proven, superseded
from comptoir.base.errors import Problem
from comptoir.infra.http.context import Context
from comptoir.infra.work import Work

PROOF = re.compile(r"[0-9a-f]{64}")


async def check(
    context: Context, shop_id: str, place: Place, announced: str
) -> ProofInvalid | StoreCannotBeRequested | None:
    """What is wrong with the announced proof; None when the store holds it.

    Raises:
        ShopNotFound, IdentityInvalid.
    """
    check_place(place)
    await context.db.read(lambda db: store.load_shop(db, shop_id))
    if not PROOF.fullmatch(announced):
        return ProofInvalid(reason="a proof is 64 lower-case hexadecimal characters")
    try:
        held = await _held_proof(context, shop_id, place)
    except StoreCannotBeRequested as failed:
        return failed
    if held != announced:
        return ProofInvalid(reason="the store at this address holds another proof")
    return None


def record(work: Work, shop_id: str, place: Place, failure: Problem | None) -> None:
    """What follows from the check. Raises: ShopNotFound."""
    shop = store.load_shop(work.db, shop_id)
    now = work.now_ms
    if failure is not None:
        transient = isinstance(failure, StoreCannotBeRequested)
        after = not_proven(shop, place, failure.code, transient=transient, now=now)
        store.save_shop(work.db, after)
        if shop.verified and not after.verified:
            work.emit(ShopUnverified(shop_id, failure.code))
        work.audit("store.verification_failed", shop_id=shop_id, reason=failure.code)
        return
    store.save_shop(work.db, proven(shop, place, now))
    work.emit(ShopVerified(shop_id))
    work.audit("store.verified", shop_id=shop_id, frontend_url=place.frontend_url)
    for other in store.other_verified_shops(work.db, place.frontend_url, shop_id):
        _supersede(work, other)


def _supersede(work: Work, shop: Shop) -> None:
    store.save_shop(work.db, superseded(shop, work.now_ms))
    work.emit(ShopUnverified(shop.shop_id, "store-identity/superseded"))
    work.audit("store.superseded", shop_id=shop.shop_id)


async def _held_proof(context: Context, shop_id: str, place: Place) -> str:
    """The proof that the store at `place` holds. Raises: StoreCannotBeRequested."""
    token = await context.signer.sign_store_call(shop_id, "shop.proof.read")
    url = callback.address(place.frontend_url, "apiV2ShopProof")
    if place.multi_shop_id:
        url += f"&shop_id={quote(place.multi_shop_id, safe='')}"
    headers = {"X-Prestashop-Authorization": f"Bearer {token}"}
    body = callback.read(await callback.ask(context, url, headers))
    proof = body.get("proof") if isinstance(body, dict) else None
    return proof if isinstance(proof, str) else ""
