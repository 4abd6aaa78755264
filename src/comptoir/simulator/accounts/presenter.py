"""`contextPsAccounts`, and the link that hands shops over to the accounts UI (§5.2, §4.8)."""

import base64
from typing import Any

from comptoir.simulator.accounts import store_keys
from comptoir.simulator.accounts.api import SOURCE
from comptoir.simulator.accounts.claims import claims_of
from comptoir.simulator.accounts.client import php_json
from comptoir.simulator.accounts.context import init_params
from comptoir.simulator.accounts.database import Employee
from comptoir.simulator.accounts.installation import Installation
from comptoir.simulator.accounts.legacy_tokens import USER
from comptoir.simulator.accounts.shop_accounts import Accounts

OWNER_UID = "PS_ACCOUNTS_USER_FIREBASE_UUID"
OWNER_EMAIL = "PS_ACCOUNTS_FIREBASE_EMAIL"
EMPLOYEE = "PS_ACCOUNTS_EMPLOYEE_ID"
UNLINKED_AUTO = "PS_ACCOUNTS_SHOP_UNLINKED_AUTO"


async def present(
    shops: list[Accounts], employee: Employee, source: str = SOURCE
) -> dict[str, object]:
    """What pages of third-party modules get as a global."""
    first = shops[0]
    of, cloud = first.shop.of, first.shop.of.world.cloud
    contact = _contact(first)
    told = _installed(of, source) | {
        "user": contact | {"isSuperAdmin": employee.super_admin},
        "backendUser": {
            "email": employee.email,
            "employeeId": employee.id,
            "isSuperAdmin": employee.super_admin,
        },
        "currentShop": shop_object(first, employee, source),
        "isShopContext": not of.multistore,
        "superAdminEmail": next((e.email for e in of.db.employees if e.super_admin), None),
        "onboardingLink": onboarding_link(shops, employee, source),
        "ssoResendVerificationEmail": cloud.sso_resend_verification_email_url or None,
        "manageAccountLink": f"{cloud.sso_account_url}?lang={of.profile.default}",
        "isOnboardedV4": False,
        "shops": [_group(shops, employee, source)],
        "adminAjaxLink": f"{first.back_office}/index.php?controller=AdminAjaxPsAccounts&ajax=1",
        "accountsUiUrl": cloud.accounts_ui_url,
        "dependencies": {
            "ps_eventbus": {
                "isInstalled": True,
                "installLink": None,
                "isEnabled": True,
                "enableLink": None,
            }
        },
    }
    if of.major >= 8:
        told["component_params_init"] = init_params(shops, source)
    return told


def _installed(of: Installation, source: str) -> dict[str, object]:
    return {
        "currentContext": {"type": 4 if of.multistore else 1, "id": None if of.multistore else 1},
        "psxName": source,
        "psIs17": of.profile.since(1, 7),
        "psAccountsVersion": of.version,
        "psAccountsIsInstalled": True,
        "psAccountsInstallLink": None,
        "psAccountsIsEnabled": True,
        "psAccountsEnableLink": None,
        "psAccountsIsUptodate": True,
        "psAccountsUpdateLink": None,
    }


def onboarding_link(shops: list[Accounts], employee: Employee, source: str = SOURCE) -> str:
    """To the accounts UI, with the shops that have no identity yet (§4.8)."""
    unlinked = [shop_object(one, employee, source) for one in shops if one.shop_id is None]
    packed = base64.b64encode(php_json(unlinked)).decode()
    return f"{shops[0].shop.of.world.cloud.accounts_ui_url}?shops={packed}"


def shop_object(accounts: Accounts, employee: Employee, source: str) -> dict[str, object]:
    shop = accounts.shop
    legacy = shop.of.major < 8
    return {
        "id": str(shop.id),
        "name": shop.name,
        "domain": shop.domain,
        "domainSsl": shop.domain if shop.secure else "",
        "physicalUri": shop.physical_uri,
        "virtualUri": shop.virtual_uri,
        "frontUrl": f"{shop.front}/",
        "uuid": accounts.shop_id,
        "publicKey": store_keys.public_key(shop) if legacy else "[deprecated]",
        "employeeId": shop.get(EMPLOYEE) if legacy and shop.get(EMPLOYEE) else str(employee.id),
        "user": _contact(accounts),
        "url": f"{accounts.back_office}/index.php?controller=AdminModules&configure={source}",
        "isLinkedV4": False,
        "unlinkedAuto": legacy and shop.get(UNLINKED_AUTO) == "1",
        "multishop": shop.of.multistore,
        "moduleName": source,
        "psVersion": shop.of.profile.version,
        "moduleVersion": shop.of.version,
    }


def _contact(accounts: Accounts) -> dict[str, Any]:
    shop = accounts.shop
    if shop.of.major < 8:
        uuid, email = shop.get(OWNER_UID) or None, shop.get(OWNER_EMAIL) or None
    else:
        uuid = accounts.status.get("pointOfContactUuid")
        email = accounts.status.get("pointOfContactEmail")
    confirmed = bool(claims_of(shop.get(USER)).get("email_verified"))
    return {"uuid": uuid, "email": email, "emailIsValidated": confirmed}


def _group(shops: list[Accounts], employee: Employee, source: str) -> dict[str, object]:
    of = shops[0].shop.of
    return {
        "id": "1",
        "name": "Default",
        "multishop": of.multistore,
        "moduleName": source,
        "psVersion": of.profile.version,
        "shops": [shop_object(one, employee, source) for one in shops],
    }
