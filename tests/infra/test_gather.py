"""Look-ups that go together."""

import asyncio
from collections.abc import Sequence

import pytest

from comptoir.infra.gather import Gather


def test_what_waits_goes_together_and_begins_after_it_was_asked_for() -> None:
    asked: list[set[str]] = []
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def find(keys: Sequence[str]) -> dict[str, str]:
        asked.append(set(keys))
        began.set()
        await goes_on.wait()
        return {key: key.upper() for key in keys if key != "none"}

    async def scenario() -> None:
        gather = Gather(find)
        first = asyncio.create_task(gather.get("a"))
        await began.wait()
        others = [asyncio.create_task(gather.get(key)) for key in ("a", "b", "b", "none")]
        await asyncio.sleep(0)
        goes_on.set()
        assert await first == "A"
        assert await asyncio.gather(*others) == ["A", "B", "B", None]
        assert await gather.get("c") == "C"

    asyncio.run(scenario())
    assert asked == [{"a"}, {"a", "b", "none"}, {"c"}]


def test_a_failure_is_told_to_those_it_concerns_and_to_nobody_later() -> None:
    failing = True

    async def find(keys: Sequence[str]) -> dict[str, str]:
        if failing:
            raise OSError("no disk")
        return dict.fromkeys(keys, "found")

    async def scenario() -> None:
        nonlocal failing
        gather = Gather(find)
        results = await asyncio.gather(gather.get("a"), gather.get("b"), return_exceptions=True)
        assert [type(result) for result in results] == [OSError, OSError]
        failing = False
        assert await gather.get("a") == "found"

    asyncio.run(scenario())


def test_who_stops_waiting_leaves_the_others_alone() -> None:
    async def find(keys: Sequence[str]) -> dict[str, str]:
        await asyncio.sleep(0)
        return dict.fromkeys(keys, "found")

    async def scenario() -> None:
        gather = Gather(find)
        gone, stays = asyncio.create_task(gather.get("a")), asyncio.create_task(gather.get("a"))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == "found"
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(scenario())
