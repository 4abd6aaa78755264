"""What a process knows of revoked tokens; on both engines."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event

from comptoir.infra.http.auth import TokenInvalid
from comptoir.infra.work import Work
from comptoir.oauth import Revoked
from comptoir.oauth.revocation import FRESH, MOST, revoke
from comptoir.oauth.tables import revoked_token
from tests.oauth.world import STORE, Scenario, World

Play = Callable[[Scenario], None]


def test_another_process_refuses_within_seconds(play: Play) -> None:
    async def scenario(world: World) -> None:
        token = await world.tokens.issue("c", STORE)
        claims = await world.tokens.read(token)
        await world.db.write(lambda w: revoke(w, claims["jti"], "c", claims["exp"] * 1000))
        world.clock.advance(timedelta(seconds=FRESH))
        with pytest.raises(TokenInvalid, match="revoked"):
            await world.tokens.read(token)

    play(scenario)


def test_good_tokens_cost_one_look_in_that_time(play: Play) -> None:
    async def scenario(world: World) -> None:
        tokens = [await world.tokens.issue("c", STORE) for _ in range(20)]
        asked = 0

        def count(*_: object) -> None:
            nonlocal asked
            asked += 1

        event.listen(world.db.engine, "checkout", count)
        for token in tokens * 3:
            await world.tokens.authenticate(token)
        assert asked == 1

    play(scenario)


def test_with_too_many_to_keep_each_is_asked_for(play: Play) -> None:
    async def scenario(world: World) -> None:
        def fill(work: Work) -> None:
            values = [
                {"jti": f"j{n}", "client_id": "c", "revoked_at": 1, "expires_at": 1}
                for n in range(MOST + 50)
            ]
            work.db.execute(revoked_token.insert(), values)

        await world.db.write(fill)
        revoked = Revoked(world.db, world.seconds)
        for number in range(0, MOST + 50, 500):
            assert await revoked.has(f"j{number}")
        assert await revoked.has(f"j{MOST + 49}")
        for _ in range(2):
            assert not await revoked.has("good")
        await world.db.write(lambda w: revoke(w, "good", "c", 1))
        revoked.note("good")
        assert await revoked.has("good"), "at once, here"
        world.clock.advance(timedelta(seconds=FRESH))
        assert await revoked.has("good")

    play(scenario)
