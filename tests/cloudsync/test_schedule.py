"""Events that are heard in another order than things happened in: what is true now counts."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from comptoir import accounts
from comptoir.accounts import verify as verification
from comptoir.accounts.errors import ProofInvalid
from comptoir.accounts.rules import Place
from comptoir.cloudsync import schedule
from comptoir.cloudsync import store as state
from comptoir.infra.db.tables import outbox
from comptoir.infra.work import Work
from tests.cloudsync.ground import Ground, Store


@pytest.fixture
def consented(ground: Ground, shop: Store) -> Store:
    """A store that lets a module read something."""
    name = f"v{ground.stores}"
    with ground.context.db.begin("test") as work:
        accounts.create_vendor(work, name, ground.context.vault)
        accounts.register_module(work, name, f"{name}_module")
        accounts.grant(work, shop.shop_id, f"{name}_module")
    return shop


def proves(work: Work, shop: Store, *, right: bool = True, at: str = "", later: int = 0) -> None:
    """`at`: the host, its own by default. `later`: milliseconds by which the unit of work began
    later."""
    url = f"https://{at or shop.shop_id}.example"
    failure = None if right else ProofInvalid(reason="another proof")
    work = replace(work, now=work.now + timedelta(milliseconds=later))
    verification.record(work, shop.shop_id, Place("Demo", url, f"{url}/admin", "1"), failure)


def hear(shop: Store) -> list[str]:
    """All that was announced of the store, by the instants at which the units began. Topics."""
    mine = outbox.c.shop_id == shop.shop_id
    with shop.context.db.begin("test") as work:
        rows = work.db.execute(outbox.select().where(mine).order_by(outbox.c.id)).all()
        for row in rows:
            for handler in schedule.HANDLERS.get(row.topic, ()):
                handler(work, json.loads(row.body))
        work.db.execute(outbox.delete().where(mine))
    return [row.topic for row in rows if row.topic != "accounts.consent.changed.v1"]


def due_at(shop: Store) -> int | None:
    with shop.context.db.reading() as db:
        found: int | None = state.store_row(db, shop.shop_id).get("due_at")
    return found


def test_a_store_that_is_verified_is_due_though_that_it_was_not_is_heard_last(
    consented: Store,
) -> None:
    shop = consented
    with shop.context.db.begin("test") as work:
        proves(work, shop)
    hear(shop)
    run = shop.open("customers")
    with shop.context.db.begin("test") as work:
        proves(work, shop, right=False, later=1)
        proves(work, shop)

    assert hear(shop) == ["accounts.shop.verified.v1", "accounts.shop.unverified.v1"]
    assert due_at(shop) is not None
    assert shop.job(run.run_id) == 201


def test_a_store_that_is_not_verified_is_not_due_though_that_it_was_is_heard_last(
    consented: Store, other: Store
) -> None:
    shop = consented
    with shop.context.db.begin("test") as work:
        proves(work, shop)
    hear(shop)
    run = shop.open("customers")
    with shop.context.db.begin("test") as work:
        proves(work, shop, later=1)
        proves(work, other, at=shop.shop_id)

    assert hear(shop) == ["accounts.shop.unverified.v1", "accounts.shop.verified.v1"]
    assert due_at(shop) is None
    assert shop.job(run.run_id) == 404
