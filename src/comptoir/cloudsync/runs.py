"""One run: a content of a store, in one language, page by page until nothing remains.

The store keeps the cursor, so a run that was interrupted is resumed by asking for the next page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import sqlalchemy as sa

from comptoir.accounts import Shop
from comptoir.base.clock import monotonic
from comptoir.cloudsync import merge, rows, rules, store
from comptoir.cloudsync.calls import ask
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
MOVED = "moved"
"""The store's rows moved during the pass, or it was interrupted."""
SLIPPED = "slipped"
"""Rows went away during the pass: others may not have been read, also such as are new to us."""
RESUMED_LATE = "resumed-late"
"""The store had ended the pass before it was resumed and sent changes instead, which a further
first page would have thrown away."""
SWEPT = 5000
"""Rows ended in one transaction, at most, when a full run ends."""
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


def open_runs(
    work: Work, shop_id: str, content: str, languages: list[str], *, full: bool
) -> list[store.Run]:
    """The runs to drive: those under way are resumed, the missing ones made.

    Runs of the other kind, or in a language that is not wanted, are closed. A first page empties
    the store's outbox for all languages: one that had ended its pass before starts it again.
    """
    lock_store(work.db, shop_id)
    under_way = store.running(work.db, shop_id, content)
    fitting = {r.lang: r for r in under_way if r.full == full and r.lang in languages}
    for run in under_way:
        if fitting.get(run.lang) != run:
            store.change_run(
                work.db, shop_id, run.run_id, state="replaced", finished_at=work.now_ms
            )
    for lang in languages:
        if lang not in fitting:
            run = store.Run(shop_id, work.ids.token(24), content, lang, full, 0, 0, 0, work.now_ms)
            store.add_run(work.db, run)
            fitting[lang] = run
    found = [fitting[lang] for lang in languages]
    if full and any(r.received == 0 and r.state == store.RUNNING for r in found):
        return [_reopened(work, r) if r.state == store.PASSED else r for r in found]
    return found


def restart_full(work: Work, shop_id: str, content: str) -> None:
    """The full run that follows is resumed, also after a failure or a restart."""
    store.end_runs(work.db, shop_id, [content], "restarted", work.now_ms)
    store.change_content(work.db, shop_id, content, want_full=True)


def _reopened(work: Work, run: store.Run, passes: int = 0) -> store.Run:
    store.change_run(
        work.db,
        run.shop_id,
        run.run_id,
        **{"pass": run.passes + passes, "received": 0, "state": store.RUNNING, "reason": ""},
    )
    return replace(run, passes=run.passes + passes, received=0, state=store.RUNNING, doubt="")


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

    @property
    def passed(self) -> bool:
        """Nothing remains in this pass."""
        return self.run.state == store.PASSED

    async def step(self) -> None:
        """Ask for one page.

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
        if first and not page.full:
            raise _failed("not-full", "the store went on where a full sync was asked", page)
        if self.run.full and not page.full:
            await self._note(page, passed=True, doubt=RESUMED_LATE)
            return
        if self.run.full:
            progress.page(limit=self.page, records=page.records, remaining=page.remaining)
        else:
            progress.advance(page.remaining)
        doubt = SLIPPED if progress.slipped else MOVED if progress.moved else ""
        await self._note(page, passed=page.remaining == 0, doubt=doubt)
        if not self.passed and progress.stuck:
            raise _failed(
                "stalled", f"{page.remaining} rows remain and the store does not advance", page
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
            answer = await ask(
                self.context,
                self.shop.frontend_url,
                url,
                timeout=self.context.settings.store_timeout,
            )
        except CallFailed as failed:
            self.context.metrics.store_calls.labels(failed.reason).inc()
            if failed.reason == "timeout":
                self.page = rules.smaller_page(self.page)
            raise RunFailed(unreachable(failed)) from failed
        found = agent.read_page(answer.status, answer.headers.get("location", ""), answer.body)
        if isinstance(found, Failure):
            self.context.metrics.store_calls.labels(found.reason).inc()
            if found.reason == "gateway" or found.status == 413:
                self.page = rules.smaller_page(self.page)
            raise RunFailed(found)
        self.context.metrics.store_calls.labels("page").inc()
        if monotonic() - began > SLOW:
            self.page = rules.smaller_page(self.page)
        return found

    async def _note(self, page: Page, *, passed: bool, doubt: str) -> None:
        """Count the page, and see whether the run may go on."""

        def unit(work: Work) -> store.Run | None:
            lock_store(work.db, self.shop.shop_id)
            run = store.find_run(work.db, self.shop.shop_id, self.run.run_id)
            if run is None:
                return None
            state = store.PASSED if passed else store.RUNNING
            store.change_run(
                work.db,
                run.shop_id,
                run.run_id,
                pages=run.pages + 1,
                records=sync_run.c.records + page.records,
                touched_at=work.now_ms,
                state=state,
                reason=doubt,
            )
            return replace(run, pages=run.pages + 1, state=state, doubt=doubt)

        run = await self.context.db.write(unit)
        if run is None:
            raise RunWithdrawn
        came, self.run = run.received > self.run.received, run
        if page.status == 201 and page.records and not came:
            raise _failed("not-received", "the store's upload was taken by somebody else", page)

    def again(self, run: store.Run) -> None:
        """Start another pass."""
        self.run = run
        self._progress = None


async def settle_all(context: Context, runners: Sequence[Runner]) -> list[store.Run]:
    """`settle`, with the rows that are gone looked for beside other work and ended some at a time.

    Raises: RunWithdrawn.
    """
    absent = await context.db.read(lambda db: missing(db, runners))
    if not must_pass_again(runners, absent):
        for runner, left in zip(runners, absent, strict=True):
            for start in range(0, len(left.gone) - SWEPT, SWEPT):
                some = left.gone[start : start + SWEPT]
                await context.db.write(partial(_end_some, runner=runner, gone=some))
    return await context.db.write(lambda work: settle(work, runners, absent))


@dataclass(frozen=True, slots=True)
class Missing:
    """Rows that a full run did not meet."""

    in_last_pass: bool
    """Any of them, in the last pass."""
    gone: Sequence[str]
    """Keys of those met in none of the passes that count."""


def missing(db: sa.Connection, runners: Sequence[Runner]) -> list[Missing]:
    """What each full run did not meet; nothing for an incremental one. Reads every row's key: not
    for the one writer of SQLite."""
    found = []
    for runner in runners:
        run = runner.run
        if not run.full:
            found.append(Missing(in_last_pass=False, gone=()))
            continue
        last = merge.missing(db, run, runner.content, runner.languages, [run.passes])
        gone = last
        if run.doubt and run.passes and last:
            every = range(run.passes + 1)
            gone = merge.missing(db, run, runner.content, runner.languages, every)
        found.append(Missing(in_last_pass=bool(last), gone=gone))
    return found


def settle(work: Work, runners: Sequence[Runner], absent: Sequence[Missing]) -> list[store.Run]:
    """All languages of a content have passed. Returns the runs to pass again; none: all is done.

    A full pass in doubt is made again before rows that it did not meet are taken for gone, in
    every language: the first page of one empties the store's outbox for all.

    Raises:
        RunWithdrawn.
    """
    shop_id, content = runners[0].shop.shop_id, runners[0].content
    lock_store(work.db, shop_id)
    under_way = {run.run_id for run in store.running(work.db, shop_id, content.name)}
    if not all(runner.run.run_id in under_way for runner in runners):
        raise RunWithdrawn
    pairs = list(zip(runners, absent, strict=True))
    if must_pass_again(runners, absent):
        return [_reopened(work, runner.run, 1) for runner in runners]
    for runner, left in pairs:
        batch = _batch(work, runner.run)
        if runner.run.full:
            merge.sweep(batch, content, left.gone)
        elif content.name == "products":
            merge.settle_deletes(batch, content)
        store.change_run(
            work.db, shop_id, runner.run.run_id, state="done", finished_at=work.now_ms, reason=""
        )
    return []


def _end_some(work: Work, runner: Runner, gone: Sequence[str]) -> None:
    """End a part of what is gone, before `settle` ends the rest: no transaction is long.

    Raises: RunWithdrawn.
    """
    lock_store(work.db, runner.run.shop_id)
    under_way = store.running(work.db, runner.run.shop_id, runner.content.name)
    if runner.run.run_id not in {run.run_id for run in under_way}:
        raise RunWithdrawn
    rows.end_by_id(_batch(work, runner.run), runner.content, gone)


def _batch(work: Work, run: store.Run) -> rows.Batch:
    return rows.Batch(work.db, run.shop_id, store.mark(run), run.lang, work.now_ms)


def must_pass_again(runners: Sequence[Runner], absent: Sequence[Missing]) -> bool:
    """Whether any of the passes is in doubt, and what it did not meet therefore too."""
    return any(_in_doubt(runner.run, left) for runner, left in zip(runners, absent, strict=True))


def _in_doubt(run: store.Run, left: Missing) -> bool:
    if not run.full or not run.doubt or run.passes + 1 >= rules.PASSES:
        return False
    if run.doubt == RESUMED_LATE or (run.doubt == SLIPPED and not run.passes):
        return True
    return left.in_last_pass


def _failed(reason: str, detail: str, page: Page) -> RunFailed:
    return RunFailed(Failure(Scope.CONTENT, reason, detail, page.status, 5))


def unreachable(failed: CallFailed) -> Failure:
    """A call without an answer, as a failure of the store or, when slow, of the content."""
    patience = 20.0 if failed.reason == "refused-address" else 1.0
    scope = Scope.CONTENT if failed.reason == "timeout" else Scope.STORE
    return Failure(scope, failed.reason, failed.explanation, 0, patience)
