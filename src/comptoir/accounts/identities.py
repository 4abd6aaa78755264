"""Create a store identity, and the state changes that do not need the store."""

import re
from dataclasses import replace

from comptoir.accounts import store
from comptoir.accounts.errors import IdentityInvalid
from comptoir.accounts.rules import Client, ClientKind, Place, Shop, usable_place
from comptoir.accounts.vendors import Credentials
from comptoir.base.mode import Mode
from comptoir.base.secret import CLIENT_SECRET, make_secret
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work


def check_place(place: Place) -> None:
    """Raises: IdentityInvalid, naming the member and what is wrong with it."""
    check_number(place.multi_shop_id)
    if not usable_place(place.frontend_url):
        raise IdentityInvalid(
            member="frontendUrl", reason="write the store's address, as https://shop.example"
        )
    if place.back_office_url and not usable_place(place.back_office_url):
        raise IdentityInvalid(
            member="backOfficeUrl", reason="write the address of the store's back office"
        )


NUMBER = re.compile(r"[0-9]{0,10}")


def check_number(multi_shop_id: str) -> None:
    """Raises: IdentityInvalid."""
    if not NUMBER.fullmatch(multi_shop_id):
        raise IdentityInvalid(
            member="multiShopId", reason="write the number of the shop in its PrestaShop, as 1"
        )


def create_identity(work: Work, place: Place, vault: Vault) -> tuple[Shop, Credentials]:
    """A new, unverified identity with its own organisation and OAuth client.

    The same store may create several: each is worth nothing until it is verified.

    Raises:
        IdentityInvalid.
    """
    check_place(place)
    secret = make_secret(CLIENT_SECRET, work.ids.entropy())
    shop = Shop(
        shop_id=work.ids.uuid(),
        organisation_id=work.ids.uuid(),
        client_id=f"s_{work.ids.token(16)}",
        name=place.name,
        frontend_url=place.frontend_url,
        back_office_url=place.back_office_url,
        multi_shop_id=place.multi_shop_id,
        verified=False,
        error_code="",
        point_of_contact_uuid=None,
        point_of_contact_email=None,
        prestashop_version="",
        module_version="",
        created_at=work.now_ms,
        updated_at=work.now_ms,
        verified_at=None,
        unverified_at=None,
    )
    client = Client(
        shop.client_id, ClientKind.STORE, shop.shop_id, "", vault.hash(secret), revoked_at=None
    )
    store.add_organisation(work.db, shop.organisation_id, place.name, work.now_ms)
    store.add_client(work.db, client, shop.organisation_id, work.now_ms)
    store.save_shop(work.db, shop)
    work.audit(
        "store.created",
        shop_id=shop.shop_id,
        organisation_id=shop.organisation_id,
        frontend_url=shop.frontend_url,
    )
    return shop, Credentials(client.client_id, secret)


def set_back_office_url(work: Work, shop_id: str, url: str, multi_shop_id: str) -> None:
    """Idempotent: the store repeats the call for up to 30 s (spec/accounts.md §1.3.4).

    Raises:
        ShopNotFound, IdentityInvalid.
    """
    shop = store.take_shop(work.db, shop_id)
    check_number(multi_shop_id)
    if not usable_place(url):
        raise IdentityInvalid(
            member="backOfficeUrl", reason="write the address of the store's back office"
        )
    changed = replace(shop, back_office_url=url, multi_shop_id=multi_shop_id or shop.multi_shop_id)
    if changed != shop:
        store.save_shop(work.db, replace(changed, updated_at=work.now_ms))
        work.audit("store.back_office_url_changed", shop_id=shop_id, back_office_url=url)


def set_mode(work: Work, shop_id: str, mode: Mode) -> Shop:
    """Whose vendors' clients, live or test, see the store from now on. Consents stay as they are.

    Raises:
        ShopNotFound.
    """
    shop = store.take_shop(work.db, shop_id)
    if shop.mode is not mode:
        store.set_mode(work.db, shop_id, mode)
        work.audit("store.mode_changed", shop_id=shop_id, mode=mode.value)
    return replace(shop, mode=mode)
