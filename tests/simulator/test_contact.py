"""The point of contact of a store, and the page that sets it (spec/accounts.md §4.2, §5.4)."""

import json
from urllib.parse import parse_qs

import pytest

from tests.simulator.browser import Browser, Page, browser
from tests.simulator.stage import Stage, played


async def settings(there: Stage, person: Browser, more: str = "") -> Page:
    """The module's page, as the super admin sees it."""
    admin = f"{there.store.back_office_url}/index.php?controller="
    await person.post(admin + "AdminLogin", email="staff0.1@shop.example", passwd="prestashop")
    return await person.get(f"{admin}AdminModules&configure=ps_accounts{more}")


@pytest.mark.parametrize("version", ["1.6", "1.7", "8", "9"])
def test_the_popup_sets_the_point_of_contact_and_closes_itself(version: str) -> None:
    async def scenario(there: Stage) -> None:
        async with browser() as person:
            page = await settings(there, person)
            assert "Store information" in page.text and "check_circle icon" in page.text
            assert "poc-email" not in page.text
            url = page.data("define-poc-button", "data-url")
            there.cloud.asked.clear()
            there.cloud.bodies.clear()
            popup = await person.get(url)
            assert popup.text == '<script type="text/javascript">\nwindow.close();\n</script>\n'
            method, path, headers, body = there.cloud.asked[-1]
            assert (method, path) == ("POST", f"{BASE}/shop-1/point-of-contact")
            assert headers["X-Shop-Id"] == "shop-1"
            assert headers["X-Module-Source"] == "ps_accounts"
            assert "X-Action-Origin" not in headers
            assert list(body) == ["pointOfContactJWT"]
            assert there.cloud.bodies[-1].startswith('{"pointOfContactJWT":"ey')
            there.cloud.asked.clear()
            page = await settings(there, person)
            assert 'data-test="poc-email">staff0.1@shop.example<' in page.text
            assert there.cloud.asked == [], "the cache was told at once"
            assert there.store.accounts.status["pointOfContactUuid"] == "user-1"

    played(scenario, versions=(version,))


BASE = "/accounts/v1/shop-identities"


def test_the_link_names_action_source_and_shop() -> None:
    async def scenario(there: Stage) -> None:
        async with browser() as person:
            page = await settings(there, person)
        assert page.data("define-poc-button", "data-url") == (
            f"{there.store.back_office_url}/index.php?controller=AdminOAuth2PsAccounts"
            "&action=identifyPointOfContact&source=ps_accounts&shop_id=1"
        )

    played(scenario)


def test_forced_sign_up_ends_at_the_accounts_ui() -> None:
    async def scenario(there: Stage) -> None:
        url = f"{there.store.accounts.redirect_uri}&action=identifyPointOfContact&shop_id=1"
        async with browser() as person:
            page = await person.get(f"{url}&locale=fr&forceSignup=1&source=ps_checkout")
        assert page.text == "ui signupContext=popup"
        assert parse_qs(there.cloud.people.queries[0])["ui_locales"] == ["fr"]
        assert there.cloud.asked[-1][2]["X-Module-Source"] == "ps_checkout"

    played(scenario)


def test_nobody_needs_to_be_logged_in_and_nobody_is_afterwards() -> None:
    async def scenario(there: Stage) -> None:
        async with browser() as person:
            await person.get(f"{there.store.accounts.redirect_uri}&action=identifyPointOfContact")
            assert there.cloud.asked[-1][1].endswith("/point-of-contact")
            page = await person.get(f"{there.store.back_office_url}/index.php")
            assert "employee-email" not in page.text

    played(scenario)


def test_a_store_that_is_not_verified_tells_nobody() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.shops["shop-1"]["isVerified"] = False
        url = f"{there.store.accounts.redirect_uri}&action=identifyPointOfContact"
        async with browser() as person:
            page = await person.get(url)
        assert "window.close()" in page.text
        assert not [path for _, path, _, _ in there.cloud.asked if "point-of" in path]
        assert not there.store.accounts.status.get("pointOfContactEmail")

    played(scenario)


def test_a_failure_just_closes_the_popup() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.people.denies = True
        async with browser() as person:
            url = f"{there.store.accounts.redirect_uri}&action=identifyPointOfContact"
            assert "window.close()" in (await person.get(url)).text

    played(scenario)


def test_the_page_with_the_component_starts_it_as_the_module_does() -> None:
    async def scenario(there: Stage) -> None:
        async with browser() as person:
            page = await settings(there, person, "&component=1")
        assert f'<script src="{there.cloud.url}/components/accounts.js">' in page.text
        shown = page.text.partition("window.contextPsAccounts = ")[2].partition(";</script>")[0]
        context = json.loads(shown)
        params = context["component_params_init"]
        assert params["mode"] == 1 and params["shopId"] == 1
        assert "AdminAjaxV2PsAccounts&ajax=1&action=getContext" in params["getContextUrl"]
        assert params["manageAccountUrl"] == f"{there.cloud.url}/account"
        assert context["backendUser"]["isSuperAdmin"] is True
        assert context["currentShop"]["publicKey"] == "[deprecated]"

    played(scenario)
