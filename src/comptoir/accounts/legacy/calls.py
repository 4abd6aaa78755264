"""Calls to the front controllers of `ps_accounts` 5 to 7 (spec/accounts.md §2.4)."""

import asyncio
from collections.abc import Mapping

from comptoir.accounts import callback
from comptoir.accounts.errors import StoreCannotBeRequested
from comptoir.accounts.legacy.errors import DomainDiffers, LinkRefused
from comptoir.accounts.legacy.rules import host_of, shop_number, signed
from comptoir.accounts.rules import Place
from comptoir.infra.http.context import Context
from comptoir.infra.http.outbound import CallFailed
from comptoir.infra.log import logger

HEADER = "X-PrestaShop-Signature"
LINK, CLIENT = "apiV1ShopLinkAccount", "apiV1ShopOauth2Client"
log = logger("accounts")


async def check_address(context: Context, place: Place, key: str) -> None:
    """That the store which holds the key answers at `place`, and says so.

    Raises: StoreCannotBeRequested, DomainDiffers.
    """
    url = callback.address(place.frontend_url, "apiV1ShopUrl")
    headers = {HEADER: signed({"shop_id": shop_number(place.multi_shop_id)}, key)}
    said = callback.read(await callback.ask(context, url, headers))
    if not isinstance(said, dict):
        raise StoreCannotBeRequested(reason="the store did not answer with a JSON object")
    domains = [str(said.get(name) or "").lower() for name in ("domain", "domain_ssl")]
    wanted = host_of(place.frontend_url)
    if wanted not in domains:
        raise DomainDiffers(wanted=wanted, said=domains[0][:250])


async def tell(
    context: Context, place: Place, key: str, method: str, controller: str, **said: object
) -> None:
    """Raises: LinkRefused, for any answer but 2xx."""
    payload: Mapping[str, object] = {"shop_id": shop_number(place.multi_shop_id), **said}
    url = callback.address(place.frontend_url, controller)
    headers = {HEADER: signed(payload, key), "Accept": "application/json"}
    try:
        answer = await context.outbound.send(
            method, url, timeout=context.settings.verify_timeout, headers=headers
        )
    except CallFailed as failed:
        raise LinkRefused(step=controller, reason=failed.explanation) from failed
    if not 200 <= answer.status < 300:
        raise LinkRefused(
            step=controller,
            reason=f"Request failed with status code {answer.status}",
            response=callback.shown(answer),
        )


async def tell_unlinked(context: Context, shop_id: str, place: Place, key: str) -> None:
    """As far as the store answers: what it does not hear of, it finds out by its tokens. Both calls
    at once: the store itself may wait for us meanwhile, for 10 s (§1.1)."""

    async def one(controller: str) -> None:
        try:
            await tell(context, place, key, "DELETE", controller)
        except LinkRefused as refused:
            log.info("store_not_told", shop_id=shop_id, step=controller, reason=refused.reason)

    await asyncio.gather(one(CLIENT), one(LINK))
