"""Drive the stores that are due: health first, `info` next, then every content that is wanted.

One task per store under way, no thread. A process that dies leaves its lease and its runs behind,
and the next one goes on with them.
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field

from comptoir.accounts import Shop, find_shop
from comptoir.base.instant import to_ms
from comptoir.cloudsync import aside, rows, rules, schedule, store
from comptoir.cloudsync.calls import ask
from comptoir.cloudsync.leases import Leases
from comptoir.cloudsync.rules import ContentState, Pace
from comptoir.cloudsync.runs import (
    RestartFull,
    RunFailed,
    Runner,
    RunWithdrawn,
    open_runs,
    restart_full,
    settle_all,
    unreachable,
)
from comptoir.infra.db.condition import DatabaseUnavailable
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.http.context import Context
from comptoir.infra.http.outbound import CallFailed
from comptoir.infra.log import logger
from comptoir.infra.work import Work
from comptoir.prestashop import agent
from comptoir.prestashop.agent import Failure, Scope
from comptoir.prestashop.catalogue import catalogue

log = logger("sync")


@dataclass(slots=True)
class _Drive:
    """What is known while one store is driven."""

    shop: Shop
    languages: list[str]
    tried: set[str] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)
    failure: Failure | None = None
    succeeded: bool = False

    def note(self, failure: Failure) -> None:
        """A content failed; when the same goes wrong again and again it is the store."""
        self.reasons[failure.reason] += 1
        patience = {"unsupported": len(catalogue()), "timeout": 2}.get(failure.reason, 3)
        if failure.scope is Scope.STORE or self.reasons[failure.reason] >= patience:
            self.failure = failure


class Driver:
    """Looks for due stores and drives each in a task of its own."""

    def __init__(self, context: Context) -> None:
        self._context = context
        settings = context.settings
        self._pace = Pace(
            incremental=settings.incremental_every * 1000,
            full=settings.full_every * 1000,
            backoff=rules.longest_wait(settings.backoff_most),
        )
        self._leases = Leases(context, self._pace)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def recover(self) -> None:
        """To be called once, after a start."""
        await self._leases.recover()

    async def look(self) -> None:
        """Start driving what is due. Returns at once."""
        most = self._context.settings.stores_at_once
        if len(self._tasks) >= most:
            return
        now = to_ms(self._context.clock.now())
        owner, longest = self._leases.owner, self._pace.longest
        due = await self._context.db.read(
            lambda db: store.due_stores(db, owner, now, longest, 2 * most)
        )
        for shop_id in due:
            if shop_id not in self._tasks and len(self._tasks) < most:
                self._tasks[shop_id] = asyncio.create_task(self._drive(shop_id))
        self._context.metrics.stores_driven.set(len(self._tasks))

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _drive(self, shop_id: str) -> None:
        try:
            async with self._leases.held(shop_id) as ours:
                if ours:
                    await self._drive_store(shop_id)
        except DatabaseUnavailable:
            log.warning("store left until the database serves again", shop_id=shop_id)
        except Exception:
            log.exception("driving a store failed", shop_id=shop_id)
            await self._postpone(shop_id, Failure(Scope.STORE, "internal", "see the log"))
        finally:
            self._tasks.pop(shop_id, None)
            self._context.metrics.stores_driven.set(len(self._tasks))
            if not self._context.db.condition.trouble:
                self._context.wake()

    async def _drive_store(self, shop_id: str) -> None:
        drive = await self._begin(shop_id)
        if drive is None or not await self._due(drive):
            return
        failure = await self._check_health(drive.shop)
        if failure is not None:
            await self._postpone(shop_id, failure)
            return
        while drive.failure is None:
            due = await self._due(drive)
            if not due:
                break
            if due[0].content == "info":
                due = due[:1]
            await self._drive_contents(drive, due)
            before, drive.languages = drive.languages, await self._languages(shop_id)
            if before and set(drive.languages) - set(before):
                await self._context.db.write(lambda work: schedule.language_added(work, shop_id))
        if drive.failure is not None and (
            drive.failure.scope is Scope.STORE or not drive.succeeded
        ):
            await self._postpone(shop_id, drive.failure)
        else:
            await self._context.db.write(lambda work: _settled(work, shop_id))

    async def _begin(self, shop_id: str) -> _Drive | None:
        shop = await self._context.db.read(lambda db: find_shop(db, shop_id))
        if shop is None or not shop.verified:
            return None
        return _Drive(shop, await self._languages(shop_id))

    async def _languages(self, shop_id: str) -> list[str]:
        """ISO codes, the default first; empty before the store has described itself."""
        info = await self._context.db.read(lambda db: rows.info(db, shop_id))
        first = [info["default_language"]] if info.get("default_language") else []
        others = [iso for iso in (info.get("languages") or "").split(";") if iso]
        return list(dict.fromkeys([*first, *others]))

    async def _due(self, drive: _Drive) -> list[ContentState]:
        """Contents to run now that this drive has not failed on: `info` first, those that failed
        before last, so that they do not keep the others from their turn."""
        now = to_ms(self._context.clock.now())
        shop_id = drive.shop.shop_id
        shop, states = await self._context.db.read(
            lambda db: (find_shop(db, shop_id), store.contents(db, shop_id))
        )
        if shop is None or not shop.verified:
            return []
        order = {name: place for place, name in enumerate(catalogue())}
        believed = [self._pace.believed(state, now) for state in states]
        due = [s for s in believed if s.due(now) and s.content not in drive.tried]
        return sorted(due, key=lambda s: (s.content != "info", s.failures > 0, order[s.content]))

    async def _check_health(self, shop: Shop) -> Failure | None:
        try:
            answer = await ask(
                self._context,
                shop.frontend_url,
                agent.health_url(shop.frontend_url),
                timeout=min(20.0, self._context.settings.store_timeout),
            )
        except CallFailed as failed:
            self._context.metrics.store_calls.labels(failed.reason).inc()
            return unreachable(failed)
        health = agent.read_health(answer.status, answer.headers.get("location", ""), answer.body)
        self._context.metrics.store_calls.labels("health").inc()
        await self._context.db.write(
            lambda work: store.change_store(
                work.db,
                shop.shop_id,
                called_at=work.now_ms,
                health=json.dumps(health.versions),
            )
        )
        if health.ready:
            return None
        return Failure(Scope.STORE, health.reason, health.detail, answer.status)

    async def _drive_contents(self, drive: _Drive, due: list[ContentState]) -> None:
        """Run the due contents, a few at a time, until all ended or the store failed."""
        waiting = list(due)

        async def take() -> None:
            while waiting and drive.failure is None:
                await self._drive_content(drive, waiting.pop(0))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(len(due), self._context.settings.store_concurrency)):
                    group.create_task(take())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _drive_content(self, drive: _Drive, state: ContentState) -> None:
        now = to_ms(self._context.clock.now())
        full = state.wants_full(now) or not catalogue()[state.content].shape.queued
        try:
            try:
                await self._run_all(drive, state, full=full)
            except RestartFull:
                full = True
                await self._run_all(drive, state, full=True)
            drive.succeeded = True
        except RunWithdrawn:
            drive.tried.add(state.content)
        except RunFailed as failed:
            drive.tried.add(state.content)
            drive.note(failed.failure)
            await self._content_failed(drive.shop.shop_id, state, failed.failure)

    async def _run_all(self, drive: _Drive, state: ContentState, *, full: bool) -> None:
        """Every language of the content. Of a full sync all first pages come first: `full=1`
        empties the store's outbox for all languages (spec/eventbus.md §2.1)."""
        content = catalogue()[state.content]
        wanted = drive.languages if content.shape.per_language and drive.languages else [""]
        usual = content.shape.page if full else content.shape.incremental_page
        page = min(state.page, usual) if state.page else usual
        opened_at = to_ms(self._context.clock.now())
        runs = await self._context.db.write(
            lambda work: open_runs(work, drive.shop.shop_id, content.name, wanted, full=full)
        )
        runners = [
            Runner(self._context, drive.shop, content, drive.languages, run, page) for run in runs
        ]
        status = 0
        try:
            await self._pass(runners)
            status = runners[-1].status
        except RestartFull:
            await self._context.db.write(
                lambda work: restart_full(work, drive.shop.shop_id, content.name)
            )
            raise
        finally:
            smallest = min(runner.page for runner in runners)
            if smallest < page:
                await self._context.db.write(
                    lambda work: store.change_content(
                        work.db, drive.shop.shop_id, content.name, page=smallest
                    )
                )
        await self._context.db.write(
            lambda work: self._done(work, drive.shop.shop_id, state, opened_at, status, full=full)
        )

    async def _pass(self, runners: list[Runner]) -> None:
        """Page by page until nothing remains in any language, again where a pass is in doubt."""
        while True:
            for runner in runners:
                if not runner.passed:
                    await runner.step()
            for runner in runners:
                while not runner.passed:
                    await runner.step()
            again = await settle_all(self._context, runners)
            if not again:
                return
            for runner, run in zip(runners, again, strict=True):
                runner.again(run)

    def _done(
        self,
        work: Work,
        shop_id: str,
        state: ContentState,
        opened_at: int,
        status: int,
        *,
        full: bool,
    ) -> None:
        """A content is up to date. A hint that came meanwhile keeps it due."""
        lock_store(work.db, shop_id)
        settings, now = self._context.settings, work.now_ms
        usual = catalogue()[state.content].shape.page
        values: dict[str, object] = {
            "last_finished_at": now,
            "next_incremental_at": now + settings.incremental_every * 1000,
            "failures": 0,
            "backoff_until": None,
            "http_status": status,
            "reason": "",
            "detail": "",
            "page": 0 if state.page * 2 >= usual else state.page * 2,
        }
        if full:
            values.update(
                last_full_at=now,
                want_full=False,
                next_full_at=now + settings.full_every * 1000,
            )
        if state.first_finished_at is None:
            values["first_finished_at"] = now
        wanted_at = store.wanted_at(work.db, shop_id, state.content)
        if rules.hint_served(wanted_at, opened_at, now):
            values["want_incremental"] = False
        store.change_content(work.db, shop_id, state.content, **values)

    async def _content_failed(self, shop_id: str, state: ContentState, failure: Failure) -> None:
        log.warning("content failed", shop_id=shop_id, content=state.content, reason=failure.reason)
        failures = state.failures + 1
        wait = self._wait(failure, failures) if failure.scope is Scope.CONTENT else 0

        def unit(work: Work) -> None:
            store.change_content(
                work.db,
                shop_id,
                state.content,
                failures=failures,
                backoff_until=work.now_ms + wait,
                http_status=failure.status,
                reason=failure.reason,
                detail=failure.detail,
            )
            if failure.reason in ("job-refused", "stalled", "not-received"):
                store.end_runs(work.db, shop_id, [state.content], "failed", work.now_ms)
            if failure.reason == "not-received":
                store.change_content(work.db, shop_id, state.content, want_full=True)

        await self._context.db.write(unit)

    async def _postpone(self, shop_id: str, failure: Failure) -> None:
        """The store cannot be driven now: wait, longer each time, unless we may be to blame."""
        log.warning("store failed", shop_id=shop_id, reason=failure.reason, detail=failure.detail)

        def unit(work: Work) -> None:
            lock_store(work.db, shop_id)
            before = int(store.store_row(work.db, shop_id).get("failures") or 0)
            failures = 1 if self._context.db.condition.doubtful else before + 1
            store.change_store(
                work.db,
                shop_id,
                failures=failures,
                backoff_until=work.now_ms + self._wait(failure, failures),
                due_at=work.now_ms + self._wait(failure, failures),
                reason=failure.reason,
                detail=failure.detail,
                called_at=work.now_ms,
            )
            _forget(work, shop_id)

        try:
            await self._context.db.write(unit)
        except DatabaseUnavailable:
            return  # it stays due

    def _wait(self, failure: Failure, failures: int) -> int:
        settings = self._context.settings
        return rules.wait_after(
            failure,
            failures,
            first=settings.backoff_first,
            most=settings.backoff_most,
            jitter=self._context.ids.fraction(),
        )


def _settled(work: Work, shop_id: str) -> None:
    store.change_store(work.db, shop_id, failures=0, backoff_until=None, reason="", detail="")
    _forget(work, shop_id)


def _forget(work: Work, shop_id: str) -> None:
    store.forget_runs(work.db, shop_id, work.now_ms)
    aside.forget(work.db, shop_id, work.now_ms - store.KEEP_MS)
