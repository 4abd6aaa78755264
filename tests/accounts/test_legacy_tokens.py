"""Legacy tokens (spec/accounts.md §1.3.7 to §1.3.9, §1.6, §3.4): given, renewed, ended, and good
for nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from comptoir.accounts.contact import set_contact
from comptoir.accounts.legacy.store import change_link, link_of
from comptoir.accounts.people import members, users
from comptoir.accounts.people.rules import Role
from comptoir.accounts.store import load_shop
from comptoir.accounts.tables import shop as shops
from comptoir.base.secret import looks_right
from tests.accounts.legacy_world import EMAIL, IDENTITIES, OWNER, Cloud, cloud, refused
from tests.accounts.old_store import CLIENT, OldStore, old_store
from tests.conftest import SLICE

REFRESH, USER_REFRESH = "/accounts/v1/shop/token/refresh", "/accounts/auth/token/refresh"
VERIFY, USER_VERIFY = "/accounts/v1/shop/token/verify", "/accounts/auth/token/verify"
FIREBASE = "/accounts/v2/shop/firebase/tokens"
NOT_FOUND = "store-identity/store-legacy-not-found"
TAMPERED = ["", "x", "s", "s.", "s..", "u.x.y", "s.\u00e9.\ud83d\ude00", "." * 3000]


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    with cloud(request.param, tmp_path_factory.mktemp("tokens")) as made:
        yield made


@pytest.fixture
def shop(there: Cloud) -> Iterator[OldStore]:
    with old_store() as made:
        made.cloud = there.base
        there.link(made)
        yield made


def uid(shop: OldStore) -> str:
    found: str = shop.state[CLIENT]["uid"]
    return found


def claims_of(there: Cloud, token: str) -> dict[str, Any]:
    keys = there.call("GET", "/.well-known/jwks.json").json
    assert extract_compact(token.encode()).headers()["kid"] in [k["kid"] for k in keys["keys"]]
    found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])
    assert found.header["alg"] == "RS256"
    return dict(found.claims)


def test_the_tokens_of_a_store_with_version_7(there: Cloud, shop: OldStore) -> None:
    found = there.v7_tokens(shop)
    assert set(found) == {"shopToken", "shopRefreshToken", "userToken", "userRefreshToken"}
    now = int(there.world.clock.now().timestamp())
    for name, subject in (("shopToken", uid(shop)), ("userToken", OWNER)):
        claims = claims_of(there, found[name])
        assert claims["iss"] == f"{there.world.context.settings.base}/legacy"
        assert claims["aud"] == "comptoir-legacy"
        assert (claims["sub"], claims["user_id"]) == (subject, subject)
        assert (claims["iat"], claims["auth_time"], claims["exp"]) == (now, now, now + 3600)
        assert (claims["email"], claims["email_verified"]) == (EMAIL, True)
        assert claims["firebase"]["sign_in_provider"] == "custom"
        assert claims["firebase"]["identities"] == {"email": [EMAIL]}
    for name in ("shopRefreshToken", "userRefreshToken"):
        assert looks_right(found[name].rpartition(".")[2])
    assert found["shopRefreshToken"] != found["userRefreshToken"]


def test_the_tokens_of_a_store_with_version_8(there: Cloud, shop: OldStore) -> None:
    api = f"store/{uid(shop)} {there.world.context.settings.base}/accounts"
    token = there.token(shop.state[CLIENT], api)
    answer = there.call("GET", f"{IDENTITIES}/{uid(shop)}/tokens", token)
    assert answer.status == 200
    assert set(answer.json) == {"shop", "pointOfContact"}
    for pair in answer.json.values():
        assert set(pair) == {"token", "refreshToken"}
    assert claims_of(there, answer.json["shop"]["token"])["sub"] == uid(shop)
    assert claims_of(there, answer.json["pointOfContact"]["token"])["sub"] == OWNER


def test_without_a_point_of_contact_there_is_no_member(there: Cloud) -> None:
    described = {"frontendUrl": "https://alone.example", "backOfficeUrl": "", "name": "x"}
    made = there.call("POST", IDENTITIES, "", described).json
    client = {"client_id": made["clientId"], "client_secret": made["clientSecret"]}
    shop_id, base = made["cloudShopId"], there.world.context.settings.base
    token = there.token(client, f"store/{shop_id} {base}/accounts")
    found = there.call("GET", f"{IDENTITIES}/{shop_id}/tokens", token).json
    assert set(found) == {"shop"}
    claims = claims_of(there, found["shop"]["token"])
    assert (claims["email"], claims["email_verified"]) == ("", False)
    old = there.call("GET", FIREBASE, there.token(client, f"shop_{shop_id}")).json
    assert (old["userToken"], old["userRefreshToken"]) == ("", "")


def test_a_store_renews_its_token(there: Cloud, shop: OldStore) -> None:
    before = there.v7_tokens(shop)
    there.world.clock.advance(timedelta(seconds=10))
    for headers in ({"X_Shop_Id": uid(shop)}, {}):
        answer = there.call("POST", REFRESH, "", {"token": before["shopRefreshToken"]}, **headers)
        assert answer.status == 200, answer.text
        assert set(answer.json) == {"token", "refresh_token", "id_token"}
        assert answer.json["refresh_token"] == before["shopRefreshToken"]
        assert answer.json["token"] == answer.json["id_token"] != before["shopToken"]
        assert claims_of(there, answer.json["token"])["sub"] == uid(shop)


def test_a_person_renews_theirs(there: Cloud, shop: OldStore) -> None:
    before = there.v7_tokens(shop)
    answer = there.call("POST", USER_REFRESH, "", {"token": before["userRefreshToken"]})
    assert answer.status == 200, answer.text
    assert set(answer.json) == {"idToken", "refreshToken", "token"}
    assert answer.json["refreshToken"] == before["userRefreshToken"]
    assert claims_of(there, answer.json["idToken"])["sub"] == OWNER


def test_a_refresh_token_renews_its_own_kind_and_store(there: Cloud, shop: OldStore) -> None:
    mine = there.v7_tokens(shop)
    with old_store() as other:
        other.cloud = there.base
        theirs = there.link(other)
        foreign = there.v7_tokens(other)
    for path, token, named in (
        (REFRESH, mine["userRefreshToken"], uid(shop)),
        (USER_REFRESH, mine["shopRefreshToken"], ""),
        (REFRESH, mine["shopRefreshToken"], theirs.shop_id),
        (REFRESH, foreign["shopRefreshToken"].replace(theirs.shop_id, uid(shop)), uid(shop)),
        (REFRESH, mine["shopRefreshToken"].replace(uid(shop), theirs.shop_id), ""),
        (REFRESH, "s" + mine["userRefreshToken"][1:], uid(shop)),
        (REFRESH, mine["shopToken"], uid(shop)),
        (REFRESH, mine["shopRefreshToken"][:-1], uid(shop)),
    ):
        answer = there.call("POST", path, "", {"token": token}, X_Shop_Id=named)
        refused(answer, 404, NOT_FOUND)


@pytest.mark.parametrize("token", TAMPERED)
def test_what_is_no_refresh_token(there: Cloud, token: str) -> None:
    for path in (REFRESH, USER_REFRESH):
        refused(there.call("POST", path, "", {"token": token}), 404, NOT_FOUND)


def test_an_unknown_store_is_told_as_a_wrong_token_is(there: Cloud, shop: OldStore) -> None:
    """Else one could ask which stores there are."""
    good = there.v7_tokens(shop)["shopRefreshToken"]
    unknown = good.replace(uid(shop), "5b0c0000-0000-4000-8000-000000000000")
    answers = [there.call("POST", REFRESH, "", {"token": token}) for token in (unknown, good[:-1])]
    assert answers[0] == answers[1]


def test_unlinked_nothing_of_before_is_good(there: Cloud, shop: OldStore) -> None:
    found, v7 = there.v7_tokens(shop), shop.state["token"]
    shop_id = uid(shop)
    there.unlink(shop_id)
    for path, token in (
        (REFRESH, found["shopRefreshToken"]),
        (USER_REFRESH, found["userRefreshToken"]),
    ):
        refused(there.call("POST", path, "", {"token": token}), 404, NOT_FOUND)
    for token in (found["shopToken"], found["userToken"], v7):
        for path in (VERIFY, USER_VERIFY):
            refused(there.call("POST", path, "", {"token": token}), 401, "token/invalid-token")
    refused(there.call("GET", FIREBASE, v7), 401, "infra.token_invalid")
    answer = there.migrate(shop_id, shop, found["shopToken"])
    refused(answer, 401, "infra.token_invalid")


def test_a_link_may_change_more_often_than_32_bits_count(there: Cloud, shop: OldStore) -> None:
    c = shops.c
    with there.context.db.begin("tests") as work:
        mine = shops.update().where(c.shop_id == uid(shop))
        work.db.execute(mine.values(legacy_generation=2**40))
    token = there.v7_tokens(shop)["shopRefreshToken"]
    assert there.call("POST", REFRESH, "", {"token": token}).status == 200
    with there.context.db.begin("tests") as work:
        change_link(work.db, uid(shop), None)
        assert link_of(work.db, uid(shop)).generation == 2**40 + 1
    refused(there.call("POST", REFRESH, "", {"token": token}), 404, NOT_FOUND)


def test_both_kinds_of_token_are_verified(there: Cloud, shop: OldStore) -> None:
    found, base = there.v7_tokens(shop), there.world.context.settings.base
    access = there.token(shop.state[CLIENT], f"store/{uid(shop)} {base}/accounts")
    for token in (access, shop.state["token"], found["shopToken"], found["userToken"]):
        for path in (VERIFY, USER_VERIFY):
            answer = there.call("POST", path, "", {"token": token})
            assert (answer.status, answer.json) == (200, {"status": "ok"})
    for token in (
        "",
        "x",
        "a.b.c",
        access[:-4],
        found["shopToken"][:-4],
        found["shopRefreshToken"],
    ):
        for path in (VERIFY, USER_VERIFY):
            refused(there.call("POST", path, "", {"token": token}), 401, "token/invalid-token")


def test_a_legacy_token_ends_after_an_hour(there: Cloud, shop: OldStore) -> None:
    token = there.v7_tokens(shop)["shopToken"]
    there.world.clock.advance(timedelta(seconds=3631))
    refused(there.call("POST", VERIFY, "", {"token": token}), 401, "token/invalid-token")


def test_a_legacy_token_is_no_access_token(there: Cloud, shop: OldStore) -> None:
    found = there.v7_tokens(shop)
    for token in (found["shopToken"], found["userToken"]):
        for path in (f"{IDENTITIES}/{uid(shop)}/status", f"{IDENTITIES}/{uid(shop)}/tokens"):
            refused(there.call("GET", path, token), 401, "infra.token_invalid")
        refused(there.call("GET", FIREBASE, token), 401, "infra.token_invalid")
        client = shop.state[CLIENT]
        form = f"client_id={client['client_id']}&client_secret={client['client_secret']}"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = there.world.request("POST", "/oauth2/introspect", kind, f"{form}&token={token}")
        assert answer.json == {"active": False}


def test_a_v7_token_opens_nothing_of_version_8(there: Cloud, shop: OldStore) -> None:
    token = shop.state["token"]
    for path in (f"{IDENTITIES}/{uid(shop)}/status", f"{IDENTITIES}/{uid(shop)}/tokens"):
        refused(there.call("GET", path, token), 403, "infra.wrong_kind_of_token")
    for base in (there.world.context.settings.base, "https://api.cloudsync.prestashop.com"):
        token = there.token(shop.state[CLIENT], f"shop_{uid(shop)} {base}")
        answer = there.call("GET", f"{IDENTITIES}/{uid(shop)}/status", token)
        refused(answer, 403, "infra.wrong_kind_of_token")


def test_no_token_is_in_the_audit_log(there: Cloud, shop: OldStore) -> None:
    found = there.v7_tokens(shop)
    there.call("POST", REFRESH, "", {"token": found["shopRefreshToken"]})
    with there.context.db.reading() as db:
        for table in ("audit_log", "outbox", "shop", "client"):
            text = repr(db.exec_driver_sql(f"SELECT * FROM {table}").all())
            for token in (*found.values(), shop.state[CLIENT]["client_secret"]):
                assert token.rpartition(".")[2] not in text, table


def test_who_owns_the_store_no_longer_has_no_token(there: Cloud, shop: OldStore) -> None:
    """The store goes to another owner: the link is the same, the person is not."""
    before = there.v7_tokens(shop)
    with there.context.db.begin("tests") as work:
        heir = users.create_user(work, f"{uid(shop)}@shop.example", "")
        home = load_shop(work.db, uid(shop)).organisation_id
        members.add_member(work.db, home, heir.user_id, Role.OWNER, work.now_ms)
        set_contact(work, uid(shop), heir.user_id)
    assert there.call("POST", USER_VERIFY, "", {"token": before["userToken"]}).status != 200
    assert there.call("POST", VERIFY, "", {"token": before["shopToken"]}).status == 200
