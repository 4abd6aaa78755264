"""The Accounts API that `ps_accounts` 8 calls (spec/accounts.md §1.3), and consents."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from comptoir.accounts import consents, contact, identities, schemas, store
from comptoir.accounts import verify as verification
from comptoir.accounts.callers import SHOP, note_versions
from comptoir.accounts.callers import of_store as _of_store
from comptoir.accounts.errors import (
    ContactTokenInvalid,
    ContentsUnknown,
    IdentityInvalid,
    ModuleNotFound,
    ProofInvalid,
    ShopNotFound,
    StoreCannotBeRequested,
    TokenNotAccepted,
)
from comptoir.accounts.legacy import holder
from comptoir.accounts.pages.owner_notice import tell_owner_before
from comptoir.base.instant import to_ms
from comptoir.infra.http.auth import Access, Caller
from comptoir.infra.http.context import Context, request_id
from comptoir.infra.http.endpoint import Endpoint, Param, json_response, read_body, read_json
from comptoir.infra.http.idempotency import once
from comptoir.infra.http.problems import respond
from comptoir.infra.work import Work

MODULE = Param("module", "path", about="Technical name of the module")


async def create(request: Request, context: Context, _: Caller | None) -> Response:
    described = await read_json(request, schemas.Described)

    def unit(work: Work) -> Response:
        shop, made = identities.create_identity(work, described.place(), context.vault)
        identity = schemas.Identity(shop.shop_id, made.client_id, made.client_secret)
        return json_response(identity, 201, cache_control="no-store")

    return await once(request, context, unit, actor="anyone")


async def verify(request: Request, context: Context, caller: Caller | None) -> Response:
    shop_id = _of_store(request, context, caller)
    announced = await read_json(request, schemas.ProofAnnounced)
    place, began = announced.place(), to_ms(context.clock.now())
    failure, clone_url = await verification.check_and_look(context, shop_id, place, announced.proof)

    def unit(work: Work) -> Response:
        verification.record(work, shop_id, place, failure, clone_url, began=began)
        if failure is not None:
            return respond(request.url.path, failure)
        note_versions(work, shop_id, request)
        return Response(status_code=204)

    answer = await once(request, context, unit, actor=f"store:{shop_id}")
    context.wake()
    return answer


async def status(request: Request, context: Context, caller: Caller | None) -> Response:
    shop_id = _of_store(request, context, caller)
    shop = await context.db.read(lambda db: store.load_shop(db, shop_id))
    return json_response(schemas.Status.of(shop))


async def back_office_url(request: Request, context: Context, caller: Caller | None) -> Response:
    shop_id = _of_store(request, context, caller)
    wanted = await read_json(request, schemas.BackOffice)
    url = wanted.back_office_url.strip().rstrip("/")
    number = "" if wanted.multi_shop_id is None else str(wanted.multi_shop_id)
    await context.db.write(
        lambda work: identities.set_back_office_url(work, shop_id, url, number),
        actor=f"store:{shop_id}",
        request_id=request_id(request),
    )
    return Response(status_code=204)


async def point_of_contact(request: Request, context: Context, caller: Caller | None) -> Response:
    shop_id = _of_store(request, context, caller)
    wanted = await read_json(request, schemas.ContactWanted)
    person = await contact.read_contact(context, shop_id, wanted.point_of_contact_jwt)
    tell = partial(tell_owner_before, base=context.settings.base)

    def unit(work: Work) -> Response:
        contact.set_contact(work, shop_id, person.user_id, tell)
        return Response(status_code=204)

    answer = await once(request, context, unit, actor=f"store:{shop_id}")
    context.wake()
    return answer


async def verify_token(request: Request, context: Context, _: Caller | None) -> Response:
    wanted = await read_json(request, schemas.TokenToVerify)
    await holder(context, wanted.token)
    return json_response(schemas.Healthy())


async def healthcheck(_: Request, context: Context, __: Caller | None) -> Response:
    await context.db.read(lambda db: db.exec_driver_sql("SELECT 1"))
    return json_response(schemas.Healthy())


async def _consent(context: Context, shop_id: str, module: str) -> Response:
    asked, granted = await context.db.read(lambda db: consents.state(db, shop_id, module))
    return json_response(schemas.consent_state(shop_id, asked, granted))


async def read_consent(request: Request, context: Context, caller: Caller | None) -> Response:
    return await _consent(
        context, _of_store(request, context, caller), request.path_params["module"]
    )


async def grant_consent(request: Request, context: Context, caller: Caller | None) -> Response:
    shop_id, module = _of_store(request, context, caller), str(request.path_params["module"])
    body = (await read_body(request)).strip()
    contents = schemas.read_consent(body).shop_contents if body else None
    await context.db.write(
        lambda work: consents.grant(work, shop_id, module, contents),
        actor=f"store:{shop_id}",
        request_id=request_id(request),
    )
    context.wake()
    return await _consent(context, shop_id, module)


async def withdraw_consent(request: Request, context: Context, caller: Caller | None) -> Response:
    shop_id, module = _of_store(request, context, caller), str(request.path_params["module"])
    await context.db.write(
        lambda work: consents.withdraw(work, shop_id, module),
        actor=f"store:{shop_id}",
        request_id=request_id(request),
    )
    context.wake()
    return await _consent(context, shop_id, module)


IDENTITIES = "/accounts/v1/shop-identities"
CONSENT = "/accounts/v1/shops/{shop_id}/consents/{module}"
DESCRIBED = {
    "frontendUrl": "https://shop.example",
    "backOfficeUrl": "https://shop.example/admin-dev",
    "multiShopId": 1,
    "name": "Demo shop",
}


ENDPOINTS = [
    Endpoint(
        "POST",
        IDENTITIES,
        create,
        Access.ANYONE,
        "accounts",
        "Create a store identity",
        about="Limited per address. The client secret is shown once.",
        body=schemas.Described,
        body_example=DESCRIBED,
        answers={201: schemas.Identity},
        errors=(IdentityInvalid,),
        name="createShopIdentity",
        limit="identity",
        tag="store identities",
    ),
    Endpoint(
        "POST",
        IDENTITIES + "/{shop_id}/verify",
        verify,
        Access.STORE,
        "accounts",
        "Prove that the store holds its address",
        about=(
            "Calls the store back (controller apiV2ShopProof) before it answers."
            " Limited per store and per address."
        ),
        params=(SHOP,),
        body=schemas.ProofAnnounced,
        body_example={**DESCRIBED, "proof": "0" * 64},
        answers={204: "The store is verified."},
        errors=(ProofInvalid, StoreCannotBeRequested, IdentityInvalid, ShopNotFound),
        name="verifyShopIdentity",
        limit="verify",
        tag="store identities",
    ),
    Endpoint(
        "GET",
        IDENTITIES + "/{shop_id}/status",
        status,
        Access.STORE,
        "accounts",
        "State of a store identity",
        params=(SHOP,),
        answers={200: schemas.Status},
        errors=(ShopNotFound,),
        name="getShopIdentityStatus",
        tag="store identities",
    ),
    Endpoint(
        "PUT",
        IDENTITIES + "/{shop_id}/back-office-url",
        back_office_url,
        Access.STORE,
        "accounts",
        "Tell where the back office is",
        params=(SHOP,),
        body=schemas.BackOffice,
        body_example={"backOfficeUrl": "https://shop.example/admin-dev", "multiShopId": 1},
        answers={204: "Noted."},
        errors=(ShopNotFound, IdentityInvalid),
        name="setBackOfficeUrl",
        tag="store identities",
    ),
    Endpoint(
        "POST",
        IDENTITIES + "/{shop_id}/point-of-contact",
        point_of_contact,
        Access.STORE,
        "accounts",
        "Say who the store's point of contact is",
        about=(
            "The person has signed in to the store: `pointOfContactJWT` is the access token that"
            " the store's client got for them. The store belongs to their organisation then."
        ),
        params=(SHOP,),
        body=schemas.ContactWanted,
        body_example={"pointOfContactJWT": "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"},
        answers={204: "Noted."},
        errors=(ShopNotFound, ContactTokenInvalid),
        name="setPointOfContact",
        tag="store identities",
    ),
    Endpoint(
        "POST",
        "/accounts/v1/shop/token/verify",
        verify_token,
        Access.ANYONE,
        "accounts",
        "Whether a token is valid",
        about="An access token, or a legacy one.",
        body=schemas.TokenToVerify,
        body_example={"token": "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"},
        answers={200: schemas.Healthy},
        errors=(TokenNotAccepted,),
        takes_no_key="it changes nothing, and a kept answer would call an expired token valid",
        name="verifyShopToken",
        tag="token check",
    ),
    Endpoint(
        "GET",
        "/accounts/healthcheck",
        healthcheck,
        Access.ANYONE,
        "accounts",
        "Whether the API can serve",
        answers={200: schemas.Healthy},
        name="getAccountsHealth",
        tag="health",
    ),
    Endpoint(
        "GET",
        CONSENT,
        read_consent,
        summary="What the store lets a module read",
        answers={200: schemas.ConsentState},
        errors=(ShopNotFound, ModuleNotFound),
        name="getConsent",
        tag="consents",
        access=Access.STORE,
        api="accounts",
        params=(SHOP, MODULE),
    ),
    Endpoint(
        "PUT",
        CONSENT,
        grant_consent,
        summary="Let a module read the store's data",
        about=(
            "Without contents: everything the module asks for. With them: these and no"
            " others, so that a shorter list withdraws the rest; info, modules and themes are"
            " always shared."
        ),
        body=schemas.ConsentWanted,
        body_example={"shopContents": ["orders", "order-details"]},
        answers={200: schemas.ConsentState},
        errors=(ShopNotFound, ModuleNotFound, ContentsUnknown),
        name="grantConsent",
        tag="consents",
        access=Access.STORE,
        api="accounts",
        params=(SHOP, MODULE),
    ),
    Endpoint(
        "DELETE",
        CONSENT,
        withdraw_consent,
        summary="End the consent to a module",
        answers={200: schemas.ConsentState},
        errors=(ShopNotFound, ModuleNotFound),
        name="withdrawConsent",
        tag="consents",
        access=Access.STORE,
        api="accounts",
        params=(SHOP, MODULE),
    ),
]
