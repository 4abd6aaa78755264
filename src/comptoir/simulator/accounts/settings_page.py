"""The module's page in the back office, for one shop after the other (spec/accounts.md §5.4)."""

import html
from typing import Any

from comptoir.simulator.accounts import admin_token, pages
from comptoir.simulator.accounts.context import context
from comptoir.simulator.accounts.phrases import say
from comptoir.simulator.accounts.shop_accounts import Accounts

AGAIN = "?controller=AdminModules&configure=ps_accounts&refresh=1"
VERIFIED = '<span class="verified" role="img" aria-label="check_circle icon">✔</span>'
ADVANCED = "?controller=AdminModules&amp;configure=ps_accounts&amp;advanced=1"


async def settings(shops: list[Accounts], *, refresh: bool) -> str:
    told: Any = await context(shops, refresh=refresh)
    token, code = admin_token.issue(shops[0].shop.of), pages.lang(shops[0])
    parts = [_shop(code, shop, token) for group in told["groups"] for shop in group["shops"]]
    alert = '<p role="alert" data-test="verification-failed-alert" hidden></p>'
    if len(shops) > 1:
        note = say(code, "Each shop has its own account.")
        parts.insert(0, f'<p class="puik-alert puik-alert--info">{note}</p>')
    title = f"<h2>{say(code, 'Store information')}</h2>"
    more = f'<p><a href="{ADVANCED}">{say(code, "Advanced settings")}</a></p>'
    return pages.scripted([title, alert, *parts, more])


def _shop(code: str, shop: dict[str, Any], token: str) -> str:
    status, common = shop["shopStatus"], {"token": token, "again": AGAIN}
    moved = str(status["frontendUrl"] or "").rstrip("/") != shop["frontendUrl"]
    parts = [f"<h3>{html.escape(shop['name'])}</h3><p>{html.escape(shop['frontendUrl'])}</p>"]

    def button(label: str, test: str, call: str, url: str) -> None:
        parts.append(pages.button(say(code, label), test, call, url=url, **common))

    if not status["cloudShopId"]:
        parts.append(f"<p>{say(code, 'not identified')}</p>")
    elif status["isVerified"]:
        parts.append(f"<p>{VERIFIED} {say(code, 'verified')}</p>")
    else:
        parts.append(f"<p>{say(code, 'not verified')}</p>")
    if not (status["cloudShopId"] and status["isVerified"]):
        button("Verify", "verify-button", "act", shop["fallbackCreateIdentityUrl"])
    if status["cloudShopId"] and moved:
        note = say(code, "The address of this store changed.")
        parts.append(f'<p data-test="url-mismatch">{note}</p>')
        button("Confirm the change", "update-button", "act", shop["updateIdentityUrl"])
        button("It is another store", "renew-button", "act", shop["renewIdentityUrl"])
    email = status["pointOfContactEmail"]
    if email:
        shown = f'<span data-test="poc-email">{html.escape(email)}</span>'
        parts.append(f"<p>{say(code, 'Account:')} {shown}</p>")
    if status["isVerified"]:
        label = "Change account" if email else "Sign in"
        button(label, "define-poc-button", "contact", shop["identifyPointOfContactUrl"])
    return f'<section data-shop="{shop["id"]}">{"".join(parts)}</section>'
