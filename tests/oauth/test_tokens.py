"""Tokens over time, where the clock can be moved; on both engines."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from comptoir.base.clock import FrozenClock
from comptoir.base.mode import Mode
from comptoir.infra.http.auth import Access, TokenInvalid
from comptoir.infra.vault import Vault, VaultError
from comptoir.oauth import check_keys
from comptoir.oauth.rules import Grant
from tests.oauth.world import BASE, STORE, Scenario, World


async def reason(world: World, token: str) -> str:
    with pytest.raises(TokenInvalid) as wrong:
        await world.tokens.authenticate(token)
    return wrong.value.reason


def test_a_token_is_good_until_it_expires(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        token = await world.tokens.issue("c", STORE)
        caller = await world.tokens.authenticate(token)
        assert (caller.kind, caller.shop_id, caller.client_id) == (Access.STORE, "s1", "c")
        assert caller.actor == "store:s1"
        world.clock.advance(timedelta(seconds=3600 + 30))
        await world.tokens.authenticate(token)
        world.clock.advance(timedelta(seconds=1))
        assert "expired" in await reason(world, token)

    play(scenario)


def test_a_token_from_before_the_clock_went_back_is_good(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        later = int(world.clock.now().timestamp()) + 86_400
        await world.tokens.authenticate(await world.sign(nbf=later, exp=later + 3600))
        far = later + 3_700
        token = await world.sign(nbf=far, exp=far + 60)
        assert "not valid yet" in await reason(world, token)
        world.clock.advance(timedelta(seconds=100))
        await world.tokens.authenticate(token)

    play(scenario)


def test_claims_that_we_would_not_make(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        for claims, word in (
            ({"iss": "http://elsewhere.example"}, "another server"),
            ({"iss": None}, "another server"),
            ({"exp": None}, "no exp"),
            ({"exp": "soon"}, "no exp"),
            ({"nbf": None}, "no nbf"),
            ({"aud": []}, "names neither"),
            ({"aud": None}, "names neither"),
            ({"aud": "ps_accounts/s1"}, "names neither"),
            ({"aud": ["store/s1", "store/s2"]}, "names neither"),
            ({"aud": ["store/s1", "tech-vendor/acme"]}, "names neither"),
            ({"aud": ["tech-vendor/acme"]}, "does not name this API"),
            ({"aud": ["tech-vendor/acme", "https://elsewhere.example"]}, "does not name this API"),
            ({"aud": {"store/s1": 1}}, "names neither"),
            ({"aud": [BASE, "tech-vendor/acme"], "mode": "sandbox"}, "neither live nor test"),
            ({"aud": [BASE, "tech-vendor/acme"], "mode": ["test"]}, "neither live nor test"),
        ):
            assert word in await reason(world, await world.sign(**claims)), claims

    play(scenario)


def test_a_vendors_token_names_the_vendor(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        for api in (BASE, f"{BASE}/raw", "https://api.cloudsync.prestashop.com"):
            caller = await world.tokens.authenticate(
                await world.sign(aud=[api, "tech-vendor/acme"])
            )
            assert (caller.kind, caller.vendor, caller.shop_id) == (Access.VENDOR, "acme", "")

    play(scenario)


def test_a_vendors_token_has_the_mode_of_its_client(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        audiences = (BASE, "tech-vendor/acme")
        for mode in Mode:
            token = await world.tokens.issue("c", Grant(audiences, (), mode))
            assert (await world.tokens.authenticate(token)).mode is mode
        before_modes = await world.sign(aud=list(audiences))
        assert (await world.tokens.authenticate(before_modes)).mode is Mode.LIVE

    play(scenario)


def test_a_v7_store_is_another_kind_of_caller(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        token = await world.tokens.issue("c", Grant(("shop_s1",), ()))
        caller = await world.tokens.authenticate(token)
        assert (caller.kind, caller.shop_id, caller.actor) == (Access.V7_STORE, "s1", "store:s1")
        # Who asks for both names is of version 8.
        both = await world.tokens.issue("c", Grant(("shop_s1", "store/s1"), ()))
        assert (await world.tokens.authenticate(both)).kind is Access.STORE
        for mixed in (("shop_s1", "shop_s2"), ("shop_s1", "tech-vendor/acme")):
            await reason(world, await world.tokens.issue("c", Grant((*mixed, BASE), ())))

    play(scenario)


def test_legacy_tokens_and_access_tokens_are_not_the_same(
    play: Callable[[Scenario], None],
) -> None:
    async def scenario(world: World) -> None:
        said = {"sub": "s1", "shop_id": "s1", "generation": 2**62}
        token = await world.tokens.sign_legacy(said)
        caller = await world.tokens.authenticate_legacy(token)
        assert (caller.kind, caller.shop_id) == (Access.LEGACY_STORE, "s1")
        assert (caller.generation, caller.actor) == (2**62, "store:s1")
        owner = await world.tokens.sign_legacy(said | {"sub": "u1"})
        caller = await world.tokens.authenticate_legacy(owner)
        assert (caller.kind, caller.user_id) == (Access.LEGACY_OWNER, "u1")
        for legacy in (token, owner):  # each was read before as what it is
            assert "another server" in await reason(world, legacy)
        access = await world.tokens.issue("c", STORE)
        await world.tokens.authenticate(access)
        legacy = {"iss": f"{BASE}/legacy", **said}
        for wrong in (
            access,
            await world.sign(**legacy),
            await world.sign(**legacy, aud=["comptoir-legacy"]),
            await world.sign(**(legacy | {"generation": "1"}), aud="comptoir-legacy"),
            await world.sign(iss=f"{BASE}/legacy", aud="comptoir-legacy"),
            await world.sign(**said, aud="comptoir-legacy"),
        ):
            with pytest.raises(TokenInvalid):
                await world.tokens.authenticate_legacy(wrong)
        await world.tokens.authenticate_legacy(await world.sign(**legacy, aud="comptoir-legacy"))
        world.clock.advance(timedelta(seconds=3600 + 31))
        with pytest.raises(TokenInvalid):
            await world.tokens.authenticate_legacy(token)

    play(scenario)


def test_many_who_start_at_once_make_one_key(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        rings = [world.ring() for _ in range(3)]
        public = await asyncio.gather(*(ring.public() for ring in rings for _ in range(2)))
        assert len(public[0]) == 1
        assert all(found == public[0] for found in public)

    play(scenario)


def test_another_installation_key_does_not_open_them(play: Callable[[Scenario], None]) -> None:
    async def scenario(world: World) -> None:
        await world.keys.signing()
        with world.db.reading() as db:
            check_keys(db, world.vault)
            with pytest.raises(VaultError):
                check_keys(db, Vault("z" * 32))

    play(scenario)


def test_the_private_key_is_not_readable_in_the_database(
    tmp_path: Path, clock: FrozenClock
) -> None:
    world = World(f"sqlite:///{tmp_path / 'x.db'}", clock)
    asyncio.run(world.keys.public())
    world.db.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"signing_key" in stored
    assert b"PRIVATE KEY" not in stored
