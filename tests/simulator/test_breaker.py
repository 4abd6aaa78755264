"""The circuit breaker and the cached files (spec/accounts.md §1.1, §1.4)."""

import asyncio
import json
from dataclasses import replace

import pytest

from comptoir.simulator import StoreError
from comptoir.simulator.accounts.breaker import Breaker, Service
from comptoir.simulator.accounts.status import StatusCache
from tests.simulator.stage import Stage, played

CLOSED = "http://127.0.0.1:9/accounts/"
"""Nobody listens there."""


def broken(there: Stage) -> None:
    world = there.sim._world
    world.cloud = replace(world.cloud, accounts_api_url=CLOSED)


def test_two_refused_connections_open_it_for_thirty_seconds() -> None:
    async def scenario(there: Stage) -> None:
        accounts, world = there.store.accounts, there.sim._world
        breaker = Breaker(there.store.module.of, Service.ACCOUNTS)
        good = world.cloud
        broken(there)
        for count in (1, 2):
            assert not breaker.open
            assert not await accounts.api.healthy()
            assert breaker.failures == count
        assert breaker.open
        world.cloud = good
        there.cloud.asked.clear()
        heard = await accounts.api._call("GET", "/healthcheck", None, {})
        assert (heard.status, json.loads(heard.text)) == (
            500,
            {"error": "connect-error", "message": "Circuit Breaker Open"},
        )
        there.cloud.advance(29.9)
        assert not await accounts.api.healthy() and there.cloud.asked == []
        there.cloud.advance(0.1)
        assert await accounts.api.healthy() and breaker.failures == 0

    played(scenario)


def test_half_open_one_failure_closes_the_door_again() -> None:
    async def scenario(there: Stage) -> None:
        accounts, world = there.store.accounts, there.sim._world
        breaker = Breaker(there.store.module.of, Service.ACCOUNTS)
        good = world.cloud
        broken(there)
        await accounts.api.healthy()
        await accounts.api.healthy()
        there.cloud.advance(30)
        await accounts.api.healthy()
        world.cloud = good
        assert breaker.failures == 3 and breaker.open
        there.cloud.advance(29)
        assert not await accounts.api.healthy()
        there.cloud.advance(1)
        assert await accounts.api.healthy()

    played(scenario)


def test_a_peer_that_hangs_up_is_told_the_same_but_does_not_count() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def scenario(there: Stage) -> None:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        world = there.sim._world
        world.cloud = replace(world.cloud, accounts_api_url=f"http://127.0.0.1:{port}/")
        for _ in range(3):
            heard = await there.store.accounts.api._call("GET", "/healthcheck", None, {})
            assert json.loads(heard.text)["error"] == "connect-error"
        assert Breaker(there.store.module.of, Service.ACCOUNTS).failures == 0
        server.close()

    played(scenario)


def test_an_answer_that_does_not_come_counts_and_any_answer_resets() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.silent = True
        there.sim._world.call_seconds = 0.2
        breaker = Breaker(there.store.module.of, Service.ACCOUNTS)
        assert not await there.store.accounts.api.healthy()
        assert breaker.failures == 1
        there.cloud.silent = False
        there.sim._world.call_seconds = 10.0
        there.cloud.health_status = 500
        assert not await there.store.accounts.api.healthy()
        assert breaker.failures == 0, "a 500 is an answer"

    played(scenario)


def test_each_service_has_its_own() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.advance(there.cloud.token_seconds)
        world = there.sim._world
        there.store.accounts.oauth.forget_files()
        world.cloud = replace(world.cloud, oauth2_url="http://127.0.0.1:9")
        for _ in range(2):
            with pytest.raises(StoreError) as failed:
                await there.store.accounts.shop_token()
            assert failed.value.code == "connect_error"
        assert Breaker(there.store.module.of, Service.OAUTH).open
        assert await there.store.accounts.api.healthy()

    played(scenario)


def test_discovery_is_kept_for_a_day() -> None:
    async def scenario(there: Stage) -> None:
        oauth = there.store.accounts.oauth
        there.cloud.asked.clear()
        there.cloud.advance(24 * 3600 - 1)
        await oauth.discovery()
        assert there.cloud.asked == []
        there.cloud.advance(1)
        await oauth.discovery()
        assert len(there.cloud.asked) == 1

    played(scenario)


def test_a_failed_read_leaves_the_old_status() -> None:
    async def scenario(there: Stage) -> None:
        accounts = there.store.accounts
        await accounts.current_status()
        broken(there)
        told = await accounts.current_status(refresh=True)
        assert told["isVerified"] is True
        assert StatusCache(accounts.shop).fresh(), "and its age"

    played(scenario)
