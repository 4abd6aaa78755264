"""The proof that a store holds: `ps_accounts` 8 shows it to who has our token (§2.1)."""

import re
from urllib.parse import quote

from comptoir.accounts import callback
from comptoir.accounts.rules import Place
from comptoir.infra.http.context import Context

PROOF = re.compile(r"[0-9a-f]{64}")


async def held(context: Context, shop_id: str, place: Place) -> str:
    """The proof that the store at `place` holds; whatever else it shows is an empty one.

    Raises: StoreCannotBeRequested.
    """
    token = await context.signer.sign_store_call(shop_id, "shop.proof.read")
    url = callback.address(place.frontend_url, "apiV2ShopProof")
    if place.multi_shop_id:
        url += f"&shop_id={quote(place.multi_shop_id, safe='')}"
    headers = {"X-Prestashop-Authorization": f"Bearer {token}"}
    body = callback.read(await callback.ask(context, url, headers))
    proof = body.get("proof") if isinstance(body, dict) else None
    return proof if isinstance(proof, str) else ""
