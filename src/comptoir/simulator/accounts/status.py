"""The status of a shop, cached in its database (spec/accounts.md §2.3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from comptoir.simulator.accounts.installation import Shop

ROW = "PS_ACCOUNTS_SHOP_STATUS"
FRESH_SECONDS = 30
DATES = ("createdAt", "updatedAt", "verifiedAt", "unverifiedAt")
EMPTY: Mapping[str, object] = {
    "cloudShopId": None,
    "isVerified": False,
    "frontendUrl": None,
    "backOfficeUrl": None,
    "shopVerificationErrorCode": None,
    "pointOfContactUuid": None,
    "pointOfContactEmail": None,
    "createdAt": None,
    "updatedAt": None,
    "verifiedAt": None,
    "unverifiedAt": None,
}


@dataclass(slots=True)
class StatusCache:
    shop: Shop

    @property
    def known(self) -> dict[str, Any]:
        """What is cached, however old."""
        return dict(self._row().get("shopStatus", {}))

    def get(self, name: str) -> Any:
        return self.known.get(name)

    @property
    def verified(self) -> bool:
        return bool(self.get("isVerified"))

    def fresh(self, seconds: float = FRESH_SECONDS) -> bool:
        """Valid, and read less than that ago."""
        row = self._row()
        told = row.get("updatedAt")
        if not row.get("isValid") or not told:
            return False
        return self.shop.of.now - datetime.fromisoformat(told).timestamp() < seconds

    def read(self, heard: Mapping[str, Any]) -> None:
        """An answer of the cloud: what it leaves out keeps its value.

        Raises:
            ValueError: a date that PHP cannot read; the module does not catch that either.
        """
        for name in DATES:
            if heard.get(name) is not None:
                datetime.fromisoformat(str(heard[name]))
        self._write(_merged(self.known, heard), valid=True, at=self._now())

    def update(self, **changes: Any) -> None:
        """Part of it, known before the cloud tells; its age stays."""
        row = self._row()
        self._write(
            _merged(self.known, changes),
            valid=bool(row.get("isValid")),
            at=row.get("updatedAt"),
        )

    def invalidate(self) -> None:
        """The next read asks the cloud."""
        if self.shop.has(ROW):
            self._write(self.known, valid=False, at=self._row().get("updatedAt"))

    def clear(self) -> None:
        self.shop.put(ROW, None)

    def _row(self) -> dict[str, Any]:
        return json.loads(self.shop.get(ROW) or "{}")  # type: ignore[no-any-return]

    def _write(self, status: dict[str, Any], *, valid: bool, at: str | None) -> None:
        row = {"shopStatus": status, "isValid": valid, "updatedAt": at}
        self.shop.put(ROW, json.dumps(row))

    def _now(self) -> str:
        return datetime.fromtimestamp(self.shop.of.now, UTC).isoformat()


def atom(told: str | None) -> str | None:
    """A date as the module prints it: seconds and an offset."""
    if told is None:
        return None
    when = datetime.fromisoformat(told)
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return when.isoformat(timespec="seconds")


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Recursively: only what is there overwrites."""
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        both = isinstance(before, dict) and isinstance(value, dict)
        merged[name] = _merged(before or {}, value) if both else value
    return merged
