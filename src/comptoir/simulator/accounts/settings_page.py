"""The module's page in the back office, for one shop after the other (spec/accounts.md §5.4)."""

import html
from typing import Any

from comptoir.simulator.accounts import admin_token, pages
from comptoir.simulator.accounts.context import context
from comptoir.simulator.accounts.shop_accounts import Accounts

AGAIN = "?controller=AdminModules&configure=ps_accounts&refresh=1"
VERIFIED = '<span role="img" aria-label="check_circle icon">✔</span> verified'


async def settings(shops: list[Accounts], *, refresh: bool) -> str:
    told: Any = await context(shops, refresh=refresh)
    token = admin_token.issue(shops[0].shop.of)
    parts = [_shop(shop, token) for group in told["groups"] for shop in group["shops"]]
    alert = '<p role="alert" data-test="verification-failed-alert" hidden></p>'
    if len(shops) > 1:
        note = '<p class="puik-alert puik-alert--info">Each shop has its own account.</p>'
        parts.insert(0, note)
    return pages.scripted(["<h2>Store information</h2>", alert, *parts])


def _shop(shop: dict[str, Any], token: str) -> str:
    status, common = shop["shopStatus"], {"token": token, "again": AGAIN}
    moved = str(status["frontendUrl"] or "").rstrip("/") != shop["frontendUrl"]
    parts = [f"<h3>{html.escape(shop['name'])}</h3><p>{html.escape(shop['frontendUrl'])}</p>"]
    if not status["cloudShopId"]:
        parts.append("<p>not identified</p>")
    elif status["isVerified"]:
        parts.append(f"<p>{VERIFIED}</p>")
    else:
        parts.append("<p>not verified</p>")
    if not (status["cloudShopId"] and status["isVerified"]):
        url = shop["fallbackCreateIdentityUrl"]
        parts.append(pages.button("Verify", "verify-button", "act", url=url, **common))
    if status["cloudShopId"] and moved:
        parts.append('<p data-test="url-mismatch">The address of this store changed.</p>')
        url = shop["updateIdentityUrl"]
        parts.append(pages.button("Confirm the change", "update-button", "act", url=url, **common))
        url = shop["renewIdentityUrl"]
        parts.append(pages.button("It is another store", "renew-button", "act", url=url, **common))
    email = status["pointOfContactEmail"]
    if email:
        shown = html.escape(email)
        parts.append(f'<p>Account: <span data-test="poc-email">{shown}</span></p>')
    if status["isVerified"]:
        label = "Change account" if email else "Sign in"
        url = shop["identifyPointOfContactUrl"]
        parts.append(pages.button(label, "define-poc-button", "contact", url=url, **common))
    return f'<section data-shop="{shop["id"]}">{"".join(parts)}</section>'
