"""The circuit breaker of a service, kept in the store's database (spec/accounts.md §1.1)."""

from dataclasses import dataclass
from enum import StrEnum

from comptoir.simulator.accounts.installation import Installation, global_row, put_global

THRESHOLD = 2
OPEN_MS = 30_000


class Service(StrEnum):
    ACCOUNTS = "ACCOUNTS_SERVICE"
    OAUTH = "OAUTH2_SERVICE"
    ASSETS = "EXTERNAL_ASSETS_CLIENT"


@dataclass(slots=True)
class Breaker:
    of: Installation
    service: Service

    @property
    def failures(self) -> int:
        return int(global_row(self.of, self._row("FAILURE_COUNT")) or 0)

    @property
    def open(self) -> bool:
        """After 30 s it is half-open: one call goes out, and its end decides."""
        if self.failures < THRESHOLD:
            return False
        last = int(global_row(self.of, self._row("LAST_FAILURE_TIME")) or 0)
        return self._now() - last < OPEN_MS

    def failed(self) -> None:
        """Timed out or could not connect; no other failure counts."""
        put_global(self.of, self._row("LAST_FAILURE_TIME"), str(self._now()))
        put_global(self.of, self._row("FAILURE_COUNT"), str(self.failures + 1))

    def reset(self) -> None:
        put_global(self.of, self._row("LAST_FAILURE_TIME"), "")
        put_global(self.of, self._row("FAILURE_COUNT"), "0")

    def _row(self, name: str) -> str:
        return f"PS_ACCOUNTS_{self.service}_{name}"

    def _now(self) -> int:
        return int(self.of.now * 1000)
