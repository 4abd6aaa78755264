"""What the advanced settings and people's own hands do to a store (spec/accounts.md §4.7)."""

from comptoir.simulator import Restored
from tests.journeys.accounts.old import put_back, rows_of
from tests.journeys.accounts.stage import stage
from tests.server import Server


def test_an_identity_is_put_back_by_hand(each: Server) -> None:
    with stage(each) as there:
        store = there.install()
        known = (str(store.shop_id), str(store.client_id), str(store.client_secret))
        store.identity.cleanup()
        assert store.shop_id is None and store.client_id is None
        there.run(store.identity.restore(Restored(*known, verify=True)))
        found = there.status()
        assert (found["cloudShopId"], found["isVerified"]) == (known[0], True)


def test_wrong_credentials_leave_what_there_was(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store = there.install()
        shop_id = str(store.shop_id)
        there.status()
        store.accounts.shop.put("PS_ACCOUNTS_ACCESS_TOKEN", "")
        form = Restored("00000000-0000-4000-8000-000000000000", "s_none", "wrong", verify=True)
        assert there.fails(store.identity.restore(form)).code == "invalid_client"
        assert (store.shop_id, store.accounts.status["isVerified"]) == (shop_id, True)


def test_a_migration_that_is_played_again(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store = there.install()
        known = (str(store.shop_id), str(store.client_id))
        there.run(store.identity.restore(Restored(*known, migrate_from="7.2.2")))
        assert store.shop_id == known[0]
        assert there.status()["isVerified"] is True
        assert there.run(store.access_token())


def test_one_of_a_store_that_is_unknown_is_told(comptoir: Server) -> None:
    """Here the module does not make a new identity by itself."""
    with stage(comptoir) as there:
        store = there.install()
        shop_id = store.shop_id
        there.status()
        form = Restored("unknown-uid", str(store.client_id), migrate_from="7.2.2")
        failed = there.fails(store.identity.restore(form))
        assert failed.answer == "Refresh token cannot be empty", "its client is another store's"
        store.accounts.shop.put("PS_ACCOUNTS_FIREBASE_REFRESH_TOKEN", "s.unknown-uid.lr_nothing")
        failed = there.fails(store.identity.restore(form))
        assert failed.code == "store-identity/store-legacy-not-found"
        assert store.shop_id == shop_id


def test_a_cleaned_store_starts_anew(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store = there.install()
        before = store.shop_id
        store.identity.cleanup()
        assert there.press(store.accounts, "fallbackCreateIdentity") == {"success": True}
        assert store.shop_id not in (None, before)
        assert there.status()["isVerified"] is True


def test_an_orphaned_id_is_taken_for_an_old_store(comptoir: Server) -> None:
    """What people do by hand (#652): the module's own fault, and never asks the server."""
    with stage(comptoir) as there:
        store = there.install()
        rows = rows_of(store)
        store.identity.forget_rows()
        assert store.shop_id and not store.client_id
        failed = there.fails(store.module.reset())
        assert failed.answer == "Refresh token cannot be empty"
        told = there.press(store.accounts, "fallbackCreateIdentity", 500)
        assert (told["code"], told["message"]) == ("unknown-error", failed.answer)
        put_back(store, rows)
        assert there.status()["isVerified"] is True
        store.identity.forget_rows()
        store.identity.cleanup()
        there.run(store.module.reset())
        assert there.status()["isVerified"] is True
