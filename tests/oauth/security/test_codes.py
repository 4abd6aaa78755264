"""Authorization codes: PKCE, injection, replay (RFC 9700 §2.1.1, §4.5, §4.8, §4.13)."""

import asyncio
from datetime import timedelta

import pytest

from comptoir.base.clock import FrozenClock
from comptoir.infra.work import Work
from comptoir.oauth import authorizations
from comptoir.oauth.authorizations import Authorization
from comptoir.oauth.person_grants import _verified
from tests.eventually import eventually
from tests.oauth.calls import refused
from tests.oauth.security.browser import (
    CALLBACK,
    VERIFIER,
    App,
    Browser,
    challenge_of,
    exchange,
    is_good,
    landed,
    renew,
)
from tests.oauth.security.scene import Scene
from tests.oauth.world import World

OTHER = "w" * 43


def no_good(scene: Scene, code: str, app: App | None = None, **changes: str) -> None:
    refused(exchange(scene.server, app or scene.app, code, **changes), 400, "invalid_grant")


@pytest.mark.parametrize(
    "change",
    [
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": VERIFIER, "code_challenge_method": None},
        {"code_challenge_method": ""},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge": challenge_of(VERIFIER) + "="},
        {"code_challenge": challenge_of(VERIFIER)[:-1]},
        {"code_challenge": challenge_of(VERIFIER) + "A"},
        {"code_challenge": challenge_of(VERIFIER)[:-1] + "\n"},
        {"code_challenge": challenge_of(VERIFIER)[:-1] + "+"},
    ],
)
def test_2_1_1_pkce_is_for_every_client_and_s256_alone(
    scene: Scene, change: dict[str, str | None]
) -> None:
    """§4.8.2: also left out at the authorization endpoint alone, the downgrade."""
    assert scene.ada.authorize(scene.store_app(scene.store), **change).status == 400
    for app in (scene.app, scene.public):
        back = landed(scene.ada.authorize(app, **change))
        assert back["error"] == "invalid_request"
        assert "PKCE" in back["error_description"] or "code_challenge" in back["error_description"]
        assert "code" not in back


def test_2_1_1_the_metadata_says_so(scene: Scene) -> None:
    found = scene.server.get("/.well-known/oauth-authorization-server").json
    assert found["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.parametrize(
    "verifier", ["-", "", OTHER, VERIFIER[:-1], VERIFIER + "v", "v" * 42 + "\u00e9", "V" * 43]
)
def test_4_8_a_wrong_verifier_or_none(scene: Scene, verifier: str) -> None:
    """Left out at the token endpoint alone it is a downgrade too."""
    for app in (scene.app, scene.public):
        code = scene.ada.code(app)
        no_good(scene, code, app, code_verifier=verifier)
        no_good(scene, code, app)


def test_4_8_the_challenge_itself_is_no_verifier(scene: Scene) -> None:
    code = scene.ada.code(scene.app)
    no_good(scene, code, code_verifier=challenge_of(VERIFIER))


def test_4_8_2_a_verifier_where_no_challenge_was_bound() -> None:
    """No request is taken without one; a row without one, whoever wrote it, is no way round."""
    for verifier in ("", VERIFIER, challenge_of("")):
        assert not _verified(verifier, "")


def test_4_5_a_code_of_another_client(both: Scene) -> None:
    code = both.ada.code(both.app)
    no_good(both, code, both.other)
    no_good(both, code, both.public)
    refused(
        both.server.post(
            "/oauth2/token",
            form={
                "grant_type": "authorization_code",
                "code": code,
                "client_id": both.vendor["client_id"],
                "client_secret": both.vendor["client_secret"],
                "redirect_uri": CALLBACK,
                "code_verifier": VERIFIER,
            },
        ),
        400,
        "unauthorized_client",
    )
    assert exchange(both.server, both.app, code).status == 200, "its owner may still use it"


def test_4_5_a_code_of_another_session(both: Scene) -> None:
    """The attacker puts a stolen code into a sign-in of their own: their verifier does not fit."""
    stolen = both.ada.code(both.app, code_challenge=challenge_of(OTHER))
    mallory = Browser(both.server)
    mallory.sign_in()
    own = mallory.code(both.app)
    no_good(both, stolen)
    no_good(both, stolen, code_verifier=OTHER)
    assert exchange(both.server, both.app, own).status == 200


@pytest.mark.parametrize("uri", ["-", "", CALLBACK + "/", "https://evil.test/"])
def test_4_5_a_code_with_another_redirect_uri(scene: Scene, uri: str) -> None:
    code = scene.ada.code(scene.app)
    no_good(scene, code, redirect_uri=uri)
    no_good(scene, code)


@pytest.mark.parametrize("code", ["x", "ac_", "ac_" + "x" * 43, "'; --", "x" * 5000, "\u00e9"])
def test_4_5_codes_that_are_guessed(scene: Scene, code: str) -> None:
    no_good(scene, code)


def test_4_13_a_code_used_twice_ends_what_its_first_use_got(both: Scene) -> None:
    """RFC 6749 §4.1.2: the access token within 5 s, the refresh token at once."""
    code = both.ada.code(both.app)
    first = exchange(both.server, both.app, code).json
    assert is_good(both.server, first["access_token"])
    no_good(both, code)
    refused(renew(both.server, both.app, first["refresh_token"]), 400, "invalid_grant")
    eventually(lambda: not is_good(both.server, first["access_token"]))
    no_good(both, code)


def test_4_13_after_a_refresh_too(both: Scene) -> None:
    code = both.ada.code(both.app)
    first = exchange(both.server, both.app, code).json
    second = renew(both.server, both.app, first["refresh_token"]).json
    no_good(both, code)
    refused(renew(both.server, both.app, second["refresh_token"]), 400, "invalid_grant")
    eventually(lambda: not is_good(both.server, second["access_token"]))
    assert not is_good(both.server, first["access_token"])


def test_4_13_codes_used_at_the_same_time(both: Scene) -> None:
    """However the two run beside each other, one at most gets tokens, and they are no good."""

    async def twice(code: str) -> list[int]:
        calls = (asyncio.to_thread(exchange, both.server, both.app, code) for _ in range(4))
        answers = await asyncio.gather(*calls)
        for answer in answers:
            if answer.status == 200:
                token = answer.json["refresh_token"]
                refused(renew(both.server, both.app, token), 400, "invalid_grant")
        return [answer.status for answer in answers]

    for _ in range(3):
        found = asyncio.run(twice(both.ada.code(both.app)))
        assert sorted(found) == [200, 400, 400, 400]


def test_4_13_a_code_is_good_for_a_minute(migrated_url: str, clock: FrozenClock) -> None:
    world = World(migrated_url, clock)
    made = Authorization("z", "a_1", "u", "s", ("openid",), (), "", ("pwd",), 0)

    def begin(work: Work) -> str:
        return authorizations.authorize(work, world.vault, made, CALLBACK, challenge_of(VERIFIER))

    async def play() -> None:
        code = await world.db.write(begin)
        clock.advance(timedelta(seconds=60))
        late = await world.db.write(
            lambda work: authorizations.use_code(work, world.vault, code, "a_1")
        )
        assert late is None

    try:
        asyncio.run(play())
    finally:
        world.db.close()


def test_4_13_a_code_that_waits_ends_with_its_session(scene: Scene) -> None:
    scene.person("gone@b.test")
    browser = Browser(scene.server)
    browser.sign_in("gone@b.test")
    token = exchange(scene.server, scene.app, browser.code(scene.app, scope="openid")).json
    code = browser.code(scene.app, scope="openid")
    browser.send("/account/sign-in", "/account/sign-out")
    eventually(lambda: not is_good(scene.server, token["access_token"]))
    no_good(scene, code)
