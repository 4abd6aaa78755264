"""The server as the module's caches and breaker see it (spec/accounts.md §1.1, §1.3.3, §1.4)."""

from typing import Any

from comptoir.simulator import Cause
from comptoir.simulator.accounts.breaker import Breaker, Service
from comptoir.simulator.accounts.oauth import KEYS_FILE
from tests.journeys.accounts.stage import Stage, server, stage


def kids(there: Stage) -> list[str]:
    text = there.store.module.of.db.files[KEYS_FILE].text
    return [part.split('"')[0] for part in text.split('"kid": "')[1:]]


def verified_again(there: Stage) -> None:
    there.run(there.store.identity.verify(Cause(), force=True))


def test_keys_change_while_the_store_has_the_old_ones() -> None:
    with server("sqlite") as comptoir, stage(comptoir) as there:
        store = there.install()
        before = kids(there)
        made: dict[str, Any] = comptoir.cli("keys", "rotate", "--now")
        assert made["kid"] not in before
        comptoir.restart()
        # Every token from before is refused: the store gets one only when its own has expired.
        there.clock.pass_seconds(600)
        store.accounts.shop.put("PS_ACCOUNTS_ACCESS_TOKEN", "")
        verified_again(there)
        assert made["kid"] in kids(there), "fetched for a kid that was not cached"
        assert there.status()["isVerified"] is True


def test_a_planned_key_is_cached_before_it_signs() -> None:
    with server("sqlite") as comptoir, stage(comptoir) as there:
        there.install()
        before = kids(there)
        made: dict[str, Any] = comptoir.cli("keys", "rotate")
        published = [key["kid"] for key in comptoir.get("/.well-known/jwks.json").json["keys"]]
        assert set(before) <= set(published)
        verified_again(there)
        assert made["kid"] not in before
        assert there.status()["isVerified"] is True


def test_the_breaker_opens_while_the_server_is_away_and_closes_again() -> None:
    with server("sqlite") as comptoir, stage(comptoir) as there:
        store = there.install()
        assert there.status()["isVerified"] is True
        there.run(store.access_token())
        breaker = Breaker(store.module.of, Service.ACCOUNTS)
        assert comptoir.stop() == 0
        for failures in (1, 2):
            assert there.status()["isVerified"] is True, "the cached one"
            assert breaker.failures == failures
        assert breaker.open
        failed = there.fails(store.identity.verify(Cause(), force=True))
        assert (failed.status, failed.code, failed.message) == (
            500,
            "connect-error",
            "Circuit Breaker Open",
        )
        told = there.press(store.accounts, "updateIdentity", 400)
        assert told["code"] == "accounts-api/connect-error"
        comptoir.start()
        assert there.status()["isVerified"] is True
        assert breaker.open, "nothing went out"
        there.clock.pass_seconds(30)
        assert not breaker.open
        there.status()
        assert (breaker.failures, breaker.open) == (0, False)
        assert there.press(store.accounts, "updateIdentity") == {"success": True}


def test_an_install_without_a_server_is_made_good_by_the_button() -> None:
    with server("sqlite") as comptoir, stage(comptoir) as there:
        store = there.store
        assert comptoir.stop() == 0
        failed = there.fails(store.install())
        assert failed.code == "connect-error"
        assert store.shop_id is None
        comptoir.start()
        assert there.press(store.accounts, "fallbackCreateIdentity") == {"success": True}
        assert there.status()["isVerified"] is True
