"""From `ps_accounts` 5, 6 and 7 to 8 (spec/accounts.md §4.6)."""

import pytest

from comptoir.simulator.accounts.claims import claims_of
from tests.accounts.pages.browser import person
from tests.accounts.records import audited
from tests.journeys.accounts.old import linked, put_back, rows_of, unlinks
from tests.journeys.accounts.stage import stage
from tests.server import Server

VERSIONS = ("7.2.2", "6.3.2", "5.6.2")


@pytest.mark.parametrize("version", VERSIONS)
def test_it_keeps_its_identity_and_its_owner(each: Server, version: str) -> None:
    ada = person(each, f"ada.{version}@migration.example")
    with stage(each, accounts_version=version) as there:
        store = linked(there, ada)
        shop_id, secret = store.shop_id, store.client_secret
        there.run(store.upgrade("8.0.13"))
        assert store.shop_id == shop_id
        assert store.client_secret != secret
        assert store.accounts.registered_version == "8.0.13"
        found = there.status()
        assert (found["isVerified"], found["pointOfContactEmail"]) == (True, ada.email)
        said = claims_of(there.run(store.access_token()))
        assert said["scp"] == ["shop.verified"]
        assert f"store/{shop_id}" in said["aud"]
        (facts,) = [f for action, f in audited(each, str(shop_id)) if action == "store.migrated"]
        assert facts["from_version"] == "0"


def test_a_7_that_told_its_version_says_it(comptoir: Server) -> None:
    who = person(comptoir, "version@migration.example")
    with stage(comptoir, accounts_version="7.2.1") as there:
        store = linked(there, who)
        there.run(store.upgrade("7.2.2"))
        there.run(store.upgrade("8.0.13"))
        facts = dict(audited(comptoir, str(store.shop_id)))
        assert facts["store.migrated"]["from_version"] == "7.2.2"


def test_what_the_server_does_not_know_gets_a_new_identity(comptoir: Server) -> None:
    who = person(comptoir, "lost@migration.example")
    with stage(comptoir, stores=2, accounts_version=("7.2.2", "6.3.2")) as there:
        for store in there.sim.stores:
            linked(there, who, store)
            there.run(store.association.firebase_token())
            before = str(store.shop_id)
            with there.away(store):
                unlinks(comptoir, before, who)
            there.run(store.upgrade("8.0.13"))
            assert store.shop_id not in (None, before)
            assert there.status(store.accounts)["isVerified"] is True


@pytest.mark.parametrize("version", VERSIONS)
def test_a_lost_answer_is_asked_for_again(comptoir: Server, version: str) -> None:
    who = person(comptoir, f"again.{version}@migration.example")
    with stage(comptoir, accounts_version=version) as there:
        store = linked(there, who)
        shop_id, rows = store.shop_id, rows_of(store)
        there.run(store.upgrade("8.0.13"))
        put_back(store, rows)
        assert store.accounts.registered_version == "0"
        there.run(store.module.reset())
        assert store.shop_id == shop_id
        assert there.status()["isVerified"] is True
        assert there.run(store.access_token())


def test_a_proof_that_is_not_there_leaves_it_unmigrated(comptoir: Server) -> None:
    who = person(comptoir, "proof@migration.example")
    with stage(comptoir, accounts_version="7.2.2") as there:
        store = linked(there, who)
        shop_id = store.shop_id
        store.module.of.version = "8.0.13"
        other = there.sim.clone(store)
        other.accounts.proof = "e" * 64
        with there.taken(store, other):
            failed = there.fails(store.upgrade("8.0.13"))
        assert (failed.status, failed.code) == (400, "store-identity/migration-failed")
        with there.away(store):
            failed = there.fails(store.upgrade("8.0.13"))
        assert (failed.status, failed.code) == (422, "store-identity/store-cannot-be-requested")
        assert (store.shop_id, store.accounts.registered_version) == (shop_id, "0")
        there.run(store.upgrade("8.0.13"))
        assert there.status()["isVerified"] is True
