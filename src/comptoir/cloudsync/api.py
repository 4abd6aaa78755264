"""What agents call (spec/eventbus.md §1), and what vendors ask of syncs (rawapi.md §9, §10)."""

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from comptoir.accounts import (
    Shop,
    ShopNotFound,
    StoreOfOtherMode,
    calling_store,
    consented_contents,
    load_shop_of,
)
from comptoir.base.mode import Mode
from comptoir.cloudsync import collect, merge, report, schedule
from comptoir.cloudsync.errors import (
    ContentUnknown,
    JobUnknown,
    NoConsent,
    ShopNotVerified,
    UploadTooLarge,
    UploadUnreadable,
)
from comptoir.infra.http.auth import Access, Caller, ForeignStore
from comptoir.infra.http.context import Context
from comptoir.infra.http.encodings import EncodingBroken, EncodingUnsupported
from comptoir.infra.http.endpoint import Endpoint, Param, json_response, read_json
from comptoir.infra.http.idempotency import once
from comptoir.infra.work import Work
from comptoir.prestashop.catalogue import catalogue, content_named


class Hint(msgspec.Struct, rename="camel"):
    """Something changed in the store. One content per call, kebab-case, in practice."""

    shop_contents: list[str] = []
    action: str = "upsert"


class Trigger(msgspec.Struct, rename="camel"):
    """Contents in kebab or snake case; none: everything consented to."""

    shop_id: str
    shop_contents: list[str] = []


async def job(request: Request, context: Context, caller: Caller | None) -> Response:
    """201 and nothing else makes the store accept the job, for ever (spec/eventbus.md §1.1)."""
    shop_id, job_id = await calling_store(context, caller), str(request.path_params["job_id"])
    await collect.find_job(context, shop_id, job_id)
    return Response(status_code=201)


async def no_job(_: Request, __: Context, ___: Caller | None) -> Response:
    """The agent asks for the empty job when it is called without one: never 201."""
    raise JobUnknown


async def _collected(request: Request, context: Context, caller: Caller | None) -> merge.Outcome:
    shop_id = await calling_store(context, caller)
    return await collect.collect(context, request, shop_id, str(request.path_params["job_id"]))


async def upload(request: Request, context: Context, caller: Caller | None) -> Response:
    outcome = await _collected(request, context, caller)
    answer = {
        "written": outcome.written,
        "unchanged": outcome.unchanged,
        "deleted": outcome.deleted,
        "setAside": outcome.set_aside,
    }
    return json_response(answer, 201)


async def delete(request: Request, context: Context, caller: Caller | None) -> Response:
    """Modules v1 to v3 clear their queue on exactly 200 (spec/eventbus.md §1.5)."""
    outcome = await _collected(request, context, caller)
    return json_response({"deleted": outcome.deleted, "setAside": outcome.set_aside})


async def notify(request: Request, context: Context, caller: Caller | None) -> Response:
    shop_id = str(request.path_params["shop_id"])
    if await calling_store(context, caller) != shop_id:
        raise ForeignStore
    hint = await read_json(request, Hint)
    found = [content_named(name) for name in hint.shop_contents]
    names = [content.name for content in found if content is not None]

    def unit(work: Work) -> Response:
        schedule.want(work, shop_id, names, full=False, asked=False)
        return Response(status_code=201)

    answer = await once(request, context, unit, actor=f"store:{shop_id}")
    context.wake()
    return answer


async def trigger(request: Request, context: Context, caller: Caller | None) -> Response:
    return await _trigger(request, context, caller, full=False)


async def trigger_full(request: Request, context: Context, caller: Caller | None) -> Response:
    return await _trigger(request, context, caller, full=True)


async def _trigger(
    request: Request, context: Context, caller: Caller | None, *, full: bool
) -> Response:
    asked = await read_json(request, Trigger)
    vendor, mode = _vendor(caller)
    names = [_named(name) for name in asked.shop_contents]
    kind = "full" if full else "incremental"

    def unit(work: Work) -> Response:
        shop = load_shop_of(work.db, asked.shop_id, mode)
        allowed = consented_contents(work.db, asked.shop_id, vendor)
        wanted = names or [name for name in catalogue() if name in allowed]
        refused = [name for name in wanted if name not in allowed]
        if refused or not wanted:
            raise NoConsent(contents=refused or ["anything"])
        _require_verified(shop)
        schedule.refresh(work, asked.shop_id)
        schedule.want(work, asked.shop_id, wanted, full=full, asked=True)
        work.audit("sync.triggered", shop_id=asked.shop_id, contents=wanted, full=full)
        result = f"{kind} sync of {len(wanted)} contents is queued or under way"
        return json_response({"result": result}, 202)

    answer = await once(request, context, unit, actor=f"vendor:{vendor}")
    context.wake()
    return answer


def _vendor(caller: Caller | None) -> tuple[str, Mode]:
    assert caller is not None, "the endpoint's access is VENDOR"
    return caller.vendor, caller.mode


def _named(name: str) -> str:
    content = content_named(name)
    if content is None:
        raise ContentUnknown(name=name)
    return content.name


def _require_verified(shop: Shop) -> None:
    if not shop.verified:
        raise ShopNotVerified


async def sync_summary(request: Request, context: Context, caller: Caller | None) -> Response:
    shop_id = str(request.path_params["shop_id"])
    vendor, mode = _vendor(caller)
    asked = request.query_params.get("shopContent", "")
    content = _named(asked) if asked else ""

    def unit(db: sa.Connection) -> dict[str, object]:
        load_shop_of(db, shop_id, mode)
        allowed = consented_contents(db, shop_id, vendor)
        if not allowed or (content and content not in allowed):
            raise NoConsent(contents=[content or "anything"])
        return report.summary(db, shop_id, allowed, content)

    return json_response(await context.db.read(unit))


JOB = Param("job_id", "path", about="The id that the orchestrator gave")
SHOP = Param("shop_id", "path", about="The store's cloudShopId")
PACKED = Param("Content-Encoding", "header", about="gzip or zstd, if the body is packed")
UPLOAD = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}
COUNTS = {
    "type": "object",
    "properties": {
        name: {"type": "integer"} for name in ("written", "unchanged", "deleted", "setAside")
    },
}
RESULT = {
    "type": "object",
    "required": ["result"],
    "properties": {"result": {"type": "string"}},
}
TIME = {"type": "string", "format": "date-time", "nullable": True}
SUMMARY = {
    "type": "object",
    "required": ["firstSyncFinishedAt", "lastSyncFinishedAt", "shopContent"],
    "properties": {
        "firstSyncFinishedAt": TIME,
        "lastSyncFinishedAt": TIME,
        "shopContent": {"type": "string"},
        "requested": {"type": "boolean"},
        "httpStatus": {"type": "integer", "nullable": True},
        "httpStatusText": {"type": "string", "nullable": True},
    },
}
SENT_AGAIN = "the agent sends a batch again by itself, without a key, and that changes nothing"
TRIGGER_EXAMPLE = {
    "shopId": "5b0c7f0e-4d2e-4b39-9a55-0f0c6a3f8f11",
    "shopContents": ["orders", "order-details"],
}
UPLOAD_ERRORS = (
    JobUnknown,
    UploadUnreadable,
    UploadTooLarge,
    EncodingUnsupported,
    EncodingBroken,
)
TRIGGER_ERRORS = (ContentUnknown, NoConsent, ShopNotFound, StoreOfOtherMode, ShopNotVerified)

ENDPOINTS = [
    Endpoint(
        "GET",
        "/sync-api/job/{job_id}",
        job,
        Access.ANY_STORE,
        "eventbus",
        "Whether a job is open",
        about="201 only while the run is under way and belongs to the calling store.",
        params=(JOB,),
        answers={201: "The job is open."},
        errors=(JobUnknown,),
        name="validateJob",
    ),
    Endpoint(
        "GET",
        "/sync-api/job/",
        no_job,
        Access.ANYONE,
        "eventbus",
        "The empty job, which is never open",
        errors=(JobUnknown,),
        name="validateNoJob",
    ),
    Endpoint(
        "POST",
        "/collector/upload/{job_id}",
        upload,
        Access.ANY_STORE,
        "eventbus",
        "Take a batch of records",
        about="NDJSON in one part named file. 201 comes after the commit; sending again is safe.",
        params=(
            JOB,
            Param("Full-Sync-Requested", "header", about="1 on pages of a full sync"),
            PACKED,
        ),
        body=UPLOAD,
        body_kind="multipart/form-data",
        answers={201: COUNTS},
        errors=UPLOAD_ERRORS,
        takes_no_key=SENT_AGAIN,
        name="uploadRecords",
    ),
    Endpoint(
        "POST",
        "/collector/delete/{job_id}",
        delete,
        Access.ANY_STORE,
        "eventbus",
        "Take the deletes of modules v1 to v3",
        params=(JOB, PACKED),
        body=UPLOAD,
        body_kind="multipart/form-data",
        answers={200: COUNTS},
        errors=UPLOAD_ERRORS,
        takes_no_key=SENT_AGAIN,
        name="deleteRecords",
    ),
    Endpoint(
        "POST",
        "/live-sync/v1/notify/{shop_id}",
        notify,
        Access.ANY_STORE,
        "eventbus",
        "Hint that a content changed",
        params=(SHOP,),
        body=Hint,
        body_example={"shopContents": ["order-details"], "action": "upsert"},
        answers={201: "Noted: an incremental sync follows."},
        name="notifyChange",
    ),
    Endpoint(
        "POST",
        "/sync/v1/sync/trigger",
        trigger,
        Access.VENDOR,
        "sync",
        "Ask for an incremental sync",
        about="A run that is queued or under way is joined.",
        body=Trigger,
        body_example=TRIGGER_EXAMPLE,
        answers={202: RESULT},
        errors=TRIGGER_ERRORS,
        name="triggerSync",
    ),
    Endpoint(
        "POST",
        "/sync/v1/sync/trigger-full",
        trigger_full,
        Access.VENDOR,
        "sync",
        "Ask for a full sync",
        about="A run that is queued or under way is joined.",
        body=Trigger,
        body_example=TRIGGER_EXAMPLE,
        answers={202: RESULT},
        errors=TRIGGER_ERRORS,
        name="triggerFullSync",
    ),
    Endpoint(
        "GET",
        "/reporting/v1/shop-sync-summary/{shop_id}",
        sync_summary,
        Access.VENDOR,
        "reporting",
        "First and last finished sync",
        about="Without shopContent: over all consented contents that have finished.",
        params=(SHOP, Param("shopContent", about="Kebab or snake case")),
        answers={200: SUMMARY},
        errors=(ContentUnknown, NoConsent, ShopNotFound, StoreOfOtherMode),
        name="getShopSyncSummary",
    ),
]
