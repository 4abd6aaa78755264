"""A token opens what it was given for, and a client is who it says it is (RFC 9700 §2.3, §2.5,
§4.10)."""

import uuid
from dataclasses import dataclass

import pytest

from tests.oauth.calls import claims_of, refused
from tests.oauth.security.browser import App, Browser, exchange, renew
from tests.oauth.security.scene import Scene
from tests.server import Answer, basic

REDIRECT = "http://127.0.0.1:1/second/admin-dev/modules/ps_accounts/oauth2"


@dataclass(frozen=True, slots=True)
class Tokens:
    store: str
    vendor: str
    person: str
    id_token: str
    of_store: str
    of_second: str


@pytest.fixture(scope="module")
def tokens(scene: Scene) -> Tokens:
    given = scene.tokens(scene.app)
    return Tokens(
        scene.server.store_token(scene.store),
        scene.server.vendor_token(scene.vendor),
        given["access_token"],
        given["id_token"],
        scene.tokens(scene.store_app(scene.store))["access_token"],
        scene.tokens(scene.store_app(scene.second, REDIRECT))["access_token"],
    )


def status(scene: Scene, token: str) -> Answer:
    path = f"/accounts/v1/shop-identities/{scene.store.shop_id}/status"
    return scene.server.get(path, token=token)


def test_4_10_2_at_the_accounts_api_only_the_stores_own_token(scene: Scene, tokens: Tokens) -> None:
    assert status(scene, tokens.store).status == 200
    assert status(scene, scene.server.store_token(scene.second)).status == 403
    for token in (tokens.vendor, tokens.person, tokens.of_store):
        assert status(scene, token).status == 403
    assert status(scene, tokens.id_token).status == 401


def test_4_10_2_at_a_vendors_endpoint_only_a_vendors_token(scene: Scene, tokens: Tokens) -> None:
    path = f"/raw/v1/{scene.store.shop_id}/orders"
    found = {
        name: scene.server.get(path, token=getattr(tokens, name)).status
        for name in ("store", "person", "of_store", "id_token")
    }
    assert found == {"store": 403, "person": 403, "of_store": 403, "id_token": 401}
    assert scene.server.get(path, token=tokens.vendor).status not in (401, 200)


def test_4_10_2_at_userinfo_only_a_persons_access_token(scene: Scene, tokens: Tokens) -> None:
    def asked(token: str) -> int:
        return scene.server.get("/oauth2/userinfo", token=token).status

    assert asked(tokens.person) == 200
    assert asked(tokens.store) == asked(tokens.vendor) == 403
    assert asked(tokens.id_token) == 401


def test_4_10_2_a_token_without_this_api_in_its_audience(scene: Scene) -> None:
    form = {
        "grant_type": "client_credentials",
        "audience": f"store/{scene.store.shop_id}",
        **scene.store_app(scene.store).credentials,
    }
    token = scene.server.post("/oauth2/token", form=form).json["access_token"]
    assert status(scene, token).status == 401


def test_2_3_no_client_gets_anothers_audience(scene: Scene) -> None:
    def asked(app: App, audience: str, scope: str = "") -> Answer:
        form = {"grant_type": "client_credentials", "audience": audience, "scope": scope}
        return scene.server.post("/oauth2/token", form=form | app.credentials)

    store = scene.store_app(scene.store)
    vendor = App(scene.vendor["client_id"], scene.vendor["client_secret"])
    for app, audience in (
        (store, f"store/{scene.second.shop_id}"),
        (store, f"store/{scene.store.shop_id} tech-vendor/acme"),
        (store, f"shop_{scene.second.shop_id}"),
        (vendor, "tech-vendor/other"),
        (vendor, f"tech-vendor/acme store/{scene.store.shop_id}"),
        (vendor, f"{scene.server.base}.evil.test"),
        (vendor, f"{scene.server.base}@evil.test/"),
        (store, f"ps_accounts/{scene.store.shop_id}"),
    ):
        refused(asked(app, audience), 400, "invalid_target")
    refused(asked(store, "", "shop.verified"), 400, "invalid_scope", "shop.verified")
    refused(asked(vendor, "", "openid"), 400, "invalid_scope")
    refused(asked(scene.app, ""), 400, "unauthorized_client")


def test_2_3_a_person_gives_no_audience_of_a_store_or_vendor(scene: Scene) -> None:
    for audience in (
        f"store/{scene.store.shop_id}",
        "tech-vendor/acme",
        f"shop_{scene.store.shop_id}",
        "https://evil.test",
    ):
        back = scene.ada.authorize(scene.app, audience=audience)
        assert "error=invalid_target" in (back.header("Location") or "")
    wide = scene.tokens(scene.app, audience=f"{scene.server.base}/accounts")["access_token"]
    assert claims_of(scene.server, wide)["aud"] == [f"{scene.server.base}/accounts"]
    assert status(scene, wide).status == 403


def contact(scene: Scene, jwt: str) -> Answer:
    return scene.server.post(
        f"/accounts/v1/shop-identities/{scene.store.shop_id}/point-of-contact",
        {"pointOfContactJWT": jwt},
        token=scene.server.store_token(scene.store),
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )


def test_4_10_2_a_point_of_contact_signed_in_to_this_very_store(
    scene: Scene, tokens: Tokens
) -> None:
    """Neither to another store nor to an application; and no other token is one."""
    for jwt in (
        tokens.of_second,
        tokens.person,
        tokens.id_token,
        tokens.store,
        tokens.vendor,
        tokens.of_store[:-8] + "AAAAAAAA",
        "x",
        "",
    ):
        answer = contact(scene, jwt)
        assert 400 <= answer.status < 500, answer.text
        assert not jwt or len(jwt) < 9 or jwt not in answer.text
    found = status(scene, tokens.store).json
    assert not found.get("pointOfContactUuid")
    assert contact(scene, tokens.of_store).status == 204


def test_4_10_2_an_access_token_is_no_id_token_hint(scene: Scene, tokens: Tokens) -> None:
    """At end-session it counts as no hint: the person is asked."""
    for token in (tokens.person, tokens.store, tokens.vendor, "x", tokens.id_token[:-6]):
        back = scene.ada.authorize(scene.app, prompt="none", id_token_hint=token)
        assert "error=invalid_request" in (back.header("Location") or "")
        shown = scene.ada.get(f"/oauth2/sign-out?id_token_hint={token}")
        assert shown.status == 200
        assert "/oauth2/sign-out/confirm" in shown.text
    assert scene.ada.signed_in()


def test_4_10_2_an_id_token_of_another_person_signs_nobody_out(scene: Scene) -> None:
    scene.person("bob@b.test")
    bob = Browser(scene.server)
    bob.sign_in("bob@b.test")
    given = exchange(scene.server, scene.app, bob.code(scene.app)).json
    shown = scene.ada.get(f"/oauth2/sign-out?id_token_hint={given['id_token']}")
    assert "/oauth2/sign-out/confirm" in shown.text
    assert scene.ada.signed_in()
    hinted = scene.ada.authorize(scene.app, prompt="none", id_token_hint=given["id_token"])
    assert "error=login_required" in (hinted.header("Location") or "")


@pytest.mark.parametrize("kind", ["authorization_code", "refresh_token", "client_credentials"])
def test_2_5_a_confidential_client_must_authenticate(scene: Scene, kind: str) -> None:
    """Without a secret, with a wrong one, with another's; in either way of sending it."""
    own, other = scene.app.client_id, scene.other.client_secret
    rest = {"grant_type": kind, "code": "x", "refresh_token": "x"}
    for form, headers in (
        ({"client_id": own}, {}),
        ({"client_id": own, "client_secret": ""}, {}),
        ({"client_id": own, "client_secret": other}, {}),
        ({"client_id": own, "client_secret": scene.app.client_secret + " "}, {}),
        ({"client_id": own.upper(), "client_secret": scene.app.client_secret}, {}),
        ({}, {"Authorization": basic(own, other)}),
        ({}, {"Authorization": basic(own, "")}),
        ({}, {"Authorization": "Basic x"}),
        ({}, {"Authorization": "Bearer x"}),
        ({"client_id": scene.other.client_id}, {"Authorization": basic(own, "x")}),
        ({"client_id": "a_none", "client_secret": "x"}, {}),
        ({}, {}),
    ):
        answer = scene.server.post("/oauth2/token", form=rest | form, headers=headers)
        assert (answer.status, answer.json["error"]) in (
            (401, "invalid_client"),
            (400, "invalid_request"),
        )


def test_2_5_a_secret_that_came_twice(scene: Scene) -> None:
    """RFC 6749 §2.3: one way of authentication in one request."""
    headers = {"Authorization": basic(scene.app.client_id, scene.app.client_secret)}
    form = {"grant_type": "refresh_token", "refresh_token": "x", **scene.app.credentials}
    answer = scene.server.post("/oauth2/token", form=form, headers=headers)
    refused(answer, 400, "invalid_request")


def test_2_5_parameters_of_a_token_request_come_once(scene: Scene) -> None:
    """RFC 6749 §3.2."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"grant_type=refresh_token&refresh_token=x&client_id=a&client_id={scene.app.client_id}"
    answer = scene.server.request("POST", "/oauth2/token", body=body.encode(), headers=kind)
    refused(answer, 400, "invalid_request")


def test_2_5_a_revoked_client_gets_nothing_more(scene: Scene) -> None:
    from tests.oauth.security.scene import application

    gone = application(scene.server)
    given, code = scene.tokens(gone), scene.ada.code(gone)
    scene.server.quick_cli("client", "revoke", gone.client_id)
    refused(renew(scene.server, gone, given["refresh_token"]), 401, "invalid_client")
    refused(exchange(scene.server, gone, code), 401, "invalid_client")


def test_2_5_only_the_holder_learns_what_a_token_says(scene: Scene, tokens: Tokens) -> None:
    """RFC 7662 §2.1, §4."""

    def asked(app: App, token: str) -> Answer:
        form = {"token": token, **app.credentials}
        return scene.server.post("/oauth2/introspect", form=form)

    assert asked(scene.app, tokens.person).json["active"] is True
    for app in (scene.other, scene.store_app(scene.store)):
        assert asked(app, tokens.person).json == {"active": False}
    assert asked(scene.app, tokens.id_token).json == {"active": False}
    refused(asked(scene.public, tokens.person), 401, "invalid_client")
    given = scene.tokens(scene.app)["refresh_token"]
    assert asked(scene.app, given).json["active"] is True
    assert asked(scene.other, given).json == {"active": False}
