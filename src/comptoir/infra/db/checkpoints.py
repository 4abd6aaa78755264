"""SQLite's checkpoints, beside the writer instead of inside its commits.

A commit appends pages to the write-ahead log, a checkpoint copies them into the database file: that
takes longer than the commit where the rows lie scattered (https://sqlite.org/wal.html §3).
"""

from concurrent.futures import Future, ThreadPoolExecutor

import sqlalchemy as sa

from comptoir.infra.log import logger

CHANGES = 500
"""Rows changed, from which a checkpoint is worth its fsync."""
LONGEST = 16_000
"""Pages of the log (64 MB) from which the writer waits for the checkpoint: the log begins anew when
nothing of it is left to copy."""
NONE_BY_ITSELF = "PRAGMA wal_autocheckpoint = 0"
"""What the writer's connection is set to."""
log = logger("database")


class Checkpoints:
    """One per writer, whose own connection makes none. `before` and `after` surround its
    transactions, on its thread.

    SQLite before 3.51.3 can lose pages when a checkpoint finds all copied while the writer begins
    the log anew (https://sqlite.org/wal.html §11). So one is made only after a transaction that
    began when none was under way, and wrote: what it committed is still to be copied, and until
    then the log goes on.
    """

    def __init__(
        self, engine: sa.Engine, *, changes: int = CHANGES, longest: int = LONGEST
    ) -> None:
        self._engine = engine
        self._enough = changes
        self._longest = longest
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="db-checkpoint")
        self._latest: Future[int] = Future()
        self._latest.set_result(0)
        self._alone = True
        self._changes = 0

    def is_quiet(self) -> bool:
        """None is under way."""
        return self._latest.done()

    def before(self) -> None:
        """A transaction is about to begin."""
        self._alone = self.is_quiet()

    def after(self, changes: int) -> None:
        """It was committed, with so many rows changed."""
        self._changes += changes
        if not changes or not self._alone or self._changes < self._enough:
            return
        too_long = self._latest.result() >= self._longest
        self._latest = self._thread.submit(self._make)
        self._changes = 0
        if too_long:
            self._latest.result()

    def stop(self) -> None:
        self._thread.shutdown(wait=True)

    def _make(self) -> int:
        """Returns the pages of the log."""
        try:
            with self._engine.connect() as connection:
                _, pages, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        except Exception as failure:  # noqa: BLE001 - nothing is lost: the log has it
            log.warning("checkpoint failed", error=str(getattr(failure, "orig", failure))[:200])
            return 0
        return int(pages)
