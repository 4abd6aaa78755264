"""The ps_accounts side: install, tokens, proof (spec/accounts.md §1.1-1.4, §2.1, §4.1)."""

from typing import Any

import pytest
from aiohttp import web
from joserfc.jwk import RSAKey

from comptoir.simulator import StoreError
from tests.simulator.cloud import KEY
from tests.simulator.stage import Stage, played


def steps(there: Stage) -> list[str]:
    return [f"{method} {path}" for method, path, _, _ in there.cloud.asked]


def test_the_install_takes_the_steps_of_the_flow() -> None:
    async def scenario(there: Stage) -> None:
        await there.store.install()
        assert steps(there) == [
            "POST /accounts/v1/shop-identities",
            "GET /.well-known/openid-configuration",
            "POST /oauth2/token",
            "GET /accounts/v1/shop-identities/shop-1/status",
            "POST /accounts/v1/shop-identities/shop-1/verify",
        ]
        (_, _, create, body), _, token, status, verify = there.cloud.asked
        described = {
            "backOfficeUrl": f"{there.store.frontend_url}/admin-dev",
            "frontendUrl": there.store.frontend_url,
            "multiShopId": 1,
            "name": there.store.name,
        }
        assert body == described
        assert create["User-Agent"].startswith("ps_accounts/8.")
        assert create["X-Prestashop-Version"] == "8.1.7"
        assert create["X-Multishop-Enabled"] == "false"
        assert create["X-Action-Origin"] == "install"
        assert "Authorization" not in create and "X-Shop-Id" not in create
        assert token[3] == {
            "grant_type": "client_credentials",
            "client_id": "client-1",
            "client_secret": "s" * 40,
            "scope": "",
            "audience": f"store/shop-1 {there.cloud.url}/accounts",
        }
        assert status[2]["X-Shop-Id"] == verify[2]["X-Shop-Id"] == "shop-1"
        assert verify[2]["Authorization"].startswith("Bearer ey")
        proof = verify[3].pop("proof")
        assert len(proof) == 64 and set(proof) <= set("0123456789abcdef")
        assert verify[3] == described
        assert there.store.shop_id == "shop-1"
        assert there.store.client_id == "client-1"
        assert there.store.client_secret == "s" * 40

    played(scenario, installed=False)


def test_an_install_waits_as_long_as_a_429_asks_for() -> None:
    async def scenario(there: Stage) -> None:
        for seconds in ("7", "2"):
            there.cloud.create_answers.append(
                web.Response(status=429, headers={"Retry-After": seconds})
            )
        await there.store.install()
        assert there.pauses == [7.0, 2.0]
        assert there.store.shop_id == "shop-1"

    played(scenario, installed=False)


def test_a_refused_step_raises_with_the_servers_answer() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.verify_status = 422
        with pytest.raises(StoreError) as refused:
            await there.store.install()
        assert (refused.value.step, refused.value.status) == ("verify", 422)
        assert "store-identity/proof-invalid" in refused.value.answer
        there.cloud.create_answers.append(web.Response(status=503, text="later"))
        with pytest.raises(StoreError, match="create: 503 later"):
            await there.store.install()

    played(scenario, installed=False)


def test_a_store_without_identity_has_no_token() -> None:
    async def scenario(there: Stage) -> None:
        with pytest.raises(StoreError):
            await there.store.access_token()

    played(scenario, installed=False)


def test_later_tokens_ask_for_the_verified_scope_and_are_kept() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.asked.clear()
        first = await there.store.access_token()
        assert steps(there) == [
            "GET /accounts/v1/shop-identities/shop-1/status",
            "POST /oauth2/token",
        ]
        assert there.cloud.asked[1][3]["scope"] == "shop.verified"
        assert await there.store.access_token() == first
        assert len(there.cloud.asked) == 2
        there.cloud.advance(there.cloud.token_seconds + 1)
        assert await there.store.access_token() != first
        assert there.cloud.asked[2][3]["scope"] == "shop.verified"

    played(scenario)


def test_a_refused_verified_scope_is_asked_once_more_without() -> None:
    async def scenario(there: Stage) -> None:
        there.cloud.verified_scope = False
        there.cloud.asked.clear()
        assert await there.store.access_token()
        scopes = [form["scope"] for _, path, _, form in there.cloud.asked if "token" in path]
        assert scopes == ["shop.verified", ""]
        there.cloud.asked.clear()
        await there.store.access_token()
        assert there.cloud.asked == [], "the status of 30 seconds ago says: not verified"
        there.cloud.advance(30)
        there.cloud.verified_scope = True
        await there.store.access_token()
        assert len(there.cloud.asked) == 2, "status, then a token with the scope"

    played(scenario)


async def proof(there: Stage, token: str | None, **query: str) -> tuple[int, Any]:
    params = {"fc": "module", "module": "ps_accounts", "controller": "apiV2ShopProof"} | query
    headers = {} if token is None else {"X-Prestashop-Authorization": f"Bearer {token}"}
    url = f"{there.store.frontend_url}/index.php"
    async with there.http.get(url, params=params, headers=headers) as answer:
        assert answer.headers["Content-Type"] == "text/json"
        return answer.status, await answer.json(content_type=None)


def test_the_proof_is_shown_to_the_holder_of_a_right_token() -> None:
    async def scenario(there: Stage) -> None:
        token = there.cloud.proof_token("shop-1")
        status, answer = await proof(there, token, shop_id="1")
        assert status == 200
        assert answer == {"proof": there.cloud.shops["shop-1"]["proof"]}
        there.cloud.asked.clear()
        assert (await proof(there, token))[0] == 200
        assert there.cloud.asked == [], "the keys are kept"
        await there.store.access_token()
        assert "GET /accounts/v1/shop-identities/shop-1/status" in steps(there)

    played(scenario)


def test_a_store_that_never_proved_anything_shows_false() -> None:
    async def scenario(there: Stage) -> None:
        token = there.cloud.proof_token("None")
        assert await proof(there, token) == (200, {"proof": False})

    played(scenario, installed=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"aud": "ps_accounts/shop-1"}, "Invalid audience"),
        ({"aud": ["ps_accounts/shop-2"]}, "Invalid audience"),
        ({"scp": "shop.proof.read"}, "Invalid scope"),
        ({"scp": ["shop.health"]}, "Invalid scope"),
        ({"exp": 1}, "Invalid token"),
        ({"iat": 99_999_999_999}, "Invalid token"),
    ],
)
def test_a_wrong_claim_is_refused(changes: dict[str, Any], message: str) -> None:
    async def scenario(there: Stage) -> None:
        token = there.cloud.proof_token("shop-1", **changes)
        assert await proof(there, token) == (401, {"error": True, "message": message})

    played(scenario)


def test_clocks_may_differ_by_fifteen_minutes() -> None:
    async def scenario(there: Stage) -> None:
        now = int(there.cloud.clock.now().timestamp())
        late = there.cloud.proof_token("shop-1", exp=now - 899, iat=now + 899)
        assert (await proof(there, late))[0] == 200
        later = there.cloud.proof_token("shop-1", exp=now - 901)
        assert (await proof(there, later))[0] == 401

    played(scenario)


def test_other_refusals_of_the_proof() -> None:
    async def scenario(there: Stage) -> None:
        wrong = "Invalid token"
        assert await proof(there, None) == (
            401,
            {"error": True, "message": "Authorization header is required."},
        )
        for token in ("", "x.y.z", "nonsense", there.cloud.proof_token("shop-1")[:-4] + "AAAA"):
            status, answer = await proof(there, token)
            assert status == 401, token
            assert token == "" or answer["message"] == wrong
        good = there.cloud.proof_token("shop-1")
        assert await proof(there, good, shop_id="2") == (
            404,
            {"error": True, "message": "Shop not found [2]"},
        )
        assert (await proof(there, good, method="DELETE"))[0] == 405

    played(scenario)


def test_keys_are_fetched_again_only_for_an_unknown_kid() -> None:
    async def scenario(there: Stage) -> None:
        await proof(there, there.cloud.proof_token("shop-1"))
        other = there.cloud.sign({}, kid="cloud-2")
        there.cloud.asked.clear()
        assert (await proof(there, other))[0] == 401
        assert steps(there) == ["GET /jwks"]
        there.cloud.keys.append({**KEY.as_dict(private=False), "alg": "RS256", "kid": "cloud-2"})
        claims = {"aud": ["ps_accounts/shop-1"], "scp": ["shop.proof.read"]}
        assert (await proof(there, there.cloud.sign(claims, kid="cloud-2")))[0] == 200

    played(scenario)


def test_one_key_without_alg_spoils_the_set() -> None:
    async def scenario(there: Stage) -> None:
        spoilt = RSAKey.generate_key(2048).as_dict(private=False)
        there.cloud.keys.append({**spoilt, "kid": "other"})
        assert (await proof(there, there.cloud.proof_token("shop-1")))[0] == 401

    played(scenario)


def test_the_accounts_health_check_is_public_without_a_header() -> None:
    async def scenario(there: Stage) -> None:
        url = f"{there.store.frontend_url}/module/ps_accounts/apiV2ShopHealthCheck"
        async with there.http.get(url) as answer:
            public = await answer.json(content_type=None)
        assert public["shopLinked"] is True
        assert "cloudShopId" not in public
        assert public["oauthToken"]["isExpired"] is False
        token = there.cloud.proof_token("shop-1", scp=["shop.health"])
        headers = {"X-Prestashop-Authorization": f"Bearer {token}"}
        async with there.http.get(url, headers=headers) as answer:
            private = await answer.json(content_type=None)
        assert private["cloudShopId"] == "shop-1"
        assert private["psVersion"] == "8.1.7"
        async with there.http.get(url, headers={"X-Prestashop-Authorization": "Bearer x"}) as bad:
            assert bad.status == 401

    played(scenario)
