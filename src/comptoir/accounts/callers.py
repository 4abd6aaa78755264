"""Whom a store's request is about, and what it says of itself in its headers."""

from starlette.requests import Request

from comptoir.accounts import store
from comptoir.infra.http.auth import Caller, ForeignStore, require_audience, require_store
from comptoir.infra.http.context import Context
from comptoir.infra.http.endpoint import Param
from comptoir.infra.work import Work

SHOP = Param("shop_id", "path", about="The store's cloudShopId")


def of_store(request: Request, context: Context, caller: Caller | None) -> str:
    """The store in the path, when the token names it and this API (spec/accounts.md §6.1).

    Raises: ForeignStore, TokenInvalid.
    """
    shop_id = str(request.path_params["shop_id"])
    if caller is None:
        raise ForeignStore
    require_store(caller, shop_id)
    require_audience(caller, context.settings.base, context.settings.host_aliases)
    return shop_id


def note_versions(work: Work, shop_id: str, request: Request) -> None:
    store.set_versions(
        work.db,
        shop_id,
        request.headers.get("x-prestashop-version", "")[:32],
        request.headers.get("x-module-version", "")[:32],
    )
