"""What the module hands to the front end: getContext and init params (spec/accounts.md §5.3)."""

from typing import Any

from comptoir.simulator.accounts import admin_token
from comptoir.simulator.accounts.api import SOURCE
from comptoir.simulator.accounts.client import php_query
from comptoir.simulator.accounts.shop_accounts import Accounts
from comptoir.simulator.accounts.status import DATES, EMPTY, atom

AJAX = "AdminAjaxV2PsAccounts"


def ajax_url(accounts: Accounts, action: str, **params: str) -> str:
    query = {"controller": AJAX, "ajax": "1", "action": action} | params
    return f"{accounts.back_office}/index.php?{php_query(query)}"


def contact_url(accounts: Accounts, source: str = SOURCE) -> str:
    """Opens the sign-in that sets the point of contact."""
    uri = accounts.redirect_uri
    query = {
        "action": "identifyPointOfContact",
        "source": source,
        "shop_id": str(accounts.shop.id),
    }
    return f"{uri}{'&' if '?' in uri else '?'}{php_query(query)}"


async def context(
    shops: list[Accounts], *, source: str = SOURCE, refresh: bool = False
) -> dict[str, object]:
    """Always every group and shop: the filters do not work over HTTP (§2.2)."""
    presented = [await _shop(accounts, source, refresh=refresh) for accounts in shops]
    return {
        "ps_accounts": {
            "last_succeeded_upgrade_version": shops[0].registered_version,
            "module_version_from_files": shops[0].shop.of.version,
        },
        "groups": [{"id": 1, "name": "Default", "shops": presented}],
    }


def init_params(shops: list[Accounts], source: str = SOURCE) -> dict[str, object]:
    """For `psaccountsVue.init`: one shop, or all of them."""
    first, many = shops[0], len(shops) > 1
    return {
        "mode": 4 if many else 1,
        "shopId": None if many else first.shop.id,
        "groupId": None,
        "getContextUrl": ajax_url(first, "getContext"),
        "manageAccountUrl": first.shop.of.world.cloud.accounts_ui_url,
        "token": admin_token.issue(first.shop.of),
        "psxName": source,
    }


async def _shop(accounts: Accounts, source: str, *, refresh: bool) -> dict[str, object]:
    status = await accounts.current_status(refresh=refresh, source=source)
    number = str(accounts.shop.id)
    return {
        "id": accounts.shop.id,
        "name": accounts.shop.name,
        "backOfficeUrl": accounts.back_office,
        "frontendUrl": accounts.front,
        "shopStatus": _status(accounts, status),
        "identifyPointOfContactUrl": contact_url(accounts, source),
        "fallbackCreateIdentityUrl": ajax_url(
            accounts, "fallbackCreateIdentity", shop_id=number, source=source
        ),
        "renewIdentityUrl": ajax_url(accounts, "renewIdentity", shop_id=number, source=source),
        "updateIdentityUrl": ajax_url(accounts, "updateIdentity", shop_id=number, source=source),
    }


def _status(accounts: Accounts, status: dict[str, Any]) -> dict[str, object]:
    """Unknown fields are told on; an unknown shop has our own address and no id."""
    if not status:
        return dict(EMPTY) | {"frontendUrl": accounts.front}
    told: dict[str, Any] = dict(EMPTY) | status
    return told | {name: atom(told[name]) for name in DATES}
