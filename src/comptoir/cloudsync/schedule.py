"""What makes a sync due: consent, verification, hints, requests and time."""

from collections.abc import Sequence
from typing import Any

from comptoir.accounts import consented_contents, find_shop
from comptoir.cloudsync import store
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.work import Work
from comptoir.prestashop.catalogue import catalogue

# Events may come in another order than things happened in: each handler looks at the store as it is
# now, in its turn at it.


def on_consent_changed(work: Work, event: dict[str, Any]) -> None:
    """Keep the active contents those that some module may read; new ones start with a full run."""
    refresh(work, str(event["shop_id"]))


def on_shop_verified(work: Work, event: dict[str, Any]) -> None:
    """The store can be called, perhaps at another address than before."""
    shop_id = str(event["shop_id"])
    refresh(work, shop_id)
    if _verified(work, shop_id):
        store.call_now(work.db, shop_id, work.now_ms, forgive=True)


def on_shop_unverified(work: Work, event: dict[str, Any]) -> None:
    """A store that has not proved its address is not called."""
    shop_id = str(event["shop_id"])
    lock_store(work.db, shop_id)
    if _verified(work, shop_id):
        return
    store.end_runs(work.db, shop_id, list(catalogue()), "withdrawn", work.now_ms)
    store.change_store(work.db, shop_id, due_at=None)


def _verified(work: Work, shop_id: str) -> bool:
    """As it is now: for who has a turn at the store."""
    shop = find_shop(work.db, shop_id)
    return shop is not None and shop.verified


HANDLERS = {
    "accounts.consent.changed.v1": (on_consent_changed,),
    "accounts.shop.verified.v1": (on_shop_verified,),
    "accounts.shop.unverified.v1": (on_shop_unverified,),
}


def refresh(work: Work, shop_id: str) -> None:
    """Bring the wanted contents in line with the consents in force."""
    lock_store(work.db, shop_id)
    wanted = consented_contents(work.db, shop_id)
    before = {state.content for state in store.contents(work.db, shop_id) if state.active}
    for content in sorted(wanted - before):
        store.change_content(
            work.db,
            shop_id,
            content,
            active=True,
            want_full=True,
            backoff_until=None,
            failures=0,
        )
    ended = sorted(before - wanted)
    for content in ended:
        store.change_content(
            work.db, shop_id, content, active=False, want_full=False, want_incremental=False
        )
    if ended:
        store.end_runs(work.db, shop_id, ended, "withdrawn", work.now_ms)
    if wanted and _verified(work, shop_id):
        store.call_now(work.db, shop_id, work.now_ms)


def want(work: Work, shop_id: str, contents: Sequence[str], *, full: bool, asked: bool) -> None:
    """Ask for a run of each content. A run that waits already is joined.

    `asked`: somebody asked by hand, so the store is called even while it backs off.
    """
    lock_store(work.db, shop_id)
    flag = {"want_full": True} if full else {"want_incremental": True, "wanted_at": work.now_ms}
    known = {state.content: state for state in store.contents(work.db, shop_id)}
    for content in contents:
        state = known.get(content)
        if state is None or not state.active:
            continue
        backoff = {"backoff_until": None} if asked else {}
        store.change_content(work.db, shop_id, content, **flag, **backoff)
    store.call_now(work.db, shop_id, work.now_ms, forgive=asked)


def language_added(work: Work, shop_id: str) -> None:
    """Contents that carry every language in one run hold rows of the new one, unannounced."""
    lock_store(work.db, shop_id)
    for state in store.contents(work.db, shop_id):
        if state.active and catalogue()[state.content].shape.all_languages:
            store.change_content(work.db, shop_id, state.content, want_full=True)
