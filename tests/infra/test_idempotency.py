"""`Idempotency-Key` on one process: what is a key, what is kept, for whom, and for how long."""

import asyncio
import string
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from comptoir.app.wiring import build
from comptoir.app.worker import Worker
from comptoir.base.clock import FrozenClock
from comptoir.infra.db.tables import kept_answer
from comptoir.infra.http import idempotency
from comptoir.infra.http.context import Context
from comptoir.infra.settings import Settings
from comptoir.infra.vault import VaultError
from comptoir.infra.work import Work
from tests.eventually import eventually_async

VISIBLE = "".join(c for c in map(chr, range(0x21, 0x7F)))
SECRET = b'{"clientSecret": "cs_of_nobody"}'


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (["a"], "a"),
        (["  a\t"], "a"),
        (["x" * 255], "x" * 255),
        (['"' + "x" * 255 + '"'], "x" * 255),
        (['"8e03978e-40d5-43dd-bc93-6894a57f9324"'], "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ([r'"a\"b\\c"'], 'a"b\\c'),
        ([VISIBLE.replace('"', "")], VISIBLE.replace('"', "")),
        (['a"b'], 'a"b'),
    ],
)
def test_a_key(given: list[str], key: str) -> None:
    assert idempotency.read_key(given) == key


@pytest.mark.parametrize(
    "given",
    [
        [],
        [""],
        [" "],
        ['""'],
        ['"'],
        ['"a'],
        ['"a"b'],
        ['"a";x=1'],
        ['"a b"'],
        [r'"a\b"'],
        ["a b"],
        ["a, b"],
        ["é"],
        ["a\x7f"],
        ["x" * 256],
        ['"' + "x" * 256 + '"'],
        ["a", "a"],
    ],
)
def test_no_key(given: list[str]) -> None:
    with pytest.raises(idempotency.KeyInvalid):
        idempotency.read_key(given)


@given(st.text(string.ascii_letters + string.digits + '-_"\\', min_size=1, max_size=255))
def test_a_key_is_the_same_bare_and_quoted(key: str) -> None:
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'

    assert idempotency.read_key([quoted]) == key
    if not key.startswith('"'):
        assert idempotency.read_key([key]) == key


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    url = "" if database_url.startswith("sqlite") else database_url
    return Settings(data=tmp_path, database_url=url)


@pytest.fixture
def context(settings: Settings, clock: FrozenClock) -> Iterator[Context]:
    made = build(settings, clock)
    yield made
    made.db.close()


def request(
    context: Context, body: bytes = b"{}", key: str = "k", host: str = "1.2.3.4"
) -> Request:
    """As the endpoint hands it to its handler."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/things",
        "query_string": b"",
        "headers": [(b"idempotency-key", key.encode())],
        "client": (host, 1),
    }
    claim = idempotency.claim_of(Request(scope), context, None, body)
    return idempotency.carrying(Request(scope), claim, body)


def effects(context: Context) -> int:
    with context.db.reading() as db:
        return db.execute(sa.text("SELECT count(*) FROM audit_log")).scalar_one()


def rows(context: Context) -> int:
    with context.db.reading() as db:
        return db.execute(sa.select(sa.func.count()).select_from(kept_answer)).scalar_one()


def acts(body: bytes = SECRET) -> Callable[[Work], Response]:
    def unit(work: Work) -> Response:
        work.audit("tests.acted")
        return Response(body, 201, {"x-more": "1"}, "application/json")

    return unit


async def sent(context: Context, asked: Request, unit: Callable[[Work], Response]) -> Response:
    return await idempotency.once(asked, context, unit, actor="anyone")


def test_the_answer_comes_again_and_the_effect_does_not(context: Context) -> None:
    async def scenario() -> None:
        first = await sent(context, request(context), acts())
        again = await sent(context, request(context), acts(b"another"))
        assert (again.status_code, again.body) == (first.status_code, first.body) == (201, SECRET)
        assert again.headers["x-more"] == "1"
        assert again.headers["content-type"] == "application/json"
        assert again.headers["content-length"] == str(len(SECRET))
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers

    asyncio.run(scenario())
    assert (effects(context), rows(context)) == (1, 1)


def test_another_request_with_the_key_is_refused(context: Context) -> None:
    async def scenario() -> None:
        await sent(context, request(context), acts())
        with pytest.raises(idempotency.KeyReused):
            await sent(context, request(context, b'{"a": 1}'), acts())

    asyncio.run(scenario())
    assert effects(context) == 1


def test_another_sender_or_key_is_another_request(context: Context) -> None:
    async def scenario() -> None:
        for asked in (
            request(context),
            request(context, key="other"),
            request(context, host="4.3.2.1"),
        ):
            answer = await sent(context, asked, acts())
            assert "idempotency-replayed" not in answer.headers

    asyncio.run(scenario())
    assert effects(context) == 3


def test_what_failed_leaves_nothing_behind(context: Context) -> None:
    def fails(work: Work) -> Response:
        work.audit("tests.acted")
        raise RuntimeError("half-way")

    async def scenario() -> None:
        with pytest.raises(RuntimeError, match="half-way"):
            await sent(context, request(context), fails)
        assert (effects(context), rows(context)) == (0, 0)
        assert (await sent(context, request(context), acts())).status_code == 201

    asyncio.run(scenario())
    assert effects(context) == 1


def test_what_is_kept_is_closed_to_who_reads_the_database(context: Context) -> None:
    asyncio.run(sent(context, request(context, key="my-own-key"), acts()))
    with context.db.reading() as db:
        (row,) = db.execute(sa.select(kept_answer)).all()

    stored = repr(tuple(row)).encode() + bytes(row.sealed) + bytes(row.fingerprint)
    assert b"cs_of" not in stored
    assert b"my-own-key" not in stored
    assert b"1.2.3.4" not in stored
    with pytest.raises(VaultError):
        context.vault.open(bytes(row.sealed), "kept answer of another slot")


def test_it_is_kept_for_a_day(context: Context, clock: FrozenClock) -> None:
    async def scenario() -> list[str]:
        found = []
        for hours in (0, 23.99, 0.02, 1):
            clock.advance(timedelta(hours=hours))
            before = await idempotency.kept(context, claim_of(request(context)))
            answer = await sent(context, request(context), acts())
            replayed = answer.headers.get("idempotency-replayed", "no")
            assert (before is not None) == (replayed == "true")
            found.append(replayed)
        return found

    assert asyncio.run(scenario()) == ["no", "true", "no", "true"]
    assert (effects(context), rows(context)) == (2, 1)


def claim_of(asked: Request) -> idempotency.Claim:
    claim: idempotency.Claim = asked.scope[idempotency.CLAIM]
    return claim


def test_the_worker_forgets_what_is_older(context: Context, clock: FrozenClock) -> None:
    async def forgotten() -> bool:
        return rows(context) == 1

    async def scenario() -> None:
        await sent(context, request(context, key="old"), acts())
        clock.advance(timedelta(hours=23))
        await sent(context, request(context, key="young"), acts())
        clock.advance(timedelta(hours=2))
        worker = Worker(context)
        await worker.start()
        try:
            await eventually_async(forgotten)
        finally:
            await worker.stop()
        assert await idempotency.kept(context, claim_of(request(context, key="young")))
        await context.outbound.close()

    asyncio.run(scenario())


def test_two_servers_on_one_database_have_one_effect(
    settings: Settings, context: Context, clock: FrozenClock
) -> None:
    """The second waits in its transaction for the first, and gets its answer."""
    other = build(settings, clock)
    inside, leave = threading.Event(), threading.Event()

    def slow(work: Work) -> Response:
        inside.set()
        assert leave.wait(20)
        return acts()(work)

    async def scenario() -> None:
        first = asyncio.create_task(sent(context, request(context), slow))
        await asyncio.to_thread(inside.wait, 20)
        second = asyncio.create_task(sent(other, request(other), acts(b"second")))
        await asyncio.wait([second], timeout=0.3)
        assert not second.done()
        leave.set()
        one, two = await asyncio.gather(first, second)
        assert one.body == two.body == SECRET
        assert two.headers["idempotency-replayed"] == "true"

    try:
        asyncio.run(scenario())
    finally:
        leave.set()
        other.db.close()
    assert effects(context) == 1


def test_two_servers_and_the_first_fails(
    settings: Settings, context: Context, clock: FrozenClock
) -> None:
    other = build(settings, clock)
    inside, leave = threading.Event(), threading.Event()

    def fails(work: Work) -> Response:
        inside.set()
        assert leave.wait(20)
        raise RuntimeError("after all")

    async def scenario() -> None:
        first = asyncio.create_task(sent(context, request(context), fails))
        await asyncio.to_thread(inside.wait, 20)
        second = asyncio.create_task(sent(other, request(other), acts()))
        leave.set()
        with pytest.raises(RuntimeError, match="after all"):
            await first
        assert "idempotency-replayed" not in (await second).headers

    try:
        asyncio.run(scenario())
    finally:
        leave.set()
        other.db.close()
    assert effects(context) == 1


def test_a_second_request_meanwhile_is_told_to_wait(context: Context) -> None:
    claim = claim_of(request(context))
    with idempotency.alone(context, claim):
        with pytest.raises(idempotency.KeyUnderWay) as told, idempotency.alone(context, claim):
            pass
        with idempotency.alone(context, claim_of(request(context, key="other"))):
            pass
    assert told.value.facts()["retry_after"] == 1
    with idempotency.alone(context, claim):
        pass
