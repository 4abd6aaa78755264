"""What stores with `ps_accounts` 5 to 7 call, and what version 8 still calls of it
(spec/accounts.md §1.3.6 to §1.3.8, §1.6)."""

from starlette.requests import Request
from starlette.responses import Response

from comptoir.accounts import verify as verification
from comptoir.accounts.callers import note_versions, of_store
from comptoir.accounts.legacy import describe, migrate, tokens
from comptoir.accounts.legacy import link as linking
from comptoir.accounts.legacy import schemas as bodies
from comptoir.accounts.legacy.errors import NotLinked, StoreLegacyNotFound
from comptoir.accounts.legacy.rules import SHOP, USER
from comptoir.accounts.rules import Shop
from comptoir.accounts.schemas import Identity, TokenToVerify
from comptoir.base.instant import to_ms
from comptoir.infra.http.auth import Access, Caller, ForeignStore, TokenInvalid
from comptoir.infra.http.context import Context, request_id
from comptoir.infra.http.endpoint import json_response, read_json
from comptoir.infra.http.idempotency import once
from comptoir.infra.http.problems import respond
from comptoir.infra.work import Work

NOT_KEPT = "no-store"


async def _named(request: Request, context: Context, caller: Caller | None) -> Shop:
    """The store in the path or, where there is none, in the token; the header names no other.

    Raises: ForeignStore, TokenInvalid, StoreLegacyNotFound.
    """
    if caller is None:
        raise ForeignStore
    if request.headers.get("x-shop-id") not in (None, "", caller.shop_id):
        raise ForeignStore
    shop_id = str(request.path_params.get("shop_id", caller.shop_id))
    return await tokens.the_store(context, caller, shop_id)


async def _owned(request: Request, context: Context, caller: Caller | None) -> Shop:
    """The store in the path, whose owner is in the path and calls.

    Raises: ForeignStore, NotLinked, StoreLegacyNotFound.
    """
    owner = str(request.path_params["owner_uid"])
    try:
        shop = await _named(request, context, caller)
    except TokenInvalid as ended:
        raise NotLinked from ended
    if caller is None or caller.user_id != owner:
        raise ForeignStore
    if shop.point_of_contact_uuid != owner:
        raise NotLinked
    return shop


async def move_to_v8(request: Request, context: Context, caller: Caller | None) -> Response:
    shop = await _named(request, context, caller)
    assert caller is not None
    shop_id = shop.shop_id
    wanted = await read_json(request, bodies.Migration)
    place, began = wanted.place(), to_ms(context.clock.now())
    migrate.check_move(caller, shop, place)
    failure = await migrate.check(context, shop_id, place, wanted.proof)
    since, path = str(wanted.from_version or 0)[:32], request.url.path

    def unit(work: Work) -> Response:
        if failure is not None:
            # A legacy token is in other modules' hands, too: it proves, and disproves nothing.
            if caller.kind is not Access.LEGACY_STORE:
                verification.record(work, shop_id, place, failure, began=began)
            return respond(path, failure)
        if tokens.check(work.db, caller) is None:  # it took a while: is the link still in force?
            raise StoreLegacyNotFound
        made = migrate.settle(work, shop_id, place, since, context.vault)
        note_versions(work, shop_id, request)
        identity = Identity(shop_id, made.client_id, made.client_secret)
        return json_response(identity, cache_control=NOT_KEPT)

    answer = await context.db.write(unit, actor=f"store:{shop_id}", request_id=request_id(request))
    context.wake()
    return answer


async def legacy_tokens(request: Request, context: Context, caller: Caller | None) -> Response:
    own, owner = await tokens.of_store(context, of_store(request, context, caller))
    found = bodies.StoreTokens(bodies.Tokens.of(own), bodies.Tokens.of(owner) if owner else None)
    return json_response(found, cache_control=NOT_KEPT)


async def v7_tokens(request: Request, context: Context, caller: Caller | None) -> Response:
    shop = await _named(request, context, caller)
    own, owner = await tokens.of_store(context, shop.shop_id)
    owner = owner or tokens.Pair("", "")
    found = bodies.V7Tokens(own.token, own.refresh_token, owner.token, owner.refresh_token)
    return json_response(found, cache_control=NOT_KEPT)


async def refresh_shop(request: Request, context: Context, _: Caller | None) -> Response:
    wanted = await read_json(request, TokenToVerify)
    named = request.headers.get("x-shop-id")
    made = await tokens.renew(context, wanted.token, SHOP, named)
    found = bodies.Refreshed(made.token, made.refresh_token, made.token)
    return json_response(found, cache_control=NOT_KEPT)


async def refresh_user(request: Request, context: Context, _: Caller | None) -> Response:
    wanted = await read_json(request, TokenToVerify)
    made = await tokens.renew(context, wanted.token, USER, None)
    found = bodies.UserRefreshed(made.token, made.refresh_token, made.token)
    return json_response(found, cache_control=NOT_KEPT)


async def verify_token(request: Request, context: Context, _: Caller | None) -> Response:
    wanted = await read_json(request, TokenToVerify)
    await tokens.holder(context, wanted.token)
    return json_response(bodies.Done())


async def end_link(request: Request, context: Context, caller: Caller | None) -> Response:
    shop = await _owned(request, context, caller)
    assert caller is not None
    await linking.unlink(context, shop.shop_id, actor=caller.actor, request_id=request_id(request))
    return json_response(bodies.Done())


async def update(request: Request, context: Context, caller: Caller | None) -> Response:
    shop = await _owned(request, context, caller)
    return await _described(request, context, caller, shop)


async def reonboard(request: Request, context: Context, caller: Caller | None) -> Response:
    shop = await _named(request, context, caller)
    return await _described(request, context, caller, shop)


async def _described(
    request: Request, context: Context, caller: Caller | None, shop: Shop
) -> Response:
    assert caller is not None
    place = (await read_json(request, bodies.Described)).place(shop)
    moved = await describe.check(context, shop, place)

    def unit(work: Work) -> Response:
        if (
            tokens.check(work.db, caller) is None
        ):  # the store was asked: is the link still in force?
            raise StoreLegacyNotFound
        describe.record(work, shop.shop_id, place, moved=moved)
        note_versions(work, shop.shop_id, request)
        return json_response(bodies.Done())

    answer = await once(request, context, unit, actor=caller.actor)
    context.wake()
    return answer


async def module_updated(request: Request, context: Context, caller: Caller | None) -> Response:
    shop = await _named(request, context, caller)
    version = (await read_json(request, bodies.ModuleUpdated)).version.strip()[:32]

    def unit(work: Work) -> Response:
        describe.upgraded(work, shop.shop_id, version)
        return json_response(bodies.Done())

    return await once(request, context, unit, actor=f"store:{shop.shop_id}")


async def invitations(_: Request, __: Context, ___: Caller | None) -> Response:
    return json_response(bodies.Invitations([]))
