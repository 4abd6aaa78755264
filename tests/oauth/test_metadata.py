"""Discovery and keys (spec/accounts.md §1.4.1, §1.4.2)."""

import re

from tests.oauth.calls import URL, claims_of, header_of, keys
from tests.server import Server, running


def test_discovery(comptoir: Server) -> None:
    answer = comptoir.get("/.well-known/openid-configuration")
    found = answer.json

    assert answer.status == 200
    assert answer.header("Content-Type") == "application/json"
    assert "max-age" in (answer.header("Cache-Control") or "")
    assert found["issuer"] == comptoir.base
    assert found["token_endpoint"] == f"{comptoir.base}/oauth2/token"
    assert found["jwks_uri"].startswith(f"{comptoir.base}/")
    assert "client_credentials" in found["grant_types_supported"]
    assert {"client_secret_basic", "client_secret_post"} <= set(
        found["token_endpoint_auth_methods_supported"]
    )
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    assert comptoir.get("/.well-known/oauth-authorization-server").json == found


def test_every_endpoint_that_is_published_is_there(comptoir: Server) -> None:
    found = comptoir.get("/.well-known/openid-configuration").json
    for name, value in found.items():
        if name.endswith(("_endpoint", "_uri")):
            assert comptoir.get(value.removeprefix(comptoir.base)).status != 404, name


def test_every_key_has_what_stores_need(comptoir: Server) -> None:
    answer = comptoir.get("/.well-known/jwks.json")

    assert answer.status == 200
    assert "max-age" in (answer.header("Cache-Control") or "")
    assert answer.json["keys"]
    for key in answer.json["keys"]:
        assert key["alg"] == "RS256"
        assert key["kty"] == "RSA"
        assert key["use"] == "sig"
        assert re.fullmatch(r"[A-Za-z0-9._:-]+", key["kid"])
        assert set(key) == {"alg", "kty", "use", "kid", "n", "e"}, "nothing private"
    kids = [key["kid"] for key in answer.json["keys"]]
    assert len(set(kids)) == len(kids)


def test_keys_and_tokens_outlive_the_process(comptoir: Server) -> None:
    store = comptoir.create_identity(URL)
    token = comptoir.store_token(store)
    path = f"/accounts/v1/shop-identities/{store.shop_id}/status"
    before = keys(comptoir)
    for end in (comptoir.stop, comptoir.kill):
        end()
        comptoir.start()
        assert keys(comptoir) == before
        assert comptoir.get(path, token=token).status == 200
        claims_of(comptoir, token)
        fresh = comptoir.store_token(store)
        assert header_of(fresh)["kid"] == header_of(token)["kid"]


def test_two_servers_on_one_database_share_their_keys() -> None:
    with running("postgresql", secret_key="k" * 40) as one:
        store = one.create_identity(URL)
        url = one.environ["COMPTOIR_DATABASE_URL"]
        with running("sqlite", secret_key="k" * 40, database_url=url, public_url=one.base) as other:
            assert keys(other) == keys(one)
            token = one.store_token(store)
            path = f"/accounts/v1/shop-identities/{store.shop_id}/status"
            assert other.get(path, token=token).status == 200


def test_installations_do_not_share_key_ids() -> None:
    kids = set()
    for _ in range(2):
        with running() as server:
            kids.update(key["kid"] for key in keys(server)["keys"])
    assert len(kids) == 2, "stores cache keys for ever: an id must never mean another key"


def test_behind_a_proxy_everything_published_has_the_public_address() -> None:
    with running(public_url="https://comptoir.example/base/") as server:
        base = "https://comptoir.example/base"
        found = server.get("/.well-known/openid-configuration").json
        assert found["issuer"] == base
        assert found["token_endpoint"] == f"{base}/oauth2/token"
        store = server.create_identity(URL)
        form = {
            "grant_type": "client_credentials",
            "client_id": store.client_id,
            "client_secret": store.client_secret,
            "audience": f"store/{store.shop_id} {base}/accounts",
        }
        token = server.post("/oauth2/token", form=form).json["access_token"]
        assert claims_of(server, token)["iss"] == base


def test_without_accounts_nobody_signs_in() -> None:
    with running(services="cloudsync") as server:
        found = server.get("/.well-known/openid-configuration").json
        assert "authorization_endpoint" not in found
        assert found["grant_types_supported"] == ["client_credentials"]
        assert found["response_types_supported"] == []
        for path in ("/oauth2/authorize", "/account", "/account/sign-in"):
            assert server.get(path).status == 404


def test_a_browser_is_never_sent_to_an_alias() -> None:
    """Whoever maps a host for the store's server has not mapped it for the merchant's browser."""
    with running(host_aliases="oauth.prestashop.com=oauth") as server:
        headers = {"Host": "oauth.prestashop.com"}
        found = server.get("/.well-known/openid-configuration", headers=headers).json
        assert found["token_endpoint"] == "http://oauth.prestashop.com/oauth2/token"
        assert found["authorization_endpoint"] == f"{server.base}/oauth2/authorize"
        assert found["end_session_endpoint"].startswith(f"{server.base}/")
