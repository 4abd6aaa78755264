"""Where time and randomness come from."""

import re
from datetime import UTC, timedelta

import pytest

from comptoir.base.clock import FrozenClock, SystemClock, monotonic
from comptoir.base.ids import Ids, SeededIds, SystemIds

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.mark.parametrize("ids", [SystemIds(), SeededIds(1)], ids=["system", "seeded"])
def test_ids_have_their_shapes(ids: Ids) -> None:
    made = [ids.uuid() for _ in range(200)]
    assert all(UUID4.fullmatch(text) for text in made)
    assert len(set(made)) == len(made)
    for size in (1, 6, 16, 32):
        token = ids.token(size)
        assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
        assert len(token) == -(-size * 8 // 6)
    assert len(ids.entropy()) == 32
    assert all(0 <= ids.fraction() < 1 for _ in range(200))


def test_a_seed_gives_the_same_ids_again() -> None:
    def drawn(seed: int | str) -> list[object]:
        ids = SeededIds(seed)
        return [ids.uuid(), ids.token(), ids.entropy(), ids.fraction()]

    assert drawn("a") == drawn("a")
    assert drawn("a") != drawn("b")


def test_a_frozen_clock_moves_only_when_told_to(clock: FrozenClock) -> None:
    before = clock.now()
    assert clock.now() == before
    clock.advance(timedelta(seconds=1))
    assert clock.now() - before == timedelta(seconds=1)
    with pytest.raises(ValueError, match="back"):
        clock.advance(timedelta(seconds=-1))


def test_the_system_clock_says_utc() -> None:
    assert SystemClock().now().tzinfo is UTC
    assert monotonic() <= monotonic()
