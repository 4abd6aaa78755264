"""Stores that anybody may have made (RFC 9700 §4.11.2), and clients that are over."""

from tests.accounts.calls import IDENTITIES
from tests.eventually import eventually
from tests.oauth.security.browser import ADA, PASSWORD, Browser, exchange, landed
from tests.oauth.security.scene import OFFICE, Scene, application


def test_4_11_2_a_store_of_others_asks_who_one_is(scene: Scene) -> None:
    store = scene.server.create_identity("http://127.0.0.1:1/shop", name="Bait")
    app = scene.store_app(store)
    assert scene.ada.signed_in()

    sent = scene.ada.authorize(app)

    where = sent.header("Location") or ""
    assert where.startswith("/account/sign-in?")
    page = scene.ada.get(where)
    assert "Bait (127.0.0.1:1) wants to know who you are." in page.text
    wrong = scene.ada.send(where, email=ADA, password="not hers")
    assert "Bait (127.0.0.1:1) wants to know who you are." in wrong.text
    done = scene.ada.send(where, email=ADA, password=PASSWORD)
    assert "code" in landed(scene.ada.get(done.header("Location") or ""))
    again = scene.ada.authorize(app)
    assert (again.header("Location") or "").startswith("/account/sign-in?"), "each time"


def test_4_11_2_a_store_of_ones_own_does_not(both: Scene) -> None:
    store = both.server.create_identity("http://127.0.0.1:1/shop")
    app, at = both.store_app(store), f"{IDENTITIES}/{store.shop_id}/point-of-contact"
    tokens = both.tokens(app)
    given = both.server.post(
        at,
        {"pointOfContactJWT": tokens["access_token"]},
        token=both.server.store_token(store),
    )
    assert given.status == 204

    assert "code" in landed(both.ada.authorize(app))
    other = Browser(both.server)
    both.person("eve@people.example")
    other.sign_in("eve@people.example")
    assert (other.authorize(app).header("Location") or "").startswith("/account/sign-in?")


def test_4_11_2_errors_of_an_unverified_store_stay_here(scene: Scene) -> None:
    store = scene.server.create_identity("http://127.0.0.1:1/shop")
    app = scene.store_app(store, f"{OFFICE}/index.php?controller=AdminOAuth2PsAccounts")
    for changes in ({"prompt": "none"}, {"response_type": "token"}, {"scope": "everything"}):
        answer = Browser(scene.server).authorize(app, **changes)
        assert answer.status == 400, changes
        assert answer.header("Location") is None
        assert "not verified" in answer.text


def test_2_5_tokens_of_a_revoked_client_end(both: Scene) -> None:
    app = application(both.server)
    tokens = both.tokens(app)
    vendor = both.server.quick_cli("vendor", "create", f"over-{both.server.port}")
    token = both.server.vendor_token(vendor)
    shops = f"/reporting/v1/shop-sync-summary/{both.store.shop_id}"
    before = both.server.get(shops, token=token).status
    assert both.server.get("/oauth2/userinfo", token=tokens["access_token"]).status == 200

    for client_id in (app.client_id, vendor["client_id"]):
        both.server.quick_cli("client", "revoke", client_id)

    def refused(path: str, held: str) -> bool:
        return both.server.get(path, token=held).status == 401

    assert before != 401
    eventually(lambda: refused("/oauth2/userinfo", tokens["access_token"]), 15)
    eventually(lambda: refused(shops, token), 15)
    assert exchange(both.server, app, "ac_none").status == 401
