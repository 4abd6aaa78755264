"""Refresh tokens: bound, rotated, and their reuse noticed (RFC 9700 §2.2.2, §4.14)."""

import asyncio
from datetime import timedelta

import pytest

from comptoir.base.clock import FrozenClock
from comptoir.infra.work import Work
from comptoir.oauth import authorizations
from comptoir.oauth.authorizations import Authorization
from tests.eventually import eventually
from tests.oauth.calls import claims_of, refused
from tests.oauth.security.browser import (
    CALLBACK,
    App,
    Browser,
    exchange,
    is_good,
    mailed_code,
    renew,
)
from tests.oauth.security.scene import Scene
from tests.oauth.world import World


def no_good(scene: Scene, token: str, app: App | None = None) -> None:
    refused(renew(scene.server, app or scene.app, token), 400, "invalid_grant")


def test_4_14_2_each_is_good_once_and_its_reuse_ends_the_family(both: Scene) -> None:
    tokens = [both.tokens(both.app)]
    for _ in range(3):
        given = renew(both.server, both.app, tokens[-1]["refresh_token"])
        assert given.status == 200, given.text
        tokens.append(given.json)
    assert len({t["refresh_token"] for t in tokens}) == 4
    assert is_good(both.server, tokens[-1]["access_token"])
    no_good(both, tokens[0]["refresh_token"])
    no_good(both, tokens[-1]["refresh_token"])
    eventually(lambda: not any(is_good(both.server, t["access_token"]) for t in tokens))


def test_4_14_2_a_family_that_ended_leaves_others_alone(both: Scene) -> None:
    one, other = both.tokens(both.app), both.tokens(both.app)
    renew(both.server, both.app, one["refresh_token"])
    no_good(both, one["refresh_token"])
    assert renew(both.server, both.app, other["refresh_token"]).status == 200


def test_4_14_2_at_the_same_time(both: Scene) -> None:
    """One at most is answered, and what it got is no good: the other may be the thief."""

    async def twice(token: str) -> list[int]:
        calls = (asyncio.to_thread(renew, both.server, both.app, token) for _ in range(4))
        answers = await asyncio.gather(*calls)
        for answer in answers:
            if answer.status == 200:
                no_good(both, answer.json["refresh_token"])
        return [answer.status for answer in answers]

    for _ in range(3):
        assert sorted(asyncio.run(twice(both.tokens(both.app)["refresh_token"]))) == [
            200,
            400,
            400,
            400,
        ]


def test_2_2_2_bound_to_its_client(both: Scene) -> None:
    """A store's client sends no secret with it; still only its own are good there."""
    token = both.tokens(both.app)["refresh_token"]
    store = both.store_app(both.store)
    for app in (both.other, both.public, store, App(store.client_id, "")):
        no_good(both, token, app)
    for app in (App(both.app.client_id, ""), App(both.app.client_id, "cs_wrong")):
        refused(renew(both.server, app, token), 401, "invalid_client")
    assert renew(both.server, both.app, token).status == 200


def test_2_2_2_of_a_public_client_and_of_a_store_rotated_too(both: Scene) -> None:
    store = both.store_app(both.store)
    for app, refreshing in ((both.public, both.public), (store, App(store.client_id, ""))):
        first = exchange(both.server, app, both.ada.code(app)).json["refresh_token"]
        second = renew(both.server, refreshing, first).json["refresh_token"]
        no_good(both, first, refreshing)
        no_good(both, second, refreshing)


def test_2_2_2_no_public_client_is_told_a_secret_or_may_send_one(scene: Scene) -> None:
    token = scene.tokens(scene.public)["refresh_token"]
    wrong = App(scene.public.client_id, "cs_anything")
    refused(renew(scene.server, wrong, token), 401, "invalid_client")


def test_4_14_2_the_scope_cannot_grow(scene: Scene) -> None:
    """RFC 6749 §6."""
    token = scene.tokens(scene.app, scope="openid offline_access")["refresh_token"]
    for scope in ("openid email", "profile", "admin", "shop.verified", "openid  OPENID"):
        answer = renew(scene.server, scene.app, token, scope=scope)
        refused(answer, 400, "invalid_scope")
    given = renew(scene.server, scene.app, token, scope="")
    assert given.json["scope"] == "openid offline_access"


def test_4_14_2_a_narrower_scope_is_narrower(scene: Scene) -> None:
    """RFC 6749 §6; §2.3: no more than was asked for. The refresh token stays as wide."""
    token = scene.tokens(scene.app, scope="openid offline_access email")["refresh_token"]
    narrow = renew(scene.server, scene.app, token, scope="openid").json
    assert narrow["scope"] == "openid"
    assert claims_of(scene.server, narrow["access_token"])["scp"] == ["openid"]
    none = renew(scene.server, scene.app, narrow["refresh_token"], scope="email").json
    assert "id_token" not in none
    wide = renew(scene.server, scene.app, none["refresh_token"]).json
    assert wide["scope"] == "openid offline_access email"


def test_4_14_2_the_audience_cannot_grow(scene: Scene) -> None:
    first = scene.tokens(scene.app)
    wide = renew(
        scene.server,
        scene.app,
        first["refresh_token"],
        audience=f"{scene.server.base}/accounts store/{scene.store.shop_id}",
    ).json
    assert claims_of(scene.server, wide["access_token"])["aud"] == []


def test_2_2_2_none_without_offline_access(scene: Scene) -> None:
    assert "refresh_token" not in scene.tokens(scene.app, scope="openid")


@pytest.mark.parametrize("token", ["x", "rt_", "rt_" + "x" * 43, "x" * 5000, "\u00e9", "'--"])
def test_4_14_2_guessed(scene: Scene, token: str) -> None:
    no_good(scene, token)


def test_4_14_2_no_other_token_is_one(scene: Scene) -> None:
    given = scene.tokens(scene.app)
    no_good(scene, given["access_token"])
    no_good(scene, given["id_token"])
    code = scene.ada.code(scene.app)
    no_good(scene, code)
    refused(
        exchange(scene.server, scene.app, given["refresh_token"], redirect_uri=CALLBACK),
        400,
        "invalid_grant",
    )


def test_4_14_2_revoked_by_its_client_and_by_no_other(scene: Scene) -> None:
    token = scene.tokens(scene.app)["refresh_token"]
    other = {"token": token, **scene.other.credentials}
    assert scene.server.post("/oauth2/revoke", form=other).status == 200
    own = {"token": token, **scene.app.credentials}
    kept = renew(scene.server, scene.app, token).json["refresh_token"]
    assert scene.server.post("/oauth2/revoke", form=own | {"token": kept}).status == 200
    no_good(scene, kept)


def test_4_14_2_ended_by_signing_out_everywhere_and_by_a_new_password(both: Scene) -> None:
    email = "everywhere@b.test"
    both.person(email)
    browser = Browser(both.server)
    browser.sign_in(email)

    def tokens() -> dict[str, str]:
        found: dict[str, str] = exchange(both.server, both.app, browser.code(both.app)).json
        return found

    def ended(given: dict[str, str]) -> bool:
        return not is_good(both.server, given["access_token"])

    first = tokens()
    browser.send("/account/security", "/account/security/sessions/end-others")
    eventually(lambda: ended(first))
    no_good(both, first["refresh_token"])

    second = tokens()
    stranger = Browser(both.server)
    stranger.send("/account/reset", email=email)
    sent = stranger.send(
        "/account/reset/code", code=mailed_code(both.server), password="another good password"
    )
    assert sent.status == 303
    assert not browser.signed_in()
    eventually(lambda: ended(second))
    no_good(both, second["refresh_token"])


def test_4_14_2_ended_when_it_is_not_used(migrated_url: str, clock: FrozenClock) -> None:
    """Also introspection knows that it is no good (RFC 7662 §2.2)."""
    world = World(migrated_url, clock)
    made = Authorization("z", "a_1", "u", "s", ("offline_access",), (), "", ("pwd",), 0)

    def begin(work: Work) -> str:
        authorizations.authorize(work, world.vault, made, CALLBACK, "c")
        return authorizations.add_refresh_token(work, world.vault, "z", "a_1")

    async def play() -> None:
        token = await world.db.write(begin)
        for days, good in ((59, True), (1, False)):
            clock.advance(timedelta(days=days))
            now = int(clock.now().timestamp() * 1000)
            found = await world.db.read(
                lambda db, at=now: authorizations.of_refresh_token(db, world.vault, token, at)  # type: ignore[misc]
            )
            assert (found is not None) is good
        used = await world.db.write(
            lambda work: authorizations.use_refresh_token(work, world.vault, token, "a_1")
        )
        assert used is None

    try:
        asyncio.run(play())
    finally:
        world.db.close()
