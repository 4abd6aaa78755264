"""One run: a content of a store, in one language, page by page until nothing remains.

The store keeps the cursor, so a run that was interrupted is resumed by asking for the next page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from comptoir.accounts import Shop
from comptoir.base.clock import monotonic
from comptoir.cloudsync import merge, rows, rules, store
from comptoir.cloudsync.tables import sync_run
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.http.context import Context
from comptoir.infra.http.outbound import CallFailed
from comptoir.infra.log import logger
from comptoir.infra.work import Work
from comptoir.prestashop import agent
from comptoir.prestashop.agent import Failure, Page, Scope
from comptoir.prestashop.catalogue import Content

log = logger("sync")
SLOW = 20.0
"""Seconds of a call after which the next page is asked smaller (spec/eventbus.md §8.4)."""


class RunFailed(Exception):
    """The run stops here, to be tried again later."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class RunWithdrawn(Exception):
    """Consent ended, or the store is no longer verified: the run is over."""


class RestartFull(Exception):
    """The store does a full sync where an incremental one was asked: its cursor is gone."""


@dataclass(slots=True)
class Runner:
    """Drives one run. `page` is the number of rows asked for; it shrinks when calls are slow."""

    context: Context
    shop: Shop
    content: Content
    languages: Sequence[str]
    run: store.Run
    page: int
    status: int = 0
    """HTTP status of the last page."""
    _progress: rules.Progress | None = None
    done: bool = False

    async def step(self) -> None:
        """Ask for one page; `done` when it was the last.

        Raises:
            RunFailed, RunWithdrawn, RestartFull.
        """
        first = self.run.full and self.run.received == 0 and self._progress is None
        # A pass that was interrupted may have missed rows that moved meanwhile.
        progress = self._progress or rules.Progress(moved=self.run.full and not first)
        page = await self._call(restart=first)
        self._progress = progress
        self.status = page.status
        if not self.run.full and page.full:
            raise RestartFull
        if self.run.full and not page.full:
            await self._note(page)
            await self._pass_ended(progress)
            return
        if self.run.full:
            progress.page(limit=self.page, records=page.records, remaining=page.remaining)
        else:
            progress.advance(page.remaining)
        await self._note(page)
        if page.remaining == 0:
            await self._pass_ended(progress)
        elif progress.stuck:
            raise RunFailed(
                Failure(
                    Scope.CONTENT,
                    "stalled",
                    f"{page.remaining} rows remain and the store does not advance",
                    page.status,
                    5,
                )
            )

    async def _call(self, *, restart: bool) -> Page:
        url = agent.content_url(
            self.shop.frontend_url,
            self.content.name,
            self.run.run_id,
            limit=self.page,
            full=restart,
            lang_iso=self.run.lang,
        )
        began = monotonic()
        try:
            answer = await self.context.outbound.get(
                url,
                timeout=self.context.settings.store_timeout,
                headers={"Accept": "application/json"},
            )
        except CallFailed as failed:
            self.context.metrics.store_calls.labels(failed.reason).inc()
            if failed.reason == "timeout":
                self.page = rules.smaller_page(self.page)
            raise RunFailed(unreachable(failed)) from failed
        found = agent.read_page(answer.status, answer.headers.get("location", ""), answer.body)
        if isinstance(found, Failure):
            self.context.metrics.store_calls.labels(found.reason).inc()
            if found.reason == "gateway":
                self.page = rules.smaller_page(self.page)
            raise RunFailed(found)
        self.context.metrics.store_calls.labels("page").inc()
        if monotonic() - began > SLOW:
            self.page = rules.smaller_page(self.page)
        return found

    async def _note(self, page: Page) -> None:
        """Count the page, and see whether the run may go on."""

        def unit(work: Work) -> store.Run | None:
            lock_store(work.db, self.shop.shop_id)
            run = store.find_run(work.db, self.shop.shop_id, self.run.run_id)
            if run is not None:
                store.change_run(
                    work.db,
                    run.shop_id,
                    run.run_id,
                    pages=run.pages + 1,
                    records=sync_run.c.records + page.records,
                    touched_at=work.now_ms,
                )
            return run

        run = await self.context.db.write(unit)
        if run is None:
            raise RunWithdrawn
        self.run = replace(run, pages=run.pages + 1)

    async def _pass_ended(self, progress: rules.Progress) -> None:
        """Nothing remains. A full run during which the store's rows moved is passed again before
        rows that it did not see are taken for gone."""

        def unit(work: Work) -> bool:
            lock_store(work.db, self.shop.shop_id)
            if store.find_run(work.db, self.shop.shop_id, self.run.run_id) is None:
                return True
            batch = rows.Batch(
                work.db, self.shop.shop_id, self.run.run_id, self.run.lang, work.now_ms
            )
            if not self.run.full:
                if self.content.name == "products":
                    merge.settle_deletes(batch, self.content)
            else:
                again = progress.moved and self.run.passes + 1 < rules.PASSES
                if again and merge.unseen(batch, self.content, self.languages):
                    store.change_run(
                        work.db,
                        self.run.shop_id,
                        self.run.run_id,
                        **{"pass": self.run.passes + 1, "received": 0},
                    )
                    return False
                merge.sweep(batch, self.content, self.languages)
            store.change_run(
                work.db,
                self.run.shop_id,
                self.run.run_id,
                state="done",
                finished_at=work.now_ms,
            )
            return True

        self.done = await self.context.db.write(unit)
        if not self.done:
            self._progress = None
            self.run = replace(self.run, passes=self.run.passes + 1, received=0)


def unreachable(failed: CallFailed) -> Failure:
    """A call without an answer, as a failure of the store or, when slow, of the content."""
    patience = 20.0 if failed.reason == "refused-address" else 1.0
    scope = Scope.CONTENT if failed.reason == "timeout" else Scope.STORE
    return Failure(scope, failed.reason, failed.explanation, 0, patience)
