"""Signing in to the back office by PrestaShop Account (spec/accounts.md §1.4, §2.2, §4.4)."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, quote_plus

import pytest

from tests.simulator.browser import Browser, browser
from tests.simulator.stage import Stage, played


def login_url(there: Stage) -> str:
    return f"{there.store.back_office_url}/index.php?controller=AdminLogin"


async def sign_in(there: Stage, person: Browser, **params: str) -> str:
    """Click "Log in with PrestaShop"; the page that shows in the end."""
    there.store.module.enable_login()
    page = await person.get(login_url(there))
    url = page.link("Log in with PrestaShop")
    url += "".join(f"&{name}={quote_plus(value)}" for name, value in params.items())
    return (await person.get(url)).text


def test_the_query_of_the_authorization_endpoint_is_exact() -> None:
    async def scenario(there: Stage) -> None:
        async with browser() as person:
            there.store.module.enable_login()
            page = await person.get(login_url(there))
            page = await person.step(page.link("Log in with PrestaShop"))
            await person.get(page.hops[0])
        endpoint, _, query = page.hops[0].partition("?")
        assert endpoint == f"{there.cloud.url}/oauth2/auth"
        told = parse_qs(query, keep_blank_values=True)
        state, challenge = told["state"][0], told["code_challenge"][0]
        assert re.fullmatch("[0-9a-f]{32}", state)
        back = f"{there.store.back_office_url}/index.php?controller=AdminOAuth2PsAccounts"
        assert query == (
            f"ui_locales=en&state={state}&scope=openid+offline_access&response_type=code"
            f"&approval_prompt=auto&redirect_uri={quote_plus(back)}&client_id=client-1&acr_values="
            f"&prompt=login&code_challenge={challenge}&code_challenge_method=S256"
        )
        body = next(b for b in there.cloud.bodies if "authorization_code" in b)
        verifier = body.rpartition("&code_verifier=")[2]
        assert len(verifier) == 64
        digest = hashlib.sha256(verifier.encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
        assert body == (
            f"grant_type=authorization_code&client_id=client-1&client_secret={'s' * 40}"
            f"&code=c0de&scope=&audience=&redirect_uri={quote_plus(back)}"
            f"&code_verifier={verifier}"
        )

    played(scenario)


def test_since_prestashop_9_a_route_takes_the_place_of_the_controller() -> None:
    async def scenario(there: Stage) -> None:
        async with browser() as person:
            text = await sign_in(there, person)
            back = f"{there.store.back_office_url}/modules/ps_accounts/oauth2"
            told = parse_qs(there.cloud.people.queries[0])
            assert told["redirect_uri"] == [back]
            assert "staff0.1@shop.example" in text
            admin = there.store.back_office_url
            again = await person.step(f"{admin}/index.php/modules/ps_accounts/oauth2?locale=fr")
            assert "ui_locales=fr" in again.hops[0]

    played(scenario, versions=("9",))


def test_an_employee_is_found_by_email_then_by_uid() -> None:
    async def scenario(there: Stage) -> None:
        user = there.cloud.people.user
        async with browser() as person:
            text = await sign_in(there, person)
            assert 'data-test="employee-email">staff0.1@shop.example' in text
            (row,) = there.store.module.of.db.employee_accounts
            assert (row.employee, row.uid, row.email) == (1, "user-1", "staff0.1@shop.example")
        user["email"] = "other@shop.example"
        async with browser() as person:
            assert "staff0.1@shop.example" in await sign_in(there, person)
        user |= {"sub": "user-2", "email": "STAFF1.1@shop.example"}
        async with browser() as person:
            assert "staff1.1@shop.example" in await sign_in(there, person)

    played(scenario)


@pytest.mark.parametrize(
    ("changes", "exchange", "kind"),
    [
        ({"email_verified": False}, 200, "email_not_verified"),
        ({"sub": "user-9", "email": "nobody@shop.example"}, 200, "employee_not_found"),
        ({}, 400, "error_from_hydra"),
        (None, 200, "error_other"),
    ],
)
def test_a_failed_sign_in_shows_on_the_next_login_page(
    changes: dict[str, object] | None, exchange: int, kind: str
) -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.people.denies = changes is None
        there.cloud.people.user |= changes or {}
        there.cloud.people.exchange_status = exchange
        async with browser() as person:
            text = await sign_in(there, person)
            assert f'data-test="{kind}"' in text
            assert ("Send the message again" in text) == (kind == "email_not_verified")
            assert 'role="alert"' not in (await person.get(login_url(there))).text
            page = await person.get(f"{there.store.back_office_url}/index.php")
            assert "employee-email" not in page.text

    played(scenario)


def test_the_state_counts_only_while_the_session_has_one() -> None:
    async def scenario(there: Stage) -> None:
        there.store.module.enable_login()
        back = there.store.accounts.redirect_uri
        async with browser() as person:
            start = await person.step(f"{back}&action=login")
            assert "/oauth2/auth?" in start.hops[0]
            wrong = await person.get(f"{back}&code=c0de&state=wrong")
            assert 'data-test="error_other"' in wrong.text
            assert not any("authorization_code" in body for body in there.cloud.bodies)
        async with browser() as person:
            page = await person.get(f"{back}&code=c0de&state=whatever")
            assert "employee-email" in page.text
            body = next(b for b in there.cloud.bodies if "authorization_code" in b)
            assert "code_verifier" not in body, "the session was lost, and PKCE with it"

    played(scenario)


@pytest.mark.parametrize("code", ["a b", 'a"b', "a'b", "a;b", "a(b", ""])
def test_a_code_that_the_module_would_not_take(code: str) -> None:
    async def scenario(there: Stage) -> None:
        back = there.store.accounts.redirect_uri
        async with browser() as person:
            page = await person.step(f"{back}&code={quote_plus(code)}&state=x")
            wanted = "controller=AdminLogin" if code else "/oauth2/auth?"
            assert wanted in page.hops[0]
        assert not any("authorization_code" in body for body in there.cloud.bodies)

    played(scenario)


def test_return_to_is_a_controller_or_a_url() -> None:
    async def scenario(there: Stage) -> None:
        back = there.store.accounts.redirect_uri
        for wanted, led in (("AdminOrders", "index.php?controller=AdminOrders"), ("/x/y", "/x/y")):
            async with browser() as person:
                page = await person.step(f"{back}&return_to={quote_plus(wanted)}")
                page = await person.step(page.hops[0])
                page = await person.step(page.hops[0])
                assert page.hops[0].endswith(led)

    played(scenario)


def test_the_local_way_stays_open() -> None:
    async def scenario(there: Stage) -> None:
        admin = there.store.back_office_url
        async with browser() as person:
            page = await person.get(admin + "/")
            assert 'id="passwd"' in page.text, "single sign-on is off at first"
            there.store.module.enable_login()
            page = await person.get(login_url(there))
            assert 'id="passwd"' not in page.text
            page = await person.get(page.link("Connect with another method"))
            assert 'id="passwd"' in page.text
            page = await person.post(login_url(there), email="staff1.1@shop.example", passwd="no")
            assert "password provided is incorrect" in page.text
            there.store.add_employee("new@shop.example", "secret")
            page = await person.post(login_url(there), email="new@shop.example", passwd="secret")
            assert "new@shop.example" in page.text and "Dashboard" in page.url
            assert "Dashboard" in (await person.get(login_url(there))).url
            page = await person.get(page.link("Sign out"))
            assert "employee-email" not in page.text
            assert "employee-email" not in (await person.get(admin)).text

    played(scenario)


def test_before_prestashop_8_nobody_is_offered_to_sign_in_by_it() -> None:
    async def scenario(there: Stage) -> None:
        there.store.module.enable_login()
        async with browser() as person:
            page = await person.get(login_url(there))
            assert "Log in with PrestaShop" not in page.text

    played(scenario, versions=("1.7",))


def test_a_user_token_is_refreshed_without_the_clients_secret() -> None:
    async def scenario(there: Stage) -> None:
        ajax = f"{there.store.back_office_url}/index.php?controller=AdminAjaxPsAccounts&action="
        async with browser() as person:
            await sign_in(there, person)
            first = (await person.get(f"{ajax}getOrRefreshAccessToken")).text
            there.cloud.advance(there.cloud.token_seconds + 1)
            second = (await person.get(f"{ajax}getOrRefreshAccessToken")).text
            assert first != second
            body = next(b for b in there.cloud.bodies if "refresh_token" in b)
            assert body == "grant_type=refresh_token&client_id=client-1&refresh_token=r3fresh"
            there.cloud.advance(there.cloud.token_seconds + 1)
            there.cloud.people.refresh_status = 401
            third = (await person.get(f"{ajax}getOrRefreshAccessToken")).text
            assert third == second, "the expired one stays"

    played(scenario)


def test_modules_before_7_1_2_sign_out_at_the_cloud_too() -> None:
    async def scenario(there: Stage) -> None:
        accounts = there.store.accounts
        accounts.client_id, accounts.client_secret = "client-6", "s" * 40
        async with browser() as person:
            await sign_in(there, person)
            query = parse_qs(there.cloud.people.queries[0])
            assert "prompt" not in query
            admin = f"{there.store.back_office_url}/index.php?controller=AdminLogin&logout=1"
            page = await person.step(admin)
            endpoint, _, query_text = page.hops[0].partition("?")
            assert endpoint == f"{there.cloud.url}/logout"
            query = parse_qs(query_text)
            assert query["post_logout_redirect_uri"] == [f"{admin}&oauth2Callback=1"]
            assert query["id_token_hint"][0].count(".") == 2
            page = await person.step(f"{admin}&oauth2Callback=1")
            assert page.status == 200

    played(scenario, accounts_version="6.3.2")


def test_module_8_stays_signed_in_at_the_cloud() -> None:
    async def scenario(there: Stage) -> None:
        async with browser() as person:
            await sign_in(there, person)
            page = await person.step(f"{login_url(there)}&logout=1")
            assert page.status == 200 and page.hops == []

    played(scenario)
