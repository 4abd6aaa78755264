"""The agent's front controllers: one page per call (spec/eventbus.md §2.1, §3.2-3.5)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import islice

from comptoir.base.clock import monotonic
from comptoir.prestashop.catalogue import catalogue
from comptoir.simulator.book import Book
from comptoir.simulator.defects import Mischief
from comptoir.simulator.module import Change, Cursor, Tables
from comptoir.simulator.outgoing import Answer, Outgoing
from comptoir.simulator.reply import Reply
from comptoir.simulator.sources import SOURCES
from comptoir.simulator.wire import Record, delete, fingerprint, upsert

REASONS = {
    452: "Cannot refresh token",
    454: "Database syntax error",
    458: "Invalid URL query",
    500: "Internal Server Error",
}
NEVER_PAGED = ("info", "themes")
ALL_OF_A_PARENT = (
    "carrier_details",
    "carrier_taxes",
    "cart_products",
    "product_suppliers",
    "wishlist_products",
    "stock_movements",
)
"""Contents whose incremental query has no LIMIT (§3.5)."""


def failure(code: int, message: str) -> Reply:
    """`object_type` is always false: a slip of the module (§2.1)."""
    body = {"object_type": False, "status": False, "httpCode": code, "message": message}
    return Reply(code, body)


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid call."""

    content: str
    lang: str
    limit: int
    full: bool
    job: str
    token: str
    started: float


@dataclass(frozen=True, slots=True)
class Batch:
    mode: str
    records: list[Record]
    answer: Answer | None
    remaining: int


@dataclass(slots=True)
class Agent:
    tables: Tables
    outgoing: Outgoing
    mischief: Mischief
    token: Callable[[], Awaitable[str]]
    """The shop token, "" when there is none."""
    book: Callable[[], Book]
    default_lang: Callable[[], str]
    shift: Callable[[str], None]
    """Rows of a content come and go."""

    async def shop_content(self, params: Mapping[str, str]) -> Reply:
        """The order of the checks is the module's: content, limit, job and token, then sync."""
        started = monotonic()
        content = params.get("shop_content", "").replace("-", "_")
        if content not in SOURCES:
            return failure(458, "404 - ShopContent not found")
        limit = _limit(params.get("limit", "50"))
        if limit is None:
            return Reply(500, html="<html><body>500 Internal Server Error</body></html>")
        if limit < 0:
            return failure(458, "Invalid URL Parameters")
        job = params.get("job_id", "")
        if self.mischief.first("job-refused"):
            return failure(454, "Failed saving job id to database")
        token = await self.token()
        if not await self.accepts(job, token):
            return failure(454, "Failed saving job id to database")
        if not token:
            return failure(452, "Invalid token")
        lang = params.get("lang_iso") or self.default_lang()
        full = params.get("full", "0") == "1"
        asked = Asked(content, lang, limit, full, job, token, started)
        cursor = self._cursor(asked)
        if params.get("explain_sql", "0") == "1" and content not in NEVER_PAGED:
            return self._explained(asked, cursor)
        if cursor.finished:
            return self._reply(asked, await self._incremental(asked))
        return self._reply(asked, await self._page(asked, cursor))

    async def accepts(self, job: str, token: str) -> bool:
        """A job that was accepted once is never asked again (§1.1)."""
        if job not in self.tables.jobs:
            if not await self.outgoing.job(job, token):
                return False
            self.tables.jobs.add(job)
        return True

    def _cursor(self, asked: Asked) -> Cursor:
        """§3.2: no row or full=1 start over; full=1 on a row also empties the outbox."""
        key = (asked.content, asked.lang)
        cursor = self.tables.cursors.get(key)
        if cursor is not None and asked.full:
            self.tables.clear(asked.content)
        if cursor is None or asked.full:
            cursor = self.tables.cursors[key] = Cursor()
        return cursor

    async def _page(self, asked: Asked, cursor: Cursor) -> Batch:
        """§3.3: read, upload, advance on 201, count what is left."""
        whole = asked.content in NEVER_PAGED
        if cursor.offset and self.mischief.chance("shuffled-pages", 0.5):
            self.shift(asked.content)
        rows = self.book().page(
            asked.content,
            asked.lang,
            0 if whole else cursor.offset,
            0 if whole else asked.limit,
        )
        collection = catalogue()[asked.content].collection
        records = [upsert(collection, row) for row in rows]
        answer = await self._upload(asked, records, full=True)
        if (answer is None or answer.status == 201) and not self.mischief.has("stuck"):
            cursor.offset += asked.limit
        left = self.book().count(asked.content, asked.lang) - cursor.offset
        remaining = 0 if whole else max(0, left)
        if not remaining:
            cursor.offset, cursor.finished = 0, True
        return Batch("full", records, answer, remaining)

    async def _incremental(self, asked: Asked) -> Batch:
        """§3.5: some outbox rows, upserts first; removed on 201 or when nothing is to be sent."""
        waiting = self.tables.waiting(asked.content, asked.lang)
        taken = dict(islice(waiting.items(), asked.limit or None))
        ids = [object_id for object_id, change in taken.items() if change.action == "upsert"]
        limit = 0 if asked.content in ALL_OF_A_PARENT else asked.limit
        collection = catalogue()[asked.content].collection
        rows = self.book().found(asked.content, asked.lang, ids, limit)
        records = [upsert(collection, row) for row in rows]
        records += [
            delete(collection, object_id)
            for object_id, change in taken.items()
            if change.action == "delete"
        ]
        answer = await self._upload(asked, records, full=False)
        if answer is None or answer.status == 201:
            self._forget(waiting, taken)
        return Batch("incremental", records, answer, len(waiting))

    def _forget(self, waiting: dict[str, Change], taken: dict[str, Change]) -> None:
        """Removal is by id; here a change that came meanwhile stays, unless the store is lossy."""
        for object_id, change in taken.items():
            if self.mischief.has("lost-changes") or waiting.get(object_id) == change:
                waiting.pop(object_id, None)

    async def _upload(self, asked: Asked, records: list[Record], *, full: bool) -> Answer | None:
        """None when there is nothing to send."""
        if not records:
            return None
        if self.mischief.every("duplicated-batch", 3):
            await self.outgoing.upload(asked.job, asked.token, records, full=full)
        return await self.outgoing.upload(asked.job, asked.token, records, full=full)

    def _reply(self, asked: Asked, batch: Batch) -> Reply:
        answer = batch.answer
        if answer is not None and answer.status == 0:
            # PHP emits the status line "HTTP/1.1 0"; nginx makes it a bad gateway (§1.2).
            return Reply(502, html="<html><body>502 Bad Gateway</body></html>")
        status = 200 if answer is None else answer.status
        body: dict[str, object] = {
            "job_id": asked.job,
            "object_type": asked.content,
            "syncType": batch.mode,
            "execution_time_in_seconds": round(monotonic() - asked.started, 2),
            "total_objects": len(batch.records),
            "has_remaining_objects": batch.remaining > 0,
            "remaining_objects": batch.remaining,
            "md5": fingerprint(batch.records),
        }
        if answer is not None:
            body["status"] = 200 <= status < 300
        body["httpCode"] = status
        if answer is not None:
            body["body"] = answer.body
            body["upload_url"] = self.outgoing.upload_url(asked.job)
        return Reply(status, None if status == 204 else body)

    def _explained(self, asked: Asked, cursor: Cursor) -> Reply:
        """The query in PrestaShop's own shape, near enough to look at."""
        table = f"ps_{asked.content}"
        where: list[str] = []
        if cursor.finished:
            waiting = self.tables.waiting(asked.content, asked.lang)
            ids = [key for key, change in waiting.items() if change.action == "upsert"] or ["-1"]
            listed = ",".join(f"'{key}'" for key in ids[: asked.limit or None])
            where = [f"t.id IN({listed})"]
        query = {
            "type": "SELECT",
            "select": ["*"],
            "from": [f"`{table}` t"],
            "join": [],
            "where": where,
            "group": [],
            "having": [],
            "order": [],
            "limit": {"offset": cursor.offset, "limit": asked.limit},
        }
        text = " WHERE ".join([f"SELECT t.* FROM `{table}` t", *where])  # noqa: S608 - shown, not run
        body = {"\0*\0query": query, "queryStringified": text, "httpCode": 200}
        return Reply(200, body)


def _limit(text: str) -> int | None:
    """-1 for an empty one, None for what PHP cannot read as a number (a TypeError)."""
    if not text:
        return -1
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return None
