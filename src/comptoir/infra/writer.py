"""SQLite's one writer: a thread that runs what waits, and commits once for all of it."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from comptoir.base.clock import monotonic
from comptoir.infra.db import dialect
from comptoir.infra.db.checkpoints import Checkpoints
from comptoir.infra.log import logger
from comptoir.infra.work import Work

GROUP = 64
"""Units of work committed together, at most."""
LONG = 0.1
"""Seconds after which a transaction takes no further unit, so that nobody waits for long."""
log = logger("database")


@dataclass(slots=True)
class Job:
    """A unit of work, and who waits for it."""

    run: Callable[[Work], Any]
    actor: str
    request_id: str
    done: Future[Any]

    def in_group(self, group: Work) -> Any:
        return self.run(Work(group.db, group.now, group.ids, self.actor, self.request_id))


Outcome = tuple[Any, BaseException | None]
"""What a unit returned, or raised."""


class _Failed(Exception):
    """A unit has failed, and with it what the others have done in its transaction."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__()
        self.failure = failure


class Writer:
    """`transaction` begins and ends one, on a connection that makes no checkpoints by itself."""

    def __init__(
        self,
        checkpoints: Checkpoints,
        transaction: Callable[[], AbstractContextManager[Work]],
        long: float = LONG,
    ) -> None:
        self._checkpoints = checkpoints
        self._transaction = transaction
        self._long = long
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="db-writer", daemon=True)
        self._thread.start()

    def put(self, job: Job) -> None:
        self._waiting.put(job)

    def stop(self) -> None:
        """Returns when what was put before is done."""
        self._waiting.put(None)
        self._thread.join()
        self._checkpoints.stop()

    def _loop(self) -> None:
        while (job := self._waiting.get()) is not None:
            if job.done.set_running_or_notify_cancel():
                self._serve([job])

    def _serve(self, group: list[Job]) -> None:
        """Run the job and those that wait behind it. Whatever happens, each gets an answer and the
        thread lives on."""
        try:
            try:
                self._commit(group, self._taken(group), _together)
            except _Failed as failed:
                if len(group) == 1:
                    group[0].done.set_exception(failed.failure)
                else:
                    self._commit(group, group, _apart)
        except BaseException as failure:
            waiting = [job for job in group if not job.done.done()]
            for job in waiting:
                job.done.set_exception(failure)
            if not waiting:
                log.exception("writer failed, goes on")

    def _taken(self, group: list[Job]) -> Iterator[Job]:
        """The job, and those that wait behind it as long as the transaction takes more: they are in
        the group then. Who has stopped waiting is left out."""
        started = monotonic()
        yield group[0]
        while len(group) < GROUP and monotonic() - started < self._long:
            job = self._next()
            if job is None:
                return
            if job.done.set_running_or_notify_cancel():
                group.append(job)
                yield job

    def _next(self) -> Job | None:
        try:
            job = self._waiting.get_nowait()
        except queue.Empty:
            return None
        if job is None:
            self._waiting.put(None)
        return job

    def _commit(
        self, group: list[Job], jobs: Iterable[Job], run: Callable[[Work, Job], Outcome]
    ) -> None:
        """Run the jobs in one transaction, and tell who waits when it is durable.

        Raises: _Failed.
        """
        self._checkpoints.before()
        with self._transaction() as work:
            before = _changes(work)
            outcomes = [run(work, job) for job in jobs]
            changes = _changes(work) - before
        for job, (result, failure) in zip(group, outcomes, strict=True):
            if failure is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(failure)
        self._checkpoints.after(changes)


def _together(group: Work, job: Job) -> Outcome:
    """Raises: _Failed, if it fails by itself: what the group has done cannot be kept."""
    try:
        return job.in_group(group), None
    except BaseException as failure:
        if dialect.trouble(failure):
            raise
        raise _Failed(failure) from None


def _apart(group: Work, job: Job) -> Outcome:
    """In a savepoint: SQLite copies each page before it changes."""
    outcome: Outcome
    group.db.exec_driver_sql("SAVEPOINT one")
    try:
        outcome = job.in_group(group), None
    except BaseException as failure:
        if dialect.trouble(failure):
            raise  # SQLite may have rolled back all of the group
        group.db.exec_driver_sql("ROLLBACK TO one")
        outcome = None, failure
    group.db.exec_driver_sql("RELEASE one")
    return outcome


def _changes(work: Work) -> int:
    """Rows that the connection has changed until now."""
    driver: Any = work.db.connection.driver_connection
    return int(driver.total_changes)
