"""A store, its back office or a copy of it at another address (spec/accounts.md §4.5)."""

from comptoir.simulator import Cause, SimulatedStore
from comptoir.simulator.accounts.claims import claims_of
from comptoir.simulator.accounts.context import contact_url
from tests.accounts.pages.browser import person, signed_in, words
from tests.accounts.records import audited
from tests.journeys.accounts.stage import Stage, stage
from tests.server import Server


def notices(there: Stage, store: SimulatedStore) -> str:
    """What the pages of the back office show above everything."""
    walker, office = there.walker(), f"{store.back_office_url}/index.php"
    employee = store.module.of.db.employees[0]
    form = {"email": employee.email, "passwd": employee.password}
    walker.request("POST", f"{office}?controller=AdminLogin", form=form)
    url = f"{office}?controller=AdminAjaxPsAccounts&ajax=1&action=getNotifications"
    answer = walker.get(url)
    assert answer.status == 200, answer.text
    return "".join(notice["html"] for notice in answer.json)


def aged(there: Stage) -> None:
    """The cached status is read again."""
    there.clock.pass_seconds(31)


def test_a_moved_store_is_confirmed_and_keeps_its_identity(each: Server) -> None:
    ada = person(each, "ada@moves.example")
    with stage(each) as there:
        store = there.install()
        there.contact(store.accounts, ada)
        before = (store.shop_id, store.client_id)
        assert notices(there, store) == ""
        store.move(folder="moved1")
        aged(there)
        assert "alert-warning" in notices(there, store)
        assert there.press(store.accounts, "updateIdentity") == {"success": True}
        found = there.status()
        assert (store.shop_id, store.client_id) == before
        assert (found["isVerified"], found["frontendUrl"]) == (True, store.frontend_url)
        assert found["backOfficeUrl"] == store.back_office_url
        assert found["pointOfContactEmail"] == ada.email
        assert notices(there, store) == ""
        assert there.truth(store)["cloneUrl"] is None, "nobody is where it was"


def test_it_may_be_another_store_instead(comptoir: Server) -> None:
    bob = person(comptoir, "bob@moves.example")
    with stage(comptoir) as there:
        store = there.install()
        there.contact(store.accounts, bob)
        before = str(store.shop_id)
        store.move(folder="other1")
        aged(there)
        assert there.press(store.accounts, "renewIdentity") == {"success": True}
        assert store.shop_id != before
        found = there.status()
        assert (found["isVerified"], found["pointOfContactUuid"]) == (True, None)
        old = comptoir.quick_cli("store", "show", before)
        assert (old["isVerified"], old["pointOfContactEmail"]) == (True, bob.email)


def test_an_update_that_cannot_be_proved_leaves_everything(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store = there.install()
        first = store.frontend_url
        store.move(folder="nowhere1")
        aged(there)
        with there.away(store):
            failed = there.fails(store.identity.verify(Cause(), force=True))
        assert failed.code == "store-identity/store-cannot-be-requested"
        found = there.status()
        assert (found["isVerified"], found["frontendUrl"]) == (True, first)
        assert found["shopVerificationErrorCode"] == failed.code


def test_a_renamed_admin_folder_is_told_before_the_login_page(each: Server) -> None:
    who = person(each, "eva@moves.example")
    with stage(each) as there:
        store = there.install()
        store.add_employee(who.email)
        store.module.enable_login()
        old_uri = store.accounts.redirect_uri
        store.move(admin="admin9x")
        aged(there)
        walker = there.walker()
        page = walker.logs_in(store, who)
        assert f'data-test="employee-email">{who.email}<' in page.text
        assert walker.at[-1].startswith(f"{store.back_office_url}/")
        assert there.status()["backOfficeUrl"] == store.back_office_url
        asked = next(at for at in walker.at if "/oauth2/authorize" in at)
        stale = asked.replace("admin9x", "admin-dev")
        assert old_uri.partition("/admin-dev/")[1] and stale != asked
        answer = walker.get(stale)
        assert answer.status == 400, "the old address is no redirect URI any more"
        assert answer.header("location") is None


def test_a_copy_that_says_it_is_the_store_is_found(each: Server) -> None:
    ivy = person(each, "ivy@moves.example")
    with stage(each) as there:
        store = there.install()
        there.contact(store.accounts, ivy)
        page, first = signed_in(each, ivy), store.frontend_url
        path = f"/account/stores/{store.shop_id}"
        assert "A copy of this store" not in words(page.get(path))
        copy = there.sim.clone(store)
        assert copy.shop_id == store.shop_id
        assert "alert-warning" in notices(there, copy)
        assert there.press(copy.accounts, "updateIdentity") == {"success": True}
        shown = there.truth(store)
        assert (shown["frontendUrl"], shown["cloneUrl"]) == (copy.frontend_url, first)
        facts = dict(audited(each, str(store.shop_id)))
        assert facts["store.clone_found"] == {"here": copy.frontend_url, "there": first}
        assert f"A copy of this store answers at {first} with" in words(page.get(path))
        aged(there)
        assert "alert-warning" in notices(there, store), "the first one is told that it moved"
        assert there.press(store.accounts, "renewIdentity") == {"success": True}
        assert store.shop_id != copy.shop_id
        assert there.truth(copy)["cloneUrl"] is None
        assert "A copy of this store" not in words(page.get(path))
        for one in (store, copy):
            assert there.status(one.accounts)["isVerified"] is True
            assert there.status(one.accounts)["frontendUrl"] == one.frontend_url


def test_a_copy_that_takes_an_identity_of_its_own_is_none(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store = there.install()
        copy = there.sim.clone(store)
        assert there.press(copy.accounts, "renewIdentity") == {"success": True}
        assert copy.shop_id != store.shop_id
        assert there.truth(store)["cloneUrl"] is there.truth(copy)["cloneUrl"] is None
        assert there.status(store.accounts)["isVerified"] is True


def test_the_newest_proof_of_an_address_wins_and_the_older_is_told(each: Server) -> None:
    """By its next token: shop.verified is refused, and it asks again without."""
    with stage(each) as there:
        store = there.install()
        there.run(store.access_token())
        rows = dict(store.module.of.db.rows)
        there.install(store)
        newer = store.shop_id
        store.module.of.db.rows.clear()
        store.module.of.db.rows.update(rows)
        assert store.shop_id != newer
        there.clock.pass_seconds(3700)
        token = there.run(store.accounts.shop_token())
        assert store.accounts.status["isVerified"] is False
        assert claims_of(token)["scp"] == []
        found = there.status()
        assert found["shopVerificationErrorCode"] == "store-identity/superseded"
        assert found["unverifiedAt"]
        assert contact_url(store.accounts)
