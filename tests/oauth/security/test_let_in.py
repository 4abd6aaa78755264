"""A person sees which applications may act for them, and ends it for one (OWASP ASVS 3.5.1)."""

import asyncio
from datetime import timedelta

from comptoir.base.clock import FrozenClock
from comptoir.infra.work import Work
from comptoir.oauth import authorizations
from comptoir.oauth.authorizations import Authorization
from tests.accounts.pages.browser import words
from tests.oauth.security.browser import CALLBACK, App, Browser, hidden, is_good, renew
from tests.oauth.security.scene import OFFICE, Scene, application
from tests.oauth.world import World
from tests.server import Answer

PATH = "/account/applications"


def end(both: Scene, client_id: str) -> Answer:
    form = hidden(both.ada.get(PATH)) | {"client_id": client_id}
    return both.ada.go("POST", f"{PATH}/end", form=form)


def test_asvs_3_5_1_a_person_ends_what_an_application_holds(both: Scene) -> None:
    held = both.tokens(both.app)
    kept = both.tokens(both.other)
    page = both.ada.get(PATH)
    assert both.app.client_id in page.text and both.other.client_id in page.text

    assert end(both, both.app.client_id).header("location") == f"{PATH}?done=ended"
    page = both.ada.get(f"{PATH}?done=ended")
    assert "held is good no longer" in words(page)
    assert both.app.client_id not in page.text and both.other.client_id in page.text
    assert renew(both.server, both.app, held["refresh_token"]).status == 400
    assert renew(both.server, both.other, kept["refresh_token"]).status == 200
    assert not is_good(both.server, held["access_token"])
    assert both.ada.signed_in(), "here the person stays signed in"
    assert end(both, both.app.client_id).status == 303, "safe to repeat"


def test_asvs_3_5_1_a_store_is_named_with_the_host_of_its_back_office(both: Scene) -> None:
    both.tokens(both.store_app(both.store))
    assert OFFICE.split("/")[2] in words(both.ada.get(PATH))


def test_asvs_3_5_1_every_host_is_named_where_one_may_go_back_to(both: Scene) -> None:
    """The first of several would be the vendor's choice."""
    made = both.server.quick_cli(
        *("client", "create", "--vendor", "acme", "--redirect-uri", "https://bank.example/cb"),
        *("--redirect-uri", CALLBACK),
    )
    both.tokens(App(made["client_id"], made["client_secret"]))
    assert "(bank.example, localhost:1)" in words(both.ada.get(PATH))


def test_asvs_3_5_1_two_of_one_name_are_told_apart(both: Scene) -> None:
    both.tokens(both.app), both.tokens(both.other)
    said = words(both.ada.get(PATH))
    for app in (both.app, both.other):
        assert f"acme (localhost:1) · {app.client_id}" in said


def test_asvs_3_5_1_a_revoked_application_is_not_listed(both: Scene) -> None:
    app = application(both.server)
    both.tokens(app)
    assert app.client_id in both.ada.get(PATH).text
    both.server.quick_cli("client", "revoke", app.client_id)
    assert app.client_id not in both.ada.get(PATH).text


def test_asvs_4_2_1_nobody_ends_it_for_another(both: Scene) -> None:
    held = both.tokens(both.app)
    both.person("ender@b.test")
    mallory = Browser(both.server)
    mallory.sign_in("ender@b.test")
    page = mallory.get(PATH)
    assert both.app.client_id not in page.text
    token = hidden(mallory.get("/account/security"))
    mallory.go("POST", f"{PATH}/end", form=token | {"client_id": both.app.client_id})
    assert is_good(both.server, held["access_token"])
    assert renew(both.server, both.app, held["refresh_token"]).status == 200


def test_asvs_3_5_1_what_has_ended_by_itself_is_not_listed(
    migrated_url: str, clock: FrozenClock
) -> None:
    """With an access token alone an application acts for an hour, with a refresh token 60 days."""
    world = World(migrated_url, clock)

    def begin(work: Work) -> None:
        for name in ("kept", "rotated", "brief", "used", "over"):
            made = Authorization(name, name, "u", "s", ("openid",), (), "", ("pwd",), 0)
            authorizations.authorize(work, world.vault, made, CALLBACK, "c")
        for name in ("kept", "rotated", "used", "over"):
            token = authorizations.add_refresh_token(work, world.vault, name, name)
            if name in ("rotated", "used"):
                authorizations.use_refresh_token(work, world.vault, token, name)
        authorizations.add_refresh_token(work, world.vault, "rotated", "rotated")
        authorizations.end(work, "over", "a test")

    async def held() -> set[str]:
        now = int(clock.now().timestamp() * 1000)
        found = await world.db.read(lambda db: authorizations.held_by(db, "u", now, 3_600_000))
        return {client_id for client_id, _, _ in found}

    async def play() -> None:
        await world.db.write(begin)
        assert await held() == {"kept", "rotated", "brief", "used"}
        clock.advance(timedelta(minutes=61))
        assert await held() == {"kept", "rotated"}
        clock.advance(timedelta(days=60))
        assert await held() == set()

    try:
        asyncio.run(play())
    finally:
        world.db.close()
