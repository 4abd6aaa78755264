"""Install, reset, and what becomes of a store that cannot prove itself (spec/accounts.md §4.1)."""

from joserfc.jws import extract_compact

from comptoir.simulator import Cause
from comptoir.simulator.accounts.claims import claims_of
from tests.journeys.accounts.stage import stage
from tests.server import Server

CANNOT = "store-identity/store-cannot-be-requested"
INVALID = "store-identity/proof-invalid"


def test_an_install_ends_verified(each: Server) -> None:
    with stage(each) as there:
        store = there.install()
        (asked,) = [c for c in store.calls if c["controller"] == "apiV2ShopProof"]
        assert (asked["status"], asked["params"]["shop_id"]) == (200, "1")
        found = there.status()
        assert found["cloudShopId"] == store.shop_id
        assert (found["isVerified"], found["shopVerificationErrorCode"]) == (True, "")
        assert found["frontendUrl"] == store.frontend_url
        assert found["backOfficeUrl"] == store.back_office_url
        assert found["verifiedAt"] and found["unverifiedAt"] is None
        assert (found["pointOfContactUuid"], found["pointOfContactEmail"]) == (None, None)
        token = there.run(store.access_token())
        said = claims_of(token)
        assert said["scp"] == ["shop.verified"]
        assert {f"store/{store.shop_id}", f"{each.base}/accounts"} <= set(said["aud"])
        assert said["sub"] == said["client_id"] == store.client_id
        assert extract_compact(token.encode()).headers()["alg"] == "RS256"
        assert there.run(store.accounts.token_accepted())
        assert there.run(store.access_token()) == token, "kept until it expires"


def test_a_store_that_cannot_be_reached_is_verified_later(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store = there.store
        with there.away(store):
            failed = there.fails(store.install())
        assert (failed.status, failed.code, failed.message) == (
            422,
            CANNOT,
            "Store cannot be requested",
        )
        assert failed.details == "404 no such shop"
        found = there.status()
        assert (found["isVerified"], found["shopVerificationErrorCode"]) == (False, CANNOT)
        assert claims_of(there.run(store.access_token()))["scp"] == []
        before = store.shop_id
        with there.away(store):
            # The page's button goes by the back office, which is away too.
            again = there.fails(store.identity.verify(Cause(), force=True))
        assert again.code == CANNOT
        assert there.press(store.accounts, "fallbackCreateIdentity") == {"success": True}
        assert store.shop_id == before
        found = there.status()
        assert (found["isVerified"], found["shopVerificationErrorCode"]) == (True, "")


def test_an_address_of_another_database(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store = there.install()
        other = there.sim.clone(store)
        with there.taken(store, other):
            failed = there.fails(store.identity.verify(Cause(), force=True))
        assert (failed.status, failed.code) == (400, INVALID)
        assert failed.details == "the store at this address holds another proof"
        found = there.status()
        assert (found["isVerified"], found["shopVerificationErrorCode"]) == (False, INVALID)
        assert found["unverifiedAt"]
        assert there.press(store.accounts, "fallbackCreateIdentity") == {"success": True}
        assert there.status()["isVerified"] is True


def test_a_reset_changes_nothing_that_is_in_order(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store = there.install()
        before = (store.shop_id, store.client_id, there.status()["verifiedAt"])
        there.run(store.module.reset())
        assert (store.shop_id, store.client_id, there.status()["verifiedAt"]) == before


def test_installing_anew_is_another_identity_and_the_first_is_told(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store = there.install()
        first = there.sim.clone(store)
        first.profile.home.folder = store.profile.home.folder
        there.install(store)
        assert store.shop_id != first.shop_id
        assert there.status()["isVerified"] is True
        found = there.status(first.accounts)
        assert (found["isVerified"], found["shopVerificationErrorCode"]) == (
            False,
            "store-identity/superseded",
        )
