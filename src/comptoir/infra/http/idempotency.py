"""`Idempotency-Key`: a POST that comes again has one effect and one answer
(draft-ietf-httpapi-idempotency-key-header-07).

The answer is kept in the transaction of the effect: at no moment is one durable and the other not,
so a server that is killed needs nothing put right. A refusal that changed nothing is not kept: the
request may be mended and sent again under its key. What is kept is sealed, for it may hold a
secret; the key and its sender are stored as a keyed hash only.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from comptoir.base.errors import BadRequest, Conflict, Unprocessable
from comptoir.infra.db.dialect import insert_new
from comptoir.infra.db.tables import kept_answer
from comptoir.infra.http.auth import Caller
from comptoir.infra.http.context import Context, request_id
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEEP_MS = 24 * 3600 * 1000
BARE = re.compile(r"[\x21-\x7e]{1,255}")
QUOTED = re.compile(r'"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"')
"""A string as structured fields write it (RFC 9651 §3.3.3), without blanks in it."""
CLAIM = "comptoir.claim"
"""Where the ASGI scope holds the claim of a request with a key."""


@dataclass(kw_only=True, eq=False)
class KeyInvalid(BadRequest):
    """The Idempotency-Key is not 1 to 255 visible ASCII characters, or came twice."""

    code = "infra.idempotency_key_invalid"
    title = "The Idempotency-Key cannot be used"

    def detail(self) -> str:
        return (
            "Send one Idempotency-Key of 1 to 255 visible ASCII characters, bare or between"
            " double quotes: a new UUID for each new request."
        )


@dataclass(kw_only=True, eq=False)
class KeyReused(Unprocessable):
    """The Idempotency-Key was sent before, with another request."""

    code = "infra.idempotency_key_reused"
    title = "The Idempotency-Key belongs to another request"

    def detail(self) -> str:
        return (
            "Another request was sent with this Idempotency-Key: repeat that one byte for byte,"
            " or choose a new key."
        )


@dataclass(kw_only=True, eq=False)
class KeyUnderWay(Conflict):
    """The first request with this Idempotency-Key is not answered yet."""

    code = "infra.idempotency_under_way"
    title = "The same request is under way"

    retry_after: int = 1

    def detail(self) -> str:
        return (
            "The first request with this Idempotency-Key is not answered yet: send it again in"
            f" {self.retry_after} s."
        )


PROBLEMS = (KeyInvalid, KeyReused, KeyUnderWay)


class Kept(msgspec.Struct):
    """An answer as it is sealed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request with a key may take or find."""

    shop_id: str
    slot: str
    fingerprint: bytes
    vault: Vault

    @property
    def purpose(self) -> str:
        return f"kept answer {self.slot}"


def read_key(values: Sequence[str]) -> str:
    """The key in the header's values; quotes around it are no part of it. Raises: KeyInvalid."""
    if len(values) != 1:
        raise KeyInvalid
    given = values[0].strip(" \t")
    quoted = QUOTED.fullmatch(given)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else given
    if not BARE.fullmatch(key) or (given.startswith('"') and not quoted):
        raise KeyInvalid
    return key


def claim_of(request: Request, context: Context, caller: Caller | None, body: bytes) -> Claim:
    """The claim that the request makes. Raises: KeyInvalid."""
    key = read_key(request.headers.getlist(HEADER))
    if caller is not None:
        sender = f"client {caller.client_id}"
    else:
        # Who guesses a key must not get the secret that another was given under it.
        sender = f"address {request.client.host if request.client else ''}"
    route = getattr(request.scope.get("endpoint"), "template", request.url.path)
    path = request.scope.get("raw_path") or request.url.path.encode()
    content = hashlib.sha256(body).hexdigest()
    target = f"{path.decode('latin-1')}?{request.scope['query_string'].decode('latin-1')}"
    return Claim(
        shop_id=caller.shop_id if caller else "",
        slot=context.vault.hash(f"{sender}\n{request.method} {route}\n{key}").hex(),
        fingerprint=context.vault.hash(f"{request.method} {target}\n{content}"),
        vault=context.vault,
    )


@contextmanager
def alone(context: Context, claim: Claim) -> Iterator[None]:
    """No second request with the same claim in this process meanwhile. One in another process
    waits in its transaction, and gets the answer of the first.

    Raises: KeyUnderWay.
    """
    if claim.slot in context.under_way:
        raise KeyUnderWay
    context.under_way.add(claim.slot)
    try:
        yield
    finally:
        context.under_way.discard(claim.slot)


async def kept(context: Context, claim: Claim) -> Response | None:
    """The answer that the same request has got before. Raises: KeyReused."""
    since = int(context.clock.now().timestamp() * 1000) - KEEP_MS
    return await context.db.read(lambda db: _find(db, claim, since))


def carrying(request: Request, claim: Claim, body: bytes) -> Request:
    """The request with its body, which was read, and its claim."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({**request.scope, CLAIM: claim}, receive)


async def once(
    request: Request, context: Context, unit: Callable[[Work], Response], *, actor: str
) -> Response:
    """Run `unit`, the whole effect of the request, and keep its answer in the same transaction.

    A request without a key, or to an endpoint that takes none, is run all the same.

    Raises:
        KeyReused, and what `unit` raises: then nothing is kept.
    """
    claim: Claim | None = request.scope.get(CLAIM)

    def run(work: Work) -> Response:
        return unit(work) if claim is None else _settle(work, claim, unit)

    return await context.db.write(run, actor=actor, request_id=request_id(request))


def _settle(work: Work, claim: Claim, unit: Callable[[Work], Response]) -> Response:
    c, since = kept_answer.c, work.now_ms - KEEP_MS
    mine = (c.shop_id == claim.shop_id, c.slot == claim.slot)
    work.db.execute(kept_answer.delete().where(*mine, c.created_at <= since))
    row = {
        "shop_id": claim.shop_id,
        "slot": claim.slot,
        "fingerprint": claim.fingerprint,
        "sealed": b"",
        "created_at": work.now_ms,
    }
    if not insert_new(work.db, kept_answer, row):
        found = _find(work.db, claim, since)
        assert found is not None, "the row that is in the way"
        return found
    answer = unit(work)
    headers = [(k, v) for k, v in answer.headers.items() if k != "content-length"]
    plain = msgspec.json.encode(Kept(answer.status_code, headers, bytes(answer.body)))
    sealed = claim.vault.seal(plain, claim.purpose)
    work.db.execute(kept_answer.update().where(*mine).values(sealed=sealed))
    return answer


def _find(db: sa.Connection, claim: Claim, since: int) -> Response | None:
    c = kept_answer.c
    row = db.execute(
        sa.select(c.fingerprint, c.sealed).where(
            c.shop_id == claim.shop_id, c.slot == claim.slot, c.created_at > since
        )
    ).first()
    if row is None:
        return None
    if row.fingerprint != claim.fingerprint:
        raise KeyReused
    found = msgspec.json.decode(claim.vault.open(row.sealed, claim.purpose), type=Kept)
    return Response(found.body, found.status, {**dict(found.headers), REPLAYED: "true"})


def forget(work: Work) -> None:
    """Drop the answers that are kept no longer."""
    work.db.execute(kept_answer.delete().where(kept_answer.c.created_at <= work.now_ms - KEEP_MS))
