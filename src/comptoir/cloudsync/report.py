"""What the Reporting API says of a store's syncs (spec/rawapi.md §9)."""

from typing import Any

import sqlalchemy as sa

from comptoir.base.instant import shown
from comptoir.cloudsync import store


def summary(db: sa.Connection, shop_id: str, contents: set[str], asked: str) -> dict[str, Any]:
    """One object: the first and the last finish of the asked content, or, without one, over all
    `contents` that have finished. Both null before that."""
    rows = [r for r in store.content_rows(db, shop_id) if r["content"] in contents]
    if asked:
        rows = [row for row in rows if row["content"] == asked]
    first = [r["first_finished_at"] for r in rows if r["first_finished_at"] is not None]
    last = [r["last_finished_at"] for r in rows if r["last_finished_at"] is not None]
    status = rows[0]["http_status"] if asked and rows else 0
    return {
        "firstSyncFinishedAt": shown(min(first, default=None)),
        "lastSyncFinishedAt": shown(max(last, default=None)),
        "shopContent": asked.replace("_", "-"),
        "requested": any(row["active"] for row in rows),
        "httpStatus": status or None,
        "httpStatusText": (rows[0]["reason"] or None) if asked and rows else None,
    }
