"""What happens to an identity after the install (spec/accounts.md §1.3, §4.5-4.7)."""

import json

import pytest
from aiohttp import web

from comptoir.simulator import Restored, StoreError
from comptoir.simulator.accounts.api import Cause, Origin
from comptoir.simulator.accounts.identity import Identity
from tests.simulator.browser import browser
from tests.simulator.stage import Stage, played

BASE = "/accounts/v1/shop-identities"


def steps(there: Stage) -> list[str]:
    return [f"{method} {path.removeprefix(BASE)}" for method, path, _, _ in there.cloud.asked]


async def login_page(there: Stage) -> None:
    async with browser() as person:
        await person.get(f"{there.store.back_office_url}/index.php?controller=AdminLogin")


def test_bodies_are_written_as_php_does() -> None:
    async def scenario(there: Stage) -> None:
        store = there.store
        slashed = store.frontend_url.replace("/", "\\/")
        assert there.cloud.bodies[0] == (
            f'{{"backOfficeUrl":"{slashed}\\/admin-dev","frontendUrl":"{slashed}",'
            f'"multiShopId":1,"name":{json.dumps(store.name)}}}'
        )
        audience = there.cloud.url.replace(":", "%3A").replace("/", "%2F") + "%2Faccounts"
        assert there.cloud.bodies[2] == (
            f"grant_type=client_credentials&client_id=client-1&client_secret={'s' * 40}"
            f"&scope=&audience=store%2Fshop-1+{audience}"
        )

    played(scenario)


def test_another_admin_folder_is_told_before_the_login_page() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.asked.clear()
        await login_page(there)
        assert "PUT /shop-1/back-office-url" not in steps(there)
        there.store.move(admin="bo-123")
        there.cloud.asked.clear()
        await login_page(there)
        method, path, headers, body = there.cloud.asked[-1]
        assert (method, path) == ("PUT", f"{BASE}/shop-1/back-office-url")
        assert body == {"backOfficeUrl": there.store.back_office_url, "multiShopId": 1}
        assert headers["Authorization"].startswith("Bearer ey")
        assert "X-Shop-Id" not in headers and "X-Module-Source" not in headers
        there.cloud.asked.clear()
        await login_page(there)
        assert steps(there) == ["PUT /shop-1/back-office-url"], "the cache still says otherwise"
        there.cloud.advance(31)
        there.cloud.asked.clear()
        await login_page(there)
        assert "PUT /shop-1/back-office-url" not in steps(there)

    played(scenario)


def test_a_moved_store_is_not_verified_again_by_itself() -> None:
    async def scenario(there: Stage) -> None:
        there.store.move("boutique")
        assert there.store.frontend_url.endswith("/boutique")
        there.cloud.shops["shop-1"]["isVerified"] = False
        there.cloud.asked.clear()
        await there.store.identity.verify(Cause(), force=False)
        assert steps(there) == ["GET /shop-1/status"]
        await there.store.identity.verify(Cause(Origin.MISMATCH_UPDATE), force=True)
        assert steps(there)[-1] == "POST /shop-1/verify"
        assert there.cloud.asked[-1][3]["frontendUrl"] == there.store.frontend_url
        assert there.cloud.asked[-1][2]["X-Action-Origin"] == "mismatch_update"
        there.cloud.shops["shop-1"]["isVerified"] = False
        there.cloud.advance(31)
        await there.store.identity.verify(Cause(), force=False)
        assert steps(there)[-1] == "POST /shop-1/verify", "the cloud knows this address"
        async with there.http.get(there.store.frontend_url) as answer:
            assert answer.status == 200

    played(scenario)


def test_a_clone_has_the_identity_until_it_takes_its_own() -> None:
    async def scenario(there: Stage) -> None:
        clone = there.sim.clone(there.store)
        assert clone.frontend_url != there.store.frontend_url
        assert (clone.shop_id, clone.client_secret) == ("shop-1", "s" * 40)
        assert clone.truth("customers") == there.store.truth("customers")
        clone.live(5)
        await clone.identity.create(Cause(Origin.MISMATCH_CREATE))
        assert (clone.shop_id, there.store.shop_id) == ("shop-2", "shop-1")
        assert there.cloud.asked[-1][3]["frontendUrl"] == clone.frontend_url
        token = there.cloud.proof_token("shop-2")
        url = f"{clone.frontend_url}/index.php?fc=module&module=ps_accounts"
        headers = {"X-Prestashop-Authorization": f"Bearer {token}"}
        async with there.http.get(f"{url}&controller=apiV2ShopProof", headers=headers) as answer:
            assert await answer.json(content_type=None) == {"proof": clone.accounts.proof}

    played(scenario, scale=0.05)


def test_legacy_tokens_are_asked_for_while_there_are_none() -> None:
    async def scenario(there: Stage) -> None:
        legacy = there.store.legacy_tokens
        there.cloud.asked.clear()
        token = await legacy.of_shop()
        assert token and legacy.refresh_token == "refresh-shop"
        headers = there.cloud.asked[-1][2]
        assert steps(there)[-1] == "GET /shop-1/tokens" and "X-Shop-Id" not in headers
        many = len(there.cloud.asked)
        assert await legacy.of_shop() == token and len(there.cloud.asked) == many
        assert await legacy.of_contact() == "", "there is no point of contact"
        there.cloud.legacy.contact = {"email": "a@b.c", "email_verified": False}
        first = await legacy.of_contact()
        many = len(there.cloud.asked)
        assert first and await legacy.of_contact() and len(there.cloud.asked) == many + 1
        there.cloud.legacy.contact = {"email": "a@b.c", "email_verified": True}
        await legacy.of_contact()
        many = len(there.cloud.asked)
        await legacy.of_contact()
        assert len(there.cloud.asked) == many

    played(scenario)


def test_a_store_whose_rows_were_deleted_takes_the_wrong_way() -> None:
    async def scenario(there: Stage) -> None:
        identity = there.store.identity
        identity.forget_rows()
        assert there.store.shop_id == "shop-1" and there.store.client_id is None
        with pytest.raises(StoreError, match="Refresh token cannot be empty"):
            await there.store.module.reset()
        identity.cleanup()
        await there.store.module.reset()
        assert there.store.shop_id == "shop-2"

    played(scenario)


def test_the_recovery_form() -> None:
    async def scenario(there: Stage) -> None:
        identity = there.store.identity
        there.cloud.shops["old"] = {"body": there.cloud.shops["shop-1"]["body"], "isVerified": True}
        await identity.restore(Restored("old", "client-9", "s" * 16, verify=True))
        assert (there.store.shop_id, there.store.client_id) == ("old", "client-9")
        assert there.cloud.asked[-1][1] == f"{BASE}/old/verify"
        assert there.cloud.asked[-1][2]["X-Action-Origin"] == "advanced_settings"
        there.cloud.verify_status = 422
        with pytest.raises(StoreError):
            await identity.restore(Restored("shop-1", "client-1", verify=True))
        assert there.store.shop_id == "old"
        assert there.store.accounts.status["isVerified"] is True

    played(scenario)


def test_the_recovery_form_can_pretend_to_come_from_an_old_version() -> None:
    async def scenario(there: Stage) -> None:
        identity = there.store.identity
        form = Restored("legacy-uid", "client-9", migrate_from="7.2.2")
        await identity.restore(form)
        assert there.cloud.asked[-1][1] == f"{BASE}/legacy-uid/migrate"
        assert there.cloud.asked[-1][3]["fromVersion"] == "7.2.2"
        there.cloud.migrate_error = "store-identity/store-legacy-not-found"
        with pytest.raises(StoreError, match="store-legacy-not-found"):
            await identity.restore(form)
        assert there.store.accounts.registered_version == "8.0.13"

    played(scenario)


def test_every_shop_of_a_multistore_has_its_own_identity() -> None:
    async def scenario(there: Stage) -> None:
        first, second = there.store.shops
        assert (first.shop_id, second.shop_id) == ("shop-1", "shop-2")
        assert second.front == f"{there.store.frontend_url}/shop-2"
        assert second.back_office == there.store.back_office_url
        creations = [a for a in there.cloud.asked if a[:2] == ("POST", BASE)]
        assert [body["multiShopId"] for _, _, _, body in creations] == ["1", "2"]
        assert {headers["X-Multishop-Enabled"] for _, _, headers, _ in creations} == {"true"}

        async def proof(front: str, shop_id: str, number: str) -> tuple[int, object]:
            query = "fc=module&module=ps_accounts&controller=apiV2ShopProof"
            url = f"{front}/index.php?{query}&shop_id={number}"
            token = there.cloud.proof_token(shop_id)
            headers = {"X-Prestashop-Authorization": f"Bearer {token}"}
            async with there.http.get(url, headers=headers) as answer:
                return answer.status, await answer.json(content_type=None)

        assert await proof(second.front, "shop-2", "2") == (200, {"proof": second.proof})
        assert (await proof(first.front, "shop-2", "2"))[1] == {
            "error": True,
            "message": "Invalid audience",
        }, "the address decides, not the number"
        assert first.proof != second.proof
        async with browser() as person:
            await person.get(f"{second.redirect_uri}&action=identifyPointOfContact&shop_id=2")
        assert there.cloud.asked[-1][1] == f"{BASE}/shop-2/point-of-contact"
        assert "client_id=client-2" in there.cloud.people.queries[0]

    played(scenario, shops=2)


def test_what_a_status_leaves_out_keeps_its_value() -> None:
    async def scenario(there: Stage) -> None:
        accounts = there.store.accounts
        await accounts.current_status()
        there.cloud.shops["shop-1"]["status"] = {
            "cloudShopId": "shop-1",
            "pointOfContactEmail": "a@b.c",
            "organizationId": "o-1",
        }
        there.cloud.asked.clear()
        await accounts.current_status()
        assert steps(there) == [], "30 seconds"
        there.cloud.advance(30)
        told = await accounts.current_status()
        assert told["isVerified"] is True and told["pointOfContactEmail"] == "a@b.c"
        assert told["organizationId"] == "o-1"
        there.cloud.shops["shop-1"]["status"] |= {"verifiedAt": "the other day"}
        with pytest.raises(ValueError, match="the other day"):
            await accounts.current_status(refresh=True)

    played(scenario)


def test_a_failed_step_of_a_reset_can_be_repeated() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.create_answers.append(web.json_response({"error": "x/y"}, status=400))
        with pytest.raises(StoreError, match="create: 400"):
            await there.store.install()
        assert there.store.accounts.registered_version == "8.0.13"
        await there.store.module.reset()
        assert there.store.shop_id == "shop-1"
        many = len(there.cloud.asked)
        await there.store.module.reset()
        assert [s for s in steps(there)[many:] if s.startswith("POST /shop")] == []

    played(scenario, installed=False)


def test_a_shop_that_comes_later_waits_for_somebody_to_press_verify() -> None:
    async def scenario(there: Stage) -> None:
        third = there.store.module.add_shop("Outlet")
        assert third.shop_id is None and third.front.endswith("/shop-3")
        assert third.shop.id == 3
        await Identity(third).migrate_or_create(Cause(Origin.FALLBACK, ajax=True))
        assert third.shop_id == "shop-3"
        there.cloud.asked.clear()
        there.store.module.remove_shop(third)
        assert there.cloud.asked == [] and third.shop_id is None
        assert [one.shop_id for one in there.store.shops] == ["shop-1", "shop-2"]

    played(scenario, shops=2)


def test_a_refused_token_is_not_asked_for_twice_in_one_request() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.advance(there.cloud.token_seconds)
        there.cloud.client_status = 401
        there.store.move(admin="elsewhere")
        there.cloud.asked.clear()
        await login_page(there)
        assert [path for _, path, _, _ in there.cloud.asked] == ["/oauth2/token"]
        await login_page(there)
        assert len(there.cloud.asked) == 2, "but again in the next one"

    played(scenario)


def test_calls_for_a_browser_carry_its_id_for_analytics() -> None:
    async def scenario(there: Stage) -> None:
        assert "X-Anonymous-ID" not in there.cloud.asked[0][2]
        seen = []
        async with browser() as person:
            for _ in range(2):
                there.cloud.asked.clear()
                await person.get(f"{there.store.back_office_url}/index.php?controller=AdminLogin")
                seen += [headers["X-Anonymous-ID"] for _, _, headers, _ in there.cloud.asked]
                there.cloud.advance(31)
        assert len(seen) >= 2 and len(set(seen)) == 1

    played(scenario)
