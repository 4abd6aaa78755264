"""Whether the database serves: what its failures mean, told to callers and once to the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from comptoir.base.clock import monotonic
from comptoir.base.errors import Unavailable
from comptoir.infra.db import dialect
from comptoir.infra.log import logger

RETRY_AFTER = 5
RECENT = 60.0
log = logger("database")


@dataclass(kw_only=True, eq=False)
class DatabaseUnavailable(Unavailable):
    """The database cannot serve now: it restarts, or its disk is full or fails."""

    code = "infra.database_unavailable"
    title = "The database is not available"

    reason: str
    retry_after: int = RETRY_AFTER

    def detail(self) -> str:
        return (
            f"The database is not available: {self.reason}."
            f" Send the request again in {self.retry_after} s."
        )


class Condition:
    """One per database. In trouble from the first failure until something is written again."""

    def __init__(self) -> None:
        self.trouble = ""
        self._failed_at = 0.0

    @property
    def doubtful(self) -> bool:
        """In trouble now, or within the last minute."""
        return bool(self.trouble) or (
            self._failed_at > 0 and monotonic() - self._failed_at < RECENT
        )

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Raises: DatabaseUnavailable, for what the database itself is to blame for."""
        try:
            yield
        except Exception as failure:
            reason = dialect.trouble(failure)
            if not reason:
                raise
            self._failed_at = monotonic()
            if reason != self.trouble:
                self.trouble = reason
                said = (str(getattr(failure, "orig", failure)).splitlines() or [""])[0][:200]
                log.error("database unavailable", reason=reason, error=said)  # noqa: TRY400
            raise DatabaseUnavailable(reason=reason) from failure

    def written(self) -> None:
        if self.trouble:
            self.trouble = ""
            log.info("database serves again")
