"""What happens in a store by itself keeps its books in order and tells its hooks."""

from comptoir.simulator.life import EVENTS
from comptoir.simulator.scene import Scene
from tests.simulator.stage import Stage, played
from tests.simulator.test_growth import check_invariants, store


def test_the_books_still_balance_after_a_long_life() -> None:
    one = store(seed=3)
    told = one.live(800)
    assert len(told) == 800
    assert all(told)
    data = one.data
    for order in data.orders.values():
        assert order.histories and order.lines
    for cart in data.carts.values():
        assert all(product in data.products for product, _ in cart.lines)
    for number in data.stocks.values():
        assert number.product in data.products
    assert all(link.product in data.products for link in data.supplier_links.values())
    assert set(data.wishlist_of.values()) <= set(data.wishlists)


def test_every_event_can_happen() -> None:
    one = store(seed=5)
    one.live(200)
    scene = Scene(one.data, one.hooks, one.mischief.rng, one._world.now_ms)
    for _, event in EVENTS:
        stories = [event(scene) for _ in range(40)]
        assert any(stories), event.__name__


def test_the_same_seed_lives_the_same_life() -> None:
    assert store(seed=4).live(50) == store(seed=4).live(50)
    assert store(seed=4).live(50) != store(seed=5).live(50)


def test_a_fresh_order_keeps_the_invariants() -> None:
    one = store(seed=9)
    check_invariants(one)
    told: list[str] = []
    while not any("came in" in story for story in told):
        told += one.live(1)
    assert one.data.orders


def test_live_before_any_sync_queues_nothing_and_hints_nothing() -> None:
    async def scenario(there: Stage) -> None:
        there.store.live(30)
        await there.sim.settled()
        assert there.store.tables.outbox == {}
        assert there.cloud.hints == []

    played(scenario)


def test_live_after_a_sync_hints_each_content_once() -> None:
    async def scenario(there: Stage) -> None:
        await there.reference().sync(full=True, limit=500)
        there.store.live(100)
        await there.sim.settled()
        named = [hint["shopContents"][0] for _, hint in there.cloud.hints]
        assert len(named) == len(set(named))
        assert {"products", "orders", "stocks"} <= set(named)

    played(scenario)
