"""Signing keys over months, where the clock can be moved; on both engines."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from comptoir.app.wiring import build
from comptoir.app.worker import Worker
from comptoir.base.clock import FrozenClock
from comptoir.infra.db.tables import audit_log
from comptoir.infra.http.auth import TokenInvalid
from comptoir.infra.settings import load
from comptoir.oauth import make_key, rotation
from comptoir.oauth.key_schedule import DAY_MS, Policy, SigningKey
from comptoir.oauth.keys import FRESH, GUESSES, KeyRing
from comptoir.oauth.tables import signing_key
from tests.eventually import eventually_async
from tests.oauth.calls import header_of
from tests.oauth.world import STORE, Scenario, World

Play = Callable[[Scenario], None]
POLICY = Policy(period_ms=90 * DAY_MS, ahead_ms=DAY_MS, lasts_ms=3_630_000)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def tidy(world: World, policy: Policy = POLICY) -> None:
    """As the worker does every hour."""
    fresh = await asyncio.to_thread(make_key)
    await world.db.write(lambda w: rotation.keep_schedule(w, world.vault, policy, fresh))


async def rows(world: World) -> list[SigningKey]:
    return await world.db.read(rotation.list_keys)


async def kids(ring: KeyRing) -> list[object]:
    return [key["kid"] for key in await ring.public()]


async def signed_with(world: World) -> str:
    return str(header_of(await world.tokens.issue("c", STORE))["kid"])


def test_a_key_is_published_signs_and_leaves(play: Play) -> None:
    async def scenario(world: World) -> None:
        first = await signed_with(world)
        await tidy(world)
        world.clock.advance(89 * DAY - timedelta(seconds=1))
        await tidy(world)
        assert await kids(world.keys) == [first], "nothing is due yet"

        world.clock.advance(timedelta(seconds=1))
        await tidy(world)
        await tidy(world)
        world.clock.advance(timedelta(seconds=FRESH))
        first, second = await kids(world.keys)  # type: ignore[assignment]
        assert await signed_with(world) == first, "the next one is published before it signs"

        world.clock.advance(DAY - timedelta(seconds=FRESH + 1))
        last = await world.tokens.issue("c", STORE)
        assert header_of(last)["kid"] == first
        world.clock.advance(timedelta(seconds=1))
        assert await signed_with(world) == second
        assert await kids(world.keys) == [first, second]

        world.clock.advance(HOUR + timedelta(seconds=29))
        await world.tokens.authenticate(last)
        await tidy(world)
        assert await kids(world.keys) == [first, second], "until the last token has ended"

        world.clock.advance(timedelta(seconds=1))
        assert await kids(world.keys) == [second]
        with pytest.raises(TokenInvalid):
            await world.tokens.authenticate(last)
        await tidy(world)
        gone, _ = await rows(world)
        assert (gone.kid, gone.sealed) == (first, b""), "its id stays, never to come again"

    play(scenario)


def test_every_process_changes_over_at_the_same_time(play: Play) -> None:
    async def scenario(world: World) -> None:
        other = world.ring()
        assert (await other.signing()).kid == (await world.keys.signing()).kid
        world.clock.advance(89 * DAY)
        await asyncio.gather(*(tidy(world) for _ in range(3)))
        assert len(await rows(world)) == 2, "one next key, whoever tidies"
        for step in (DAY - timedelta(seconds=1), timedelta(seconds=1)):
            world.clock.advance(step)
            assert (await other.signing()).kid == (await world.keys.signing()).kid

    play(scenario)


def test_a_key_stays_for_tokens_that_became_longer(play: Play) -> None:
    async def scenario(world: World) -> None:
        await world.keys.signing()
        world.clock.advance(89 * DAY)
        await tidy(world)
        longer = Policy(POLICY.period_ms, POLICY.ahead_ms, 2 * DAY_MS)
        world.clock.advance(HOUR)
        await tidy(world, longer)
        await tidy(world, POLICY)
        first, _ = await rows(world)
        assert first.retired_at is not None
        assert first.ends_at == first.retired_at + 2 * DAY_MS

    play(scenario)


def test_the_operator_may_be_earlier_than_the_schedule(play: Play) -> None:
    async def scenario(world: World) -> None:
        first, fresh = await signed_with(world), make_key()

        def publish(work: object) -> SigningKey:
            return rotation.publish_next(work, world.vault, POLICY, fresh)  # type: ignore[arg-type]

        made = await world.db.write(publish)
        assert await world.db.write(publish) == made, "no third one"
        world.clock.advance(timedelta(seconds=5))
        assert set(await kids(world.keys)) == {first, made.kid}
        world.clock.advance(DAY)
        assert await signed_with(world) == made.kid

    play(scenario)


def test_after_a_leak_nothing_that_was_signed_is_good(play: Play) -> None:
    async def scenario(world: World) -> None:
        token, other = await world.tokens.issue("c", STORE), world.ring()
        await world.tokens.authenticate(token)
        first = (await other.signing()).kid
        fresh = make_key()
        made, ended = await world.db.write(
            lambda work: rotation.revoke_all(work, world.vault, fresh)
        )
        assert ended == [first]
        world.clock.advance(timedelta(seconds=5))
        assert await kids(world.keys) == [made.kid]
        assert (await other.signing()).kid == await signed_with(world) == made.kid
        with pytest.raises(TokenInvalid, match="not ours"):
            await world.tokens.authenticate(token)
        gone, _ = await rows(world)
        assert (gone.kid, gone.sealed) == (first, b"")

    play(scenario)


def test_a_key_of_another_process_is_good_at_once(play: Play) -> None:
    async def scenario(world: World) -> None:
        other = world.ring()
        await other.signing()
        fresh = make_key()
        made, _ = await world.db.write(lambda work: rotation.revoke_all(work, world.vault, fresh))
        assert await other.find(made.kid) is not None

    play(scenario)


def test_who_guesses_key_ids_does_not_make_us_ask_the_database(play: Play) -> None:
    async def scenario(world: World) -> None:
        await world.keys.signing()
        asked = 0

        def count(*_: object) -> None:
            nonlocal asked
            asked += 1

        event.listen(world.db.engine, "checkout", count)
        for number in range(1000):
            assert await world.keys.find(f"guessed-{number}") is None
        assert asked <= GUESSES

    play(scenario)


def test_the_log_of_actions_says_what_became_of_keys(play: Play) -> None:
    async def scenario(world: World) -> None:
        first = await signed_with(world)
        world.clock.advance(89 * DAY)
        await tidy(world)
        world.clock.advance(DAY + 2 * HOUR)
        await tidy(world)
        fresh = make_key()
        made, (second,) = await world.db.write(
            lambda work: rotation.revoke_all(work, world.vault, fresh)
        )
        with world.db.reading() as db:
            said = [
                (row.action, json.loads(row.facts)["kid"])
                for row in db.execute(sa.select(audit_log).order_by(audit_log.c.id))
            ]
        assert sorted(said) == sorted(
            [
                ("signing_key.created", first),
                ("signing_key.created", second),
                ("signing_key.destroyed", first),
                ("signing_key.revoked", second),
                ("signing_key.created", made.kid),
            ]
        )

    play(scenario)


def test_a_key_from_before_the_schedule_has_signed_from_the_start(play: Play) -> None:
    async def scenario(world: World) -> None:
        first = await signed_with(world)
        await world.db.write(lambda w: w.db.execute(signing_key.update().values(signs_from=None)))
        world.clock.advance(89 * DAY)
        await tidy(world)
        assert await signed_with(world) == first
        assert len(await rows(world)) == 2

    play(scenario)


def test_the_published_set_has_nothing_private(play: Play) -> None:
    async def scenario(world: World) -> None:
        await world.keys.signing()
        world.clock.advance(89 * DAY)
        await tidy(world)
        for key in await world.keys.public():
            assert set(key) == {"alg", "kty", "use", "kid", "n", "e"}
            assert len(base64.urlsafe_b64decode(str(key["n"]) + "==")) == 256

    play(scenario)


def test_the_worker_keeps_the_schedule(
    engine_env: dict[str, str], tmp_path: Path, clock: FrozenClock
) -> None:
    context = build(load(environ={**engine_env, "COMPTOIR_DATA": str(tmp_path)}), clock)

    async def has(count: int) -> bool:
        return len(await context.db.read(rotation.list_keys)) == count

    async def scenario() -> None:
        await context.signer.ready()
        for count in (1, 2):
            worker = Worker(context)
            await worker.start()
            try:
                await eventually_async(partial(has, count))
            finally:
                await worker.stop()
            clock.advance(89 * DAY)

    try:
        asyncio.run(scenario())
    finally:
        context.db.close()
