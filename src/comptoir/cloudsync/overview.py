"""One store's syncs at a glance: for the operator's `comptoir store show`."""

from typing import Any

import sqlalchemy as sa

from comptoir.base.instant import shown
from comptoir.cloudsync import rows, store
from comptoir.prestashop.catalogue import catalogue

_TIMES = ("next_full_at", "next_incremental_at", "backoff_until")
_FINISHES = ("first_finished_at", "last_finished_at", "last_full_at")


def overview(db: sa.Connection, shop_id: str) -> dict[str, Any]:
    """State of the store, of each of its contents (with the number of rows), what was set aside."""
    state = store.store_row(db, shop_id)
    found = {row["content"]: row for row in store.content_rows(db, shop_id)}
    contents = []
    for name, content in catalogue().items():
        if (row := found.get(name)) is None:
            continue
        times = {n: shown(row[n]) for n in (*_FINISHES, *_TIMES)}
        contents.append(
            {
                "content": name,
                "rows": rows.count(db, shop_id, content),
                "active": row["active"],
                "waiting": row["want_full"] or row["want_incremental"],
                "http_status": row["http_status"],
                "reason": row["reason"],
                "detail": row["detail"],
                **times,
            }
        )
    return {
        "due_at": shown(state.get("due_at")),
        "backoff_until": shown(state.get("backoff_until")),
        "failures": state.get("failures", 0),
        "reason": state.get("reason", ""),
        "detail": state.get("detail", ""),
        "called_at": shown(state.get("called_at")),
        "driven_now": bool(state.get("lease_owner")),
        "health": store.read_health(state),
        "contents": contents,
        "set_aside": [
            {**row, "last_seen_at": shown(row["last_seen_at"]), "times": int(row["times"])}
            for row in store.aside(db, shop_id)
        ],
    }


def set_aside(
    db: sa.Connection, shop_id: str, content: str = "", limit: int = 100
) -> list[dict[str, Any]]:
    """What could not be applied, as it was sent; bytes that are no UTF-8 as `\\xNN`."""
    return [
        {
            **row,
            "value": bytes(row["value"]).decode("utf-8", "backslashreplace"),
            "times": int(row["times"]),
            "first_seen_at": shown(row["first_seen_at"]),
            "last_seen_at": shown(row["last_seen_at"]),
        }
        for row in store.aside_things(db, shop_id, content, limit)
    ]


def finished_since(db: sa.Connection, shop_id: str, since: int) -> tuple[int, int]:
    """(contents that finished a sync at or after `since` and wait for none, rows of the store)."""
    states = {row["content"]: row for row in store.content_rows(db, shop_id)}
    done = [
        name
        for name, row in states.items()
        if (row["last_finished_at"] or -1) >= since
        and not row["want_full"]
        and not row["want_incremental"]
    ]
    return len(done), sum(rows.count(db, shop_id, catalogue()[name]) for name in states)
