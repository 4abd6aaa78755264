"""Calls to a store's agent. A redirect is followed when it leads to the same shop, no further."""

from urllib.parse import urljoin, urlsplit

from comptoir.base.clock import monotonic
from comptoir.infra.http.context import Context
from comptoir.infra.http.outbound import Answer

REDIRECTS = 2


async def ask(context: Context, frontend_url: str, url: str, *, timeout: float) -> Answer:
    """GET from the store, within `timeout` seconds in all.

    Raises:
        CallFailed.
    """
    until = monotonic() + timeout
    headers = {"Accept": "application/json"}
    answer = await context.outbound.get(url, timeout=timeout, headers=headers)
    for _ in range(REDIRECTS):
        target = urljoin(url, answer.headers.get("location", ""))
        if answer.status not in (301, 302, 303, 307, 308) or not same_shop(frontend_url, target):
            break
        url = target
        left = max(0.05, until - monotonic())
        answer = await context.outbound.get(url, timeout=left, headers=headers)
    return answer


def same_shop(frontend_url: str, target: str) -> bool:
    """Whether an address lies in the shop: its host and path, by its own scheme or by https.

    The job id in the query opens the store's agent: it goes nowhere else (spec/eventbus.md §2).
    """
    try:
        shop, other = urlsplit(frontend_url), urlsplit(target)
        same_host = (shop.scheme, shop.netloc) == (other.scheme, other.netloc) or (
            other.scheme == "https" and other.port is None and shop.hostname == other.hostname
        )
    except ValueError:
        return False
    return same_host and other.path.startswith(shop.path.rstrip("/") + "/")
