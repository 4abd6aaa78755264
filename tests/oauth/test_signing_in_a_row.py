"""Tokens that are asked for at once: each its own, whatever becomes of the others."""

import asyncio
import itertools
from collections.abc import Callable

from comptoir.oauth.keys import IN_A_ROW
from tests.oauth.world import STORE, Scenario, World


def test_each_gets_its_own(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        clients = [f"c{number}" for number in range(2 * IN_A_ROW + 3)]
        made = await asyncio.gather(*(world.tokens.issue(name, STORE) for name in clients))
        callers = [await world.tokens.authenticate(token) for token in made]
        assert [caller.client_id for caller in callers] == clients
        assert len(set(made)) == len(clients)

    play(scenario)


def test_one_who_went_away_keeps_nobody_waiting(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        await world.keys.signing()
        tasks = [asyncio.create_task(world.tokens.issue(f"c{n}", STORE)) for n in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        made = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(made[1], asyncio.CancelledError)
        for token in (made[0], made[2], made[3]):
            assert isinstance(token, str)
            await world.tokens.authenticate(token)

    play(scenario)


def test_others_have_their_turn_between_many(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        await world.keys.signing()
        many = [asyncio.create_task(world.tokens.issue("c", STORE)) for _ in range(4 * IN_A_ROW)]
        done = []
        while not all(task.done() for task in many):
            await asyncio.sleep(0)
            done.append(sum(task.done() for task in many))
        steps = [after - before for before, after in itertools.pairwise(done)]
        assert max(steps) <= IN_A_ROW

    play(scenario)


def test_a_loop_that_ended_leaves_nothing_behind(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        await world.keys.signing()

        def another_loop() -> str:
            async def left() -> None:
                task = asyncio.create_task(world.keys.sign(b"{}"))
                await asyncio.sleep(0)
                task.cancel()

            loop = asyncio.new_event_loop()
            loop.run_until_complete(left())
            loop.close()
            return asyncio.run(world.tokens.issue("c", STORE))

        token = await asyncio.to_thread(another_loop)
        await world.tokens.authenticate(token)
        await world.tokens.authenticate(await world.tokens.issue("d", STORE))

    play(scenario)


def test_a_key_that_cannot_sign_fails_those_who_wait(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        await world.tokens.issue("c", STORE)
        loaded = await world.keys._signing()
        private, loaded.private = loaded.private, None
        failed = await asyncio.gather(
            *(world.tokens.issue("c", STORE) for _ in range(3)), return_exceptions=True
        )
        assert [type(failure) for failure in failed] == [AttributeError] * 3
        loaded.private = private
        await world.tokens.authenticate(await world.tokens.issue("c", STORE))

    play(scenario)
