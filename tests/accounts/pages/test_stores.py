"""Stores in the browser: what they are, who may read them, and how they change hands."""

import ast

from comptoir.accounts.pages import words
from tests.accounts import oidc
from tests.accounts.calls import verified
from tests.accounts.fake_store import FakeStore
from tests.accounts.pages import browser
from tests.accounts.pages.browser import person, signed_in
from tests.eventually import eventually
from tests.house.syntax import SRC, calls, trees
from tests.server import Answer, Identity, Server

PATH = "/account/stores"


def button(page: Answer, end: str) -> str:
    return next(form.action for form in browser.forms(page) if form.action.endswith(end))


def refreshed(server: Server, store: Identity, token: str) -> Answer:
    form = {
        "grant_type": "refresh_token",
        "client_id": store.client_id,
        "client_secret": store.client_secret,
        "refresh_token": token,
    }
    return server.post("/oauth2/token", form=form)


def test_a_store_is_shown_to_its_organisation(comptoir: Server, shop: FakeStore) -> None:
    ada, bob = person(comptoir, "ada@shown.example"), person(comptoir, "bob@shown.example")
    store = verified(comptoir, shop)
    broken = comptoir.create_identity("https://broken.example", name="Broken <i>")
    for one in (store, broken):
        comptoir.quick_cli("store", "transfer", one.shop_id, "--to", ada.email)
    comptoir.quick_cli("vendor", "create", "reader")
    comptoir.quick_cli("module", "register", "reads", "--vendor", "reader", "--contents", "orders")
    comptoir.quick_cli("consent", "grant", "--shop", store.shop_id, "--module", "reads")

    hers = signed_in(comptoir, ada)
    said = browser.words(hers.get(PATH))
    assert shop.url in said
    assert "Broken <i>" in said
    assert "has not shown yet that the address is its own" in said

    one = browser.words(hers.get(f"{PATH}/{store.shop_id}"))
    for text in (ada.email, store.shop_id, "reads", "orders", "was verified", "The operator"):
        assert text in one
    assert "La boutique" in browser.words(hers.get(f"{PATH}/{store.shop_id}?lang=fr"))

    his = signed_in(comptoir, bob)
    assert "No store yet" in browser.words(his.get(PATH))
    assert his.get(f"{PATH}/{store.shop_id}").status == 404


def test_a_store_changes_hands_and_the_access_of_before_ends(
    comptoir: Server, shop: FakeStore
) -> None:
    ada, bob = person(comptoir, "ada@hands.example", "Ada"), person(comptoir, "bob@hands.example")
    store = verified(comptoir, shop)
    comptoir.quick_cli("store", "transfer", store.shop_id, "--to", ada.email)
    held = oidc.person_token(comptoir, store, f"{shop.url}/admin-dev", ada)
    held = refreshed(comptoir, store, held["refresh_token"]).json

    hers, his, path = signed_in(comptoir, ada), signed_in(comptoir, bob), f"{PATH}/{store.shop_id}"
    assert 'data-test="shop-card"' in hers.get(PATH).text
    assert 'data-test="shoplist-shop-unlink"' in hers.get(path).text
    assert hers.submit(hers.get(path), f"{path}/offer", email="nobody").status == 400
    sent = hers.submit(hers.get(path), f"{path}/offer", email="BOB@hands.example")
    assert sent.header("location") == f"{path}?done=offered"
    assert "/account/invitations" in browser.mails(comptoir, "BOB@hands.example")[0].text

    bobs_other = his.submit(
        his.get("/account/organisations"), "/account/organisations", name="Second"
    )
    other = (bobs_other.header("location") or "").rpartition("/")[2]
    page = his.get("/account/invitations")
    done = his.submit(page, button(page, "/accept"), organisation=other)
    assert done.header("location") == f"{path}?done=accepted"

    said = browser.words(his.follow(done))
    assert "Second" in said
    assert bob.email in said
    assert "ada@hands.example" not in said, "who is no member is not named"
    assert hers.get(path).status == 404
    browser.told(comptoir, bob.email, "yours now")
    browser.told(comptoir, ada.email, "another owner")
    status = comptoir.quick_cli("store", "show", store.shop_id)
    assert status["pointOfContactEmail"] == bob.email

    def ended() -> bool:
        form = {"token": held["access_token"], "client_id": store.client_id}
        form["client_secret"] = store.client_secret
        return not comptoir.post("/oauth2/introspect", form=form).json["active"]

    eventually(ended, 20)
    assert refreshed(comptoir, store, held["refresh_token"]).json["error"] == "invalid_grant"


def test_an_offer_is_declined_or_withdrawn(comptoir: Server) -> None:
    ada, bob = person(comptoir, "ada@offer.example"), person(comptoir, "bob@offer.example")
    store = comptoir.create_identity("https://offer.example")
    comptoir.quick_cli("store", "transfer", store.shop_id, "--to", ada.email)
    hers, his, path = signed_in(comptoir, ada), signed_in(comptoir, bob), f"{PATH}/{store.shop_id}"
    assert 'data-test="shop-card"' in hers.get(PATH).text
    assert 'data-test="shoplist-shop-unlink"' in hers.get(path).text

    hers.submit(hers.get(path), f"{path}/offer", email=bob.email)
    page = his.get("/account/invitations")
    his.submit(page, button(page, "/decline"))
    assert "Nothing waits" in browser.words(his.get("/account/invitations"))

    hers.submit(hers.get(path), f"{path}/offer", email=bob.email)
    page = his.get("/account/invitations")
    hers.submit(hers.get(path), f"{path}/offer/withdraw")
    assert his.submit(page, button(page, "/accept")).status == 404
    assert "The store is offered to" not in browser.words(hers.get(path))


def test_a_store_is_moved_and_unlinked(comptoir: Server) -> None:
    ada = person(comptoir, "ada@move.example")
    store = comptoir.create_identity("https://move.example")
    comptoir.quick_cli("store", "transfer", store.shop_id, "--to", ada.email)
    hers, path = signed_in(comptoir, ada), f"{PATH}/{store.shop_id}"
    hers.submit(hers.get("/account/organisations"), "/account/organisations", name="Sud")

    moved = hers.submit(hers.get(path), f"{path}/move")
    said = browser.words(hers.follow(moved))
    assert "Organisation Sud" in said
    assert ada.email in said

    asked = hers.get(f"{path}/unlink")
    assert "nobody’s" in browser.words(asked)
    unlinked = hers.submit(asked, f"{path}/unlink")
    assert unlinked.header("location") == f"{PATH}?done=unlinked"
    assert "The store is unlinked" in browser.words(hers.follow(unlinked))
    assert hers.get(path).status == 404
    assert not comptoir.quick_cli("store", "show", store.shop_id)["pointOfContactUuid"]


def test_the_operator_gives_a_store_to_a_user(comptoir: Server) -> None:
    ada = person(comptoir, "ada@cli.example", "Ada")
    store = comptoir.create_identity("https://cli.example")

    missing = comptoir.quick("store", "transfer", store.shop_id, "--to", "no@cli.example")
    assert missing.returncode == 1
    assert "no@cli.example has no account" in missing.stderr
    done = comptoir.quick("store", "transfer", store.shop_id, "--to", "ADA@cli.example")
    assert done.stdout == f"{store.shop_id} belongs to ada@cli.example now.\n"

    listed = comptoir.quick_cli("organisation", "list")
    hers = [one for one in listed if one["name"] == "Ada"][-1]
    assert (hers["members"], hers["stores"]) == (1, 1)
    assert hers["organisation_id"] in comptoir.quick("organisation", "list").stdout
    assert signed_in(comptoir, ada).get(f"{PATH}/{store.shop_id}").status == 200


def test_everything_that_happens_to_a_store_has_words() -> None:
    actions = set()
    for tree in trees(SRC).values():
        for call, name in calls(tree):
            about = {keyword.arg for keyword in call.keywords}
            first = call.args[0] if call.args else None
            if name == "audit" and "shop_id" in about and isinstance(first, ast.Constant):
                actions.add(str(first.value))
    assert "store.verified" in actions
    for language in words.LANGUAGES:
        known = words.catalogue(language)
        assert {a for a in actions if f"audit.{a}" not in known} == set()
