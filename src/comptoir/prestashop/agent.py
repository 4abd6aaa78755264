"""The agent's side of the conversation: the calls to make and how to read its answers.

Spec: eventbus.md §2.1, §2.2, §8.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlencode

import msgspec


class Scope(Enum):
    """What a failure says something about."""

    STORE = "store"
    """Nothing else will work now: wait before calling this store at all."""
    CONTENT = "content"
    """Other contents may work: wait before calling for this one."""


@dataclass(frozen=True, slots=True)
class Page:
    """One successful `apiShopContent` call."""

    full: bool
    """What the call did: a page of a full sync, or of an incremental one."""
    records: int
    remaining: int
    status: int


@dataclass(frozen=True, slots=True)
class Failure:
    scope: Scope
    reason: str
    """One word or two for machines and dashboards: `maintenance`, `job-refused`, `redirect`…"""
    detail: str
    status: int = 0
    patience: float = 1.0
    """Multiplies the wait: 1 for what passes by itself, more for what needs a person."""


@dataclass(frozen=True, slots=True)
class Health:
    ready: bool
    reason: str
    detail: str
    versions: dict[str, str]


class _Answer(msgspec.Struct):
    httpCode: int = 0  # noqa: N815 - the agent's name
    object_type: Any = None
    syncType: str = ""  # noqa: N815
    total_objects: int = 0
    has_remaining_objects: bool = False
    remaining_objects: int = 0
    message: str = ""


def content_url(
    frontend_url: str, content: str, job_id: str, *, limit: int, full: bool, lang_iso: str
) -> str:
    query = {"shop_content": content, "job_id": job_id, "limit": str(limit)}
    if full:
        query["full"] = "1"
    if lang_iso:
        query["lang_iso"] = lang_iso
    return _url(frontend_url, "apiShopContent", query)


def health_url(frontend_url: str, job_id: str = "") -> str:
    return _url(frontend_url, "apiHealthCheck", {"job_id": job_id} if job_id else {})


def _url(frontend_url: str, controller: str, query: Mapping[str, str]) -> str:
    fixed = {"fc": "module", "module": "ps_eventbus", "controller": controller}
    return f"{frontend_url}/index.php?{urlencode({**fixed, **query})}"


MOST_COUNTED = 10**9
"""What a store may claim of one page; more is taken for this much."""
VERSIONS = ("prestashop_version", "ps_eventbus_version", "ps_accounts_version", "php_version")

FAILURES: dict[int, tuple[Scope, str, str, float]] = {
    452: (Scope.STORE, "no-token", "the store cannot get a token from its account module", 1),
    453: (Scope.STORE, "misconfigured", "the store's module reports a wrong configuration", 10),
    454: (Scope.CONTENT, "job-refused", "the store could not validate the job, or its query", 1),
    455: (Scope.CONTENT, "write-failed", "the store cannot write to its database", 1),
    456: (Scope.CONTENT, "unsupported", "the store lacks the module that holds this content", 100),
    458: (Scope.CONTENT, "unsupported", "the store's module does not know this content", 100),
    459: (Scope.STORE, "account-version", "the store's account module is too old", 10),
    460: (Scope.STORE, "account-missing", "the store's account module is not installed", 10),
    500: (Scope.CONTENT, "store-error", "the store failed with an internal error", 1),
    502: (Scope.CONTENT, "gateway", "the store's upload did not reach us in time", 1),
    503: (Scope.STORE, "maintenance", "the store is in maintenance or overloaded", 1),
    504: (Scope.CONTENT, "gateway", "the store did not finish the page in time", 1),
}


def read_page(status: int, location: str, body: bytes) -> Page | Failure:
    """What an answer to `apiShopContent` means. The answer's own `status` member is not trusted:
    only 201 (uploaded and taken) and 200 (nothing to upload) move on (spec/eventbus.md §8.4)."""
    if 300 <= status < 400:
        return Failure(
            Scope.STORE, "redirect", f"the store redirects to {_said(location)}", status, 5
        )
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if status in FAILURES:
            return _failure(status, "")
        return Failure(Scope.STORE, "not-json", f"the store answered {status} without JSON", status)
    code = answer.httpCode or status
    if code == 200 and status == 200 and answer.total_objects > 0:
        return Failure(Scope.CONTENT, "not-taken", "the store's upload was not taken", code, 5)
    if code in (200, 201) and status in (200, 201):
        return Page(
            full=answer.syncType == "full",
            records=_count(answer.total_objects),
            remaining=_count(answer.remaining_objects) if answer.has_remaining_objects else 0,
            status=code,
        )
    return _failure(code if code not in (200, 201) else status, answer.message)


def _failure(code: int, message: str) -> Failure:
    scope, reason, detail, patience = FAILURES.get(
        code, (Scope.CONTENT, "refused", f"the store answered {code}", 1)
    )
    said = f": {_said(message)}" if message else ""
    return Failure(scope, reason, detail + said, code, patience)


def _count(claimed: int) -> int:
    return min(max(0, claimed), MOST_COUNTED)


def _said(text: str) -> str:
    """A store's own words, in a form that every database and log takes."""
    return text[:200].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def read_health(status: int, location: str, body: bytes) -> Health:
    """What an answer to `apiHealthCheck` means (spec/eventbus.md §2.2)."""
    if 300 <= status < 400:
        return Health(False, "redirect", f"the store redirects to {_said(location)}", {})
    if status != 200:
        _, reason, detail, _ = FAILURES.get(status, FAILURES[500])
        return Health(False, reason, f"{detail} ({status})", {})
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict) or "ps_eventbus" not in found:
        detail = "the address does not answer as a store with ps_eventbus"
        return Health(False, "not-json", detail, {})
    versions = {
        name: _said(found[name])[:64] for name in VERSIONS if isinstance(found.get(name), str)
    }
    if found["ps_eventbus"] is False:
        return Health(
            False, "tables-missing", "the module's tables are missing: reset it", versions
        )
    if found.get("ps_account") is False:
        return Health(False, "no-token", "the store has no token: link its account", versions)
    return Health(True, "", "", versions)
