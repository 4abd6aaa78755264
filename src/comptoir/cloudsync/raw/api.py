"""GET /raw/v1/{shopId}/…: what merchants let a tech vendor read (spec/rawapi.md §4 to §7).

All that one answer needs is read in one transaction: the store, the consent, the rows and their
number belong to the same instant.
"""

from urllib.parse import quote

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from comptoir.accounts import ShopNotFound, StoreOfOtherMode, consented_contents, load_shop_of
from comptoir.cloudsync.raw import documents, filters, query
from comptoir.cloudsync.raw.cursors import cursors
from comptoir.cloudsync.raw.errors import (
    ConsentMissing,
    NothingShared,
    ParameterInvalid,
    ParameterRepeated,
    ParameterUnknown,
    RowNotFound,
    ShopNotSynced,
)
from comptoir.cloudsync.raw.filters import Listing
from comptoir.cloudsync.raw.render import renderer
from comptoir.infra.http import conditional
from comptoir.infra.http.auth import Access, Caller
from comptoir.infra.http.context import Context, base_of
from comptoir.infra.http.endpoint import Endpoint, Handler
from comptoir.infra.vault import Vault
from comptoir.prestashop.catalogue import Content, catalogue

ACCESS = (ShopNotFound, StoreOfOtherMode, NothingShared, ConsentMissing)
PARAMETERS = (ParameterInvalid, ParameterUnknown, ParameterRepeated)
_encoder = msgspec.json.Encoder()


def check_access(db: sa.Connection, shop_id: str, caller: Caller, content: Content) -> bool:
    """Whether rows joined from orders may show: orders are consented to by themselves.

    Raises:
        ShopNotFound, StoreOfOtherMode, NothingShared, ConsentMissing.
    """
    vendor = caller.vendor
    if "\0" in shop_id:
        raise ShopNotFound(shop_id=shop_id)
    load_shop_of(db, shop_id, caller.mode)
    consented = consented_contents(db, shop_id, vendor)
    if not consented:
        raise NothingShared(vendor=vendor)
    if content.name not in consented:
        raise ConsentMissing(content=content.name, vendor=vendor)
    return content.name == "order_status_history" and "orders" in consented


def list_rows(
    db: sa.Connection,
    content: Content,
    shop_id: str,
    caller: Caller,
    asked: bytes,
    base: str,
    vault: Vault,
) -> bytes:
    """A page of the collection, in its envelope (spec/rawapi.md §4.3), as JSON.

    Raises:
        What `check_access` and `filters.read` refuse.
    """
    with_orders = check_access(db, shop_id, caller, content)
    engine = db.dialect.name
    wanted = filters.read(content, asked, engine, with_orders=with_orders)
    places = cursors(vault, engine, content, shop_id, wanted, with_orders=with_orders)
    after = places.read(wanted.cursor) if wanted.cursor else None
    total, found = query.page(db, content, shop_id, wanted, with_orders=with_orders, after=after)
    following = ""
    if len(found) > wanted.limit:
        found = found[: wanted.limit]
        last = str(found[-1][0])
        following = places.write(
            query.place(db, content, shop_id, wanted, last, with_orders=with_orders)
        )
    where = f"{base}/raw/v1/{quote(shop_id, safe='')}/{content.path}"
    page = {"offset": wanted.offset, "limit": wanted.limit, "nextCursor": following}
    shown = renderer(content, with_orders=with_orders, chosen=wanted.chosen)
    return _encoder.encode(
        {
            "kind": content.path,
            "total": total,
            "pagination": page,
            "links": links(where, wanted, total, following),
            "items": shown.rows(found),
        }
    )


def links(where: str, wanted: Listing, total: int, following: str) -> dict[str, str]:
    """The other pages; the empty text where there is no such page, or no cursor leads to it."""
    last = max(total - 1, 0) // wanted.limit * wanted.limit
    start = f"{where}?{wanted.kept}&" if wanted.kept else f"{where}?"
    start += f"limit={wanted.limit}&"
    if wanted.cursor is not None:
        return {
            "first": f"{start}cursor=" if total else "",
            "last": "",
            "prev": "",
            "next": f"{start}cursor={following}" if following else "",
        }

    def at(offset: int) -> str:
        return f"{start}offset={offset}"

    before = min(max(wanted.offset - wanted.limit, 0), last)
    return {
        "first": at(0) if total else "",
        "last": at(last) if total else "",
        "prev": at(before) if total and wanted.offset else "",
        "next": at(wanted.offset + wanted.limit) if wanted.offset + wanted.limit < total else "",
    }


def one_row(
    db: sa.Connection, content: Content, shop_id: str, caller: Caller, asked: bytes, identifier: str
) -> bytes:
    """One row in its envelope (spec/rawapi.md §4.4), as JSON.

    Raises:
        What `check_access` and `filters.chosen_fields` refuse; RowNotFound, ShopNotSynced.
    """
    with_orders = check_access(db, shop_id, caller, content)
    chosen = filters.chosen_fields(content, asked)
    found = query.one(db, content, shop_id, identifier, with_orders=with_orders, chosen=chosen)
    if not found:
        if content.singleton:
            raise ShopNotSynced
        raise RowNotFound(content=content.path, id=identifier)
    (item,) = renderer(content, with_orders=with_orders, chosen=chosen).rows(found)
    return _encoder.encode({"kind": content.path, "item": item})


def _reader(caller: Caller | None) -> Caller:
    assert caller is not None, "the endpoint's access is VENDOR"
    return caller


def _list_handler(content: Content) -> Handler:
    async def answer(request: Request, context: Context, caller: Caller | None) -> Response:
        shop_id, reader = request.path_params["shop_id"], _reader(caller)
        asked, base = request.scope["query_string"], base_of(request)
        body = await context.db.read(
            lambda db: list_rows(db, content, shop_id, reader, asked, base, context.vault)
        )
        return conditional.answer(request, body)

    return answer


def _item_handler(content: Content) -> Handler:
    async def answer(request: Request, context: Context, caller: Caller | None) -> Response:
        shop_id, reader = request.path_params["shop_id"], _reader(caller)
        identifier = request.path_params.get("id", SINGLE)
        asked = request.scope["query_string"]
        body = await context.db.read(
            lambda db: one_row(db, content, shop_id, reader, asked, identifier)
        )
        return conditional.answer(request, body)

    return answer


SINGLE = "1"
"""The id of a singleton's row (`prestashop.records`)."""


def _list_endpoint(content: Content) -> Endpoint:
    return Endpoint(
        "GET",
        f"/raw/v1/{{shop_id}}/{content.path}",
        _list_handler(content),
        Access.VENDOR,
        "raw",
        f"List {documents.words(content)}",
        about=documents.about_list(content),
        params=documents.list_params(content),
        answers={200: documents.list_schema(content), 304: conditional.SAME},
        answer_headers=documents.HEADERS,
        answer_example=documents.list_example(content),
        errors=(*ACCESS, *PARAMETERS),
        name=f"list{documents.pascal(content)}",
    )


def _item_endpoint(content: Content) -> Endpoint:
    path = f"/raw/v1/{{shop_id}}/{content.path}"
    single = content.singleton
    return Endpoint(
        "GET",
        path if single else path + "/{id}",
        _item_handler(content),
        Access.VENDOR,
        "raw",
        "The store itself" if single else f"One row of {documents.words(content)}",
        about=documents.about_item(content),
        params=documents.item_params(content),
        answers={200: documents.item_schema(content), 304: conditional.SAME},
        answer_headers=documents.HEADERS,
        answer_example=documents.item_example(content),
        errors=(*ACCESS, ShopNotSynced if single else RowNotFound, *PARAMETERS),
        name=f"get{documents.pascal(content)}{'' if single else 'Item'}",
    )


def _endpoints() -> list[Endpoint]:
    found = []
    for content in catalogue().values():
        if not content.singleton:
            found.append(_list_endpoint(content))
        found.append(_item_endpoint(content))
    return found


ENDPOINTS = _endpoints()
