"""Revocation (RFC 7009) and introspection (RFC 7662), over HTTP and over time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from comptoir.infra.db.tables import audit_log
from comptoir.infra.http.auth import TokenInvalid
from comptoir.oauth import forget, is_revoked
from comptoir.oauth.revocation import revoke
from comptoir.oauth.tables import revoked_token
from tests.oauth.calls import URL, ask, ask_as_vendor, claims_of, refused
from tests.oauth.world import STORE, Scenario, World
from tests.server import Answer, Identity, Server, basic

Vendor = dict[str, str]


@pytest.fixture(scope="module")
def store(comptoir: Server) -> Identity:
    return comptoir.create_identity(URL)


@pytest.fixture(scope="module")
def other(comptoir: Server) -> Identity:
    return comptoir.create_identity(URL + "2")


@pytest.fixture(scope="module")
def vendor(comptoir: Server) -> Vendor:
    made: Vendor = comptoir.quick_cli("vendor", "create", "acme")
    return made


def about(server: Server, path: str, client: Identity, token: str, **form: str) -> Answer:
    """Asked as `client_secret_post`."""
    base = {"client_id": client.client_id, "client_secret": client.client_secret, "token": token}
    return server.post(f"/oauth2/{path}", form=base | form)


def token_of(server: Server, store: Identity) -> str:
    return str(ask(server, store).json["access_token"])


def status_with(server: Server, store: Identity, token: str) -> int:
    path = f"/accounts/v1/shop-identities/{store.shop_id}/status"
    return server.get(path, headers={"Authorization": f"Bearer {token}"}).status


# --- revocation


@pytest.mark.parametrize("hint", ["", "access_token", "refresh_token", "nonsense"])
def test_a_revoked_token_is_refused_at_once(comptoir: Server, store: Identity, hint: str) -> None:
    token, kept = token_of(comptoir, store), token_of(comptoir, store)
    assert status_with(comptoir, store, token) == 200

    answer = about(comptoir, "revoke", store, token, token_type_hint=hint)

    assert (answer.status, answer.text) == (200, "")
    assert answer.header("Cache-Control") == "no-store"
    assert status_with(comptoir, store, token) == 401
    assert status_with(comptoir, store, kept) == 200, "another token of the same client"
    assert about(comptoir, "revoke", store, token).status == 200, "once more"


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "x" * 9000])
def test_a_token_that_is_none_is_answered_as_a_revoked_one(
    comptoir: Server, store: Identity, token: str
) -> None:
    """RFC 7009 §2.2: the client could do nothing about it."""
    answer = about(comptoir, "revoke", store, token)
    assert (answer.status, answer.text) == (200, "")


def test_nobody_revokes_a_token_of_another_client(
    comptoir: Server, store: Identity, other: Identity
) -> None:
    token = token_of(comptoir, store)
    refused(about(comptoir, "revoke", other, token), 400, "invalid_request", "another client")
    assert status_with(comptoir, store, token) == 200


@pytest.mark.parametrize("path", ["revoke", "introspect"])
def test_who_asks_must_be_who_he_says(comptoir: Server, store: Identity, path: str) -> None:
    token = token_of(comptoir, store)
    wrong = about(comptoir, path, store, token, client_secret="x" * 40)
    refused(wrong, 401, "invalid_client")
    nobody = comptoir.post(f"/oauth2/{path}", form={"token": token})
    refused(nobody, 401, "invalid_client")
    bearer = comptoir.post(
        f"/oauth2/{path}", form={"token": token}, headers={"Authorization": f"Bearer {token}"}
    )
    refused(bearer, 401, "invalid_client")
    assert status_with(comptoir, store, token) == 200


@pytest.mark.parametrize("path", ["revoke", "introspect"])
def test_the_token_must_be_there(comptoir: Server, store: Identity, path: str) -> None:
    refused(about(comptoir, path, store, ""), 400, "invalid_request", "token is missing")


def test_the_documents_name_both(comptoir: Server) -> None:
    for path in ("openid-configuration", "oauth-authorization-server"):
        found = comptoir.get(f"/.well-known/{path}").json
        for name in ("revocation", "introspection"):
            assert found[f"{name}_endpoint"].startswith(f"{comptoir.base}/oauth2/")
            methods = found[f"{name}_endpoint_auth_methods_supported"]
            secretless = ["none"] if name == "revocation" else []
            assert methods == ["client_secret_basic", "client_secret_post", *secretless]


# --- introspection


def test_a_client_sees_its_own_token(comptoir: Server, store: Identity) -> None:
    token = token_of(comptoir, store)
    answer = about(comptoir, "introspect", store, token)
    claims = claims_of(comptoir, token)
    del claims["scp"], claims["ext"]
    assert answer.status == 200
    assert answer.header("Cache-Control") == "no-store"
    assert answer.json == {"active": True, "token_type": "Bearer", "scope": "", **claims}


def test_a_vendor_sees_its_own_token(comptoir: Server, vendor: Vendor) -> None:
    token = ask_as_vendor(comptoir, vendor).json["access_token"]
    headers = {"Authorization": basic(vendor["client_id"], vendor["client_secret"])}
    found = comptoir.post("/oauth2/introspect", form={"token": token}, headers=headers).json
    assert found["active"] is True
    assert found["mode"] == "live"
    assert "tech-vendor/acme" in found["aud"]


def test_a_client_learns_nothing_of_others(
    comptoir: Server, store: Identity, other: Identity, vendor: Vendor
) -> None:
    mine = token_of(comptoir, store)
    its = str(ask_as_vendor(comptoir, vendor).json["access_token"])
    for token in (mine, its, "a.b.c", "x", mine[:-4] + "AAAA"):
        answer = about(comptoir, "introspect", other, token)
        assert (answer.status, answer.json) == (200, {"active": False})


def test_a_revoked_token_is_not_active(comptoir: Server, store: Identity) -> None:
    token = token_of(comptoir, store)
    assert about(comptoir, "introspect", store, token).json["active"]
    about(comptoir, "revoke", store, token)
    assert about(comptoir, "introspect", store, token).json == {"active": False}


# --- over time


def test_revocation_lasts_until_the_token_ends_and_is_forgotten_then(
    play: Callable[[Scenario], None],
) -> None:
    async def scenario(world: World) -> None:
        tokens = world.tokens
        token = await tokens.issue("c", STORE)
        claims = await tokens.read(token)
        jti, ends = str(claims["jti"]), claims["exp"] * 1000
        for _ in range(2):
            await world.db.write(lambda work: revoke(work, jti, "c", ends))
        tokens.forget(token, jti)
        with pytest.raises(TokenInvalid, match="revoked"):
            await tokens.read(token)
        with world.db.reading() as db:
            said = db.execute(
                sa.select(sa.func.count()).where(audit_log.c.action == "token.revoked")
            )
            assert said.scalar_one() == 1
        await world.db.write(forget)
        assert await world.db.read(lambda db: is_revoked(db, jti))
        world.clock.advance(timedelta(days=3))
        await world.db.write(forget)
        with world.db.reading() as db:
            assert db.execute(sa.select(revoked_token)).first() is None

    play(scenario)
