"""How fast tokens are given and read, against bare signing and verifying on the same core."""

import asyncio
import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from bench import baselines, wire
from bench.ground import UNLIMITED
from comptoir.app.wiring import build
from comptoir.base.mode import Mode
from comptoir.infra.http.auth import Authenticator
from comptoir.infra.http.context import Context
from comptoir.infra.settings import load
from comptoir.oauth.rules import Grant
from comptoir.oauth.tokens import tokens_of
from tests import server as processes
from tests.server import Identity, Server

ROUNDS = 6
SHORT_ROUNDS = 16
"""Of a second each: a core that others use is not as fast in the next one."""
CLIENTS = 6
EACH = 200
"""Tokens that a client asks for in a round."""
STORES = 60
"""That the clients ask for, in turn."""
DISTINCT = 1500
"""Tokens of a round of checks."""
SIGHTS = 4
"""Times that each of them comes."""
VENDOR = Grant(("https://api.cloudsync.prestashop.com", "tech-vendor/bench"), (), Mode.LIVE)
NO_LIMITS = {**UNLIMITED, "token_rate": "100000000", "address_rate": "100000000"}


@contextlib.contextmanager
def _on_one_core() -> Iterator[None]:
    """What is started in this block runs on one core, and we beside it, where the platform can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    chosen = {min(before)}
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _beside() -> None:
    """From here on this process, the clients, leaves that core alone."""
    if hasattr(os, "sched_setaffinity"):
        every = os.sched_getaffinity(0)
        os.sched_setaffinity(0, (every - {min(every)}) or every)


def token() -> dict[str, object]:
    """Tokens by client credentials over HTTP, as stores ask for them."""
    with processes.prepared("sqlite", **NO_LIMITS) as server, contextlib.ExitStack() as stack:
        with _on_one_core():
            server.start()
            stores = [server.create_identity(f"https://{n}.example") for n in range(STORES)]
            claims = _claims(server, stores[0])
            bare = stack.enter_context(baselines.running("sign", claims, str(CLIENTS * EACH)))
        asked = [_request(server, store) for store in stores]
        requests = [[asked[(n + c) % STORES] for n in range(EACH)] for c in range(CLIENTS)]
        before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        _beside()
        try:
            ours, theirs = [], []
            for _ in range(SHORT_ROUNDS):
                seconds = wire.elapsed(server.port, requests, 200)
                ours.append(CLIENTS * EACH / seconds)
                theirs.append(bare())
        finally:
            if before is not None:
                os.sched_setaffinity(0, before)
        each = [mine / bare for mine, bare in zip(ours, theirs, strict=True)]
        mine, base = statistics.median(ours[1:]), statistics.median(theirs[1:])
        return {
            "token_s": round(mine),
            "token_baseline_s": round(base),
            "token_ratio": round(statistics.median(each[1:]), 3),
        }


def _claims(server: Server, store: Identity) -> str:
    """What a token of the store says, but for its id and times."""
    context = build(load(environ=_environ(server)))
    token = server.store_token(store)
    found = asyncio.run(tokens_of(context).read(token))
    context.db.close()
    return msgspec.json.encode(
        {name: value for name, value in found.items() if name not in ("iat", "nbf", "exp", "jti")}
    ).decode()


def _request(server: Server, store: Identity) -> bytes:
    """As `ps_accounts` asks (spec/accounts.md §1.4.3)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": store.client_id,
        "client_secret": store.client_secret,
        "scope": "",
        "audience": f"store/{store.shop_id} {server.base}/accounts",
    }
    body = urlencode(form)
    return (
        f"POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _environ(server: Server) -> dict[str, str]:
    return {k: v for k, v in server.environ.items() if k.startswith("COMPTOIR_")}


def token_check() -> dict[str, object]:
    """`Tokens.authenticate` in this process: each token for the first time, and again."""
    with (
        processes.prepared("sqlite", **NO_LIMITS) as server,
        tempfile.TemporaryDirectory() as folder,
        _on_one_core(),
    ):
        context = build(load(environ=_environ(server)))
        try:
            return asyncio.run(_check(context, Path(folder)))
        finally:
            context.db.close()


async def _check(context: Context, folder: Path) -> dict[str, object]:
    tokens = tokens_of(context)
    rounds = [[await tokens.issue("bench", VENDOR) for _ in range(DISTINCT)] for _ in range(ROUNDS)]
    job = baselines.job(
        folder,
        keys=await tokens.public_keys(),
        rounds=[sight for made in rounds for sight in [made] * SIGHTS],
        audience=VENDOR.audiences[0],
    )
    ours, theirs = [], []
    with baselines.running("verify", job) as bare:
        for made in rounds:
            ours.append([await _seconds(tokens, made) for _ in range(SIGHTS)])
            theirs.append([DISTINCT / bare() for _ in range(SIGHTS)])
    first, again, every = slice(0, 1), slice(1, None), slice(None)
    return {
        "token_check_s": round(DISTINCT * SIGHTS / _median(ours, every)),
        "token_check_baseline_s": round(DISTINCT * SIGHTS / _median(theirs, every)),
        "token_check_first_ratio": round(_median(theirs, first) / _median(ours, first), 3),
        "token_check_again_ratio": round(_median(theirs, again) / _median(ours, again), 3),
        "token_check_ratio": round(_median(theirs, every) / _median(ours, every), 3),
    }


def _median(rounds: Sequence[Sequence[float]], sights: slice) -> float:
    """Of the seconds that these sights took together."""
    return statistics.median(sum(seconds[sights]) for seconds in rounds[1:])


async def _seconds(checked: Authenticator, tokens: Sequence[str]) -> float:
    started = time.perf_counter()
    for token in tokens:
        await checked.authenticate(token)
    return time.perf_counter() - started
