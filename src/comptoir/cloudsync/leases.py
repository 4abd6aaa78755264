"""Who drives a store: a lease in the database, renewed while the store is driven.

A lease keeps two servers off the same store; a process that dies leaves its lease behind, and
another one takes over when it has run out.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from comptoir.accounts import find_shop
from comptoir.cloudsync import store
from comptoir.cloudsync.rules import Pace
from comptoir.infra.db.condition import DatabaseUnavailable
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.http.context import Context
from comptoir.infra.log import logger
from comptoir.infra.work import Work

RENEW = 5.0
log = logger("sync")


class Leases:
    """The leases of one worker."""

    def __init__(self, context: Context, pace: Pace) -> None:
        self._db = context.db
        self._pace = pace
        self.owner = context.ids.uuid()

    async def recover(self) -> None:
        """After a start: on SQLite this server is the only one, so old leases are void."""
        if self._db.is_sqlite:
            await self._db.write(lambda work: store.release_all(work.db))

    @contextlib.asynccontextmanager
    async def held(self, shop_id: str) -> AsyncIterator[bool]:
        """Whether the store is ours to drive. Renewed inside the block, and given back after it;
        the block is cancelled if another server has taken the store."""
        if not await self._take(shop_id):
            yield False
            return
        keeper = asyncio.create_task(self._keep(shop_id, asyncio.current_task()))
        try:
            yield True
        finally:
            keeper.cancel()
            await asyncio.shield(self._release(shop_id))

    async def _take(self, shop_id: str) -> bool:
        return await self._db.write(
            lambda work: store.lease(work.db, shop_id, self.owner, work.now_ms)
        )

    async def _keep(self, shop_id: str, driving: "asyncio.Task[None] | None") -> None:
        while True:
            await asyncio.sleep(RENEW)
            with contextlib.suppress(DatabaseUnavailable):
                if not await self._take(shop_id) and driving is not None:
                    log.warning("lease lost", shop_id=shop_id)
                    driving.cancel()
                    return

    async def _release(self, shop_id: str) -> None:
        """Give the store back, due again when the next of its contents is."""

        def unit(work: Work) -> None:
            lock_store(work.db, shop_id)
            shop = find_shop(work.db, shop_id)
            states = [self._pace.believed(s, work.now_ms) for s in store.contents(work.db, shop_id)]
            known = [at for state in states if (at := state.due_at()) is not None]
            backoff = store.store_row(work.db, shop_id).get("backoff_until") or 0
            due = max(min(known), backoff) if known and shop and shop.verified else None
            store.release(work.db, shop_id, self.owner, due)

        await self._db.write(unit)
