"""Stores with `ps_accounts` 5 to 7: linked by a person on the page that their back office opens."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from comptoir.accounts import unlink
from comptoir.app.wiring import build
from comptoir.base.clock import SystemClock
from comptoir.base.ids import SystemIds
from comptoir.infra.http.context import Context
from comptoir.infra.http.outbound import Outbound
from comptoir.infra.settings import load
from comptoir.simulator import SimulatedStore
from tests.accounts.pages.browser import Person
from tests.journeys.accounts.stage import Stage, Walker
from tests.server import Answer, Server

T = TypeVar("T")


def links_its_stores(there: Stage, walker: Walker, store: SimulatedStore) -> Answer:
    """Whoever is signed in to `walker` follows the back office's link and confirms."""
    page = walker.get(store.module.onboarding_link())
    page = walker.follow(page)
    return walker.submit(page, "/account/link")


def linked(there: Stage, who: Person, store: SimulatedStore | None = None) -> SimulatedStore:
    """Installed, and linked by this person."""
    chosen = there.install(store)
    walker = there.walker()
    assert walker.sign_in(who).status == 303
    answer = links_its_stores(there, walker, chosen)
    assert answer.status == 200, answer.text
    assert chosen.association.linked and chosen.association.owner == who.user_id
    return chosen


def as_a_page(server: Server, do: Callable[[Context], Awaitable[T]]) -> T:
    """What a page of the server does, on its data."""
    ours = {k: v for k, v in server.environ.items() if k.startswith("COMPTOIR_")}
    context = build(load(environ=ours), SystemClock(), SystemIds())

    async def run() -> T:
        calls = Outbound(allow_private=True)
        try:
            return await do(replace(context, outbound=calls))
        finally:
            await calls.close()

    try:
        return asyncio.run(run())
    finally:
        context.db.close()


def unlinks(server: Server, shop_id: str, who: Person) -> None:
    async def do(context: Context) -> None:
        await unlink(context, shop_id, actor=f"user:{who.user_id}")

    as_a_page(server, do)


def rows_of(store: SimulatedStore) -> dict[Any, str]:
    return dict(store.module.of.db.rows)


def put_back(store: SimulatedStore, rows: dict[Any, str]) -> None:
    """As if the answers since then had been lost."""
    store.module.of.db.rows.clear()
    store.module.of.db.rows.update(rows)
