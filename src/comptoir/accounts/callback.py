"""Ask a store's `ps_accounts` something at an address that the store, or somebody, gave us."""

import json
from typing import Any
from urllib.parse import urljoin, urlsplit

from comptoir.accounts.errors import StoreCannotBeRequested
from comptoir.base.clock import monotonic
from comptoir.infra.http.context import Context
from comptoir.infra.http.outbound import Answer, CallFailed

REDIRECTS = 2
SHOWN = 500
"""Characters of the store's answer that go into the error, for the merchant's eyes."""


def address(frontend_url: str, controller: str) -> str:
    """Of a front controller of `ps_accounts`, in the form that always works (§2.1)."""
    return f"{frontend_url}/index.php?fc=module&module=ps_accounts&controller={controller}"


async def ask(context: Context, url: str, headers: dict[str, str]) -> Answer:
    """The store's answer. Redirects on its own host are followed.

    Raises: StoreCannotBeRequested.
    """
    until = monotonic() + context.settings.verify_timeout
    sent = {**headers, "Accept": "application/json"}
    for _ in range(REDIRECTS + 1):
        try:
            left = max(0.05, until - monotonic())
            answer = await context.outbound.get(url, timeout=left, headers=sent)
        except CallFailed as failed:
            raise StoreCannotBeRequested(reason=failed.explanation) from failed
        target = _target(url, answer)
        if not target:
            return answer
        url = target
    raise StoreCannotBeRequested(reason="the store redirects in a circle")


def _target(url: str, answer: Answer) -> str:
    """Where a redirect leads that we may follow; empty for any other answer."""
    if answer.status not in (301, 302, 303, 307, 308):
        return ""
    try:
        target = urljoin(url, answer.headers.get("location", ""))
        return target if _same_host(url, target) else ""
    except ValueError:  # not a URL
        return ""


def _same_host(left: str, right: str) -> bool:
    """Our token goes to the store's own host only, and never from https back to http."""
    a, b = urlsplit(left), urlsplit(right)
    upgraded = a.scheme == "http" and b.scheme == "https" and a.hostname == b.hostname
    return upgraded or (a.scheme, a.netloc) == (b.scheme, b.netloc)


def shown(answer: Answer) -> dict[str, object]:
    """What an error says of the answer (spec/accounts.md §1.1)."""
    return {
        "status": answer.status,
        "data": answer.body.decode("utf-8", "replace")[:SHOWN],
        "headers": {k: v for k, v in answer.headers.items() if k in ("content-type", "server")},
    }


def read(answer: Answer) -> Any:
    """The JSON of a good answer, also behind a byte-order mark: a PHP file of the store that was
    saved with one puts it before all that the store says. Raises: StoreCannotBeRequested."""
    if answer.status != 200:
        raise StoreCannotBeRequested(
            reason=f"Request failed with status code {answer.status}", response=shown(answer)
        )
    try:
        return json.loads(answer.body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as wrong:
        raise StoreCannotBeRequested(
            reason="the store did not answer with JSON", response=shown(answer)
        ) from wrong
