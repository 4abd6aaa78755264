"""Signing in to the back office, and each way that fails (spec/accounts.md §4.4)."""

import pytest

from comptoir.simulator import SimulatedStore
from comptoir.simulator.accounts.claims import claims_of
from tests.accounts.pages.browser import Person, person
from tests.journeys.accounts.stage import Stage, Walker, stage
from tests.server import Server


def employed(there: Stage, server: Server, name: str) -> tuple[SimulatedStore, Person]:
    """A store where one can sign in, and somebody whose address is an employee's."""
    store = there.install()
    who = person(server, f"{name}@employee.example", "Emma", "Ploy")
    store.add_employee(who.email)
    store.module.enable_login()
    return store, who


def inside(text: str, email: str) -> bool:
    return f'data-test="employee-email">{email}<' in text


@pytest.mark.parametrize("version", ["8", "9"])
def test_by_e_mail_and_then_by_uid(each: Server, version: str) -> None:
    with stage(each, versions=(version,)) as there:
        store, who = employed(there, each, f"found{version}")
        walker = there.walker()
        page = walker.logs_in(store, who)
        assert inside(page.text, who.email)
        assert walker.at[-1] == f"{store.back_office_url}/index.php?controller=AdminDashboard"
        (row,) = store.module.of.db.employee_accounts
        assert (row.uid, row.email) == (who.user_id, who.email)
        employee = store.module.of.db.by_email(who.email)
        assert employee is not None
        employee.email = "renamed@employee.example"
        assert inside(there.walker().logs_in(store, who).text, "renamed@employee.example")


def test_nobody_of_that_address(each: Server) -> None:
    with stage(each) as there:
        store, _ = employed(there, each, "colleague")
        stranger = person(each, "stranger@elsewhere.example")
        page = there.walker().logs_in(store, stranger)
        assert 'data-test="employee_not_found"' in page.text
        assert store.module.of.db.employee_accounts == []


def back_at_the_store(there: Stage, store: SimulatedStore, who: Person) -> tuple[Walker, str]:
    """Signed in, and sent to this address, which was not opened yet."""
    walker = there.walker()
    page = walker.get(f"{store.back_office_url}/index.php?controller=AdminLogin")
    url = next(line for line in page.text.split('"') if "return_to=" in line)
    page = walker.follow(walker.get(url.replace("&amp;", "&")))
    answer = walker.submit(
        page, "/account/sign-in", email=who.email, password="correct horse battery"
    )
    while "/oauth2/" in (answer.header("location") or ""):
        answer = walker.get(answer.header("location") or "")
    return walker, answer.header("location") or ""


def test_a_code_that_the_server_does_not_take(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store, who = employed(there, comptoir, "spoilt")
        walker, url = back_at_the_store(there, store, who)
        assert url.startswith(f"{store.accounts.redirect_uri}&"), "appended to the query"
        spoilt = url.replace("code=", "code=x", 1)
        assert 'data-test="error_from_hydra"' in walker.follow(walker.get(spoilt)).text
        walker, url = back_at_the_store(there, store, who)
        assert inside(walker.follow(walker.get(url)).text, who.email)
        again = walker.follow(walker.get(url))
        assert 'data-test="error_from_hydra"' in again.text, "a code is good once"


def test_a_wrong_state_or_a_refusal_is_another_error(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store, who = employed(there, comptoir, "state")
        walker, url = back_at_the_store(there, store, who)
        wrong = url.replace("state=", "state=0", 1)
        assert 'data-test="error_other"' in walker.follow(walker.get(wrong)).text
        walker, _ = back_at_the_store(there, store, who)
        refused = f"{store.accounts.redirect_uri}&error=access_denied"
        assert 'data-test="error_other"' in walker.follow(walker.get(refused)).text


def test_the_password_is_asked_for_each_time(comptoir: Server) -> None:
    """Who logs out of the back office stays signed in at the cloud, and is asked all the same."""
    with stage(comptoir) as there:
        store, who = employed(there, comptoir, "again")
        walker = there.walker()
        assert inside(walker.logs_in(store, who).text, who.email)
        walker.get(f"{store.back_office_url}/index.php?controller=AdminLogin&logout=1")
        page = walker.logs_in(store, who)
        assert inside(page.text, who.email)


def test_the_users_token_is_renewed_without_the_secret(comptoir: Server) -> None:
    with stage(comptoir) as there:
        store, who = employed(there, comptoir, "renewed")
        walker = there.walker()
        walker.logs_in(store, who)
        url = f"{store.back_office_url}/index.php?controller=AdminAjaxPsAccounts&ajax=1"
        ask = f"{url}&action=getOrRefreshAccessToken"
        first = walker.get(ask).json["token"]
        assert claims_of(first)["sub"] == who.user_id
        there.clock.pass_seconds(3700)
        second = walker.get(ask).json["token"]
        assert second != first
        said = claims_of(second)
        assert (said["sub"], said["client_id"]) == (who.user_id, store.client_id)
        assert said["scp"] == ["openid", "offline_access"]
