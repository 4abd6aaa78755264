"""What depends on the time: an old secret, a vendor more in a day, a form that lay around."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

import msgspec
import pytest

from comptoir.accounts import create_application, create_user, create_vendor, rotate_secret
from comptoir.accounts.applications import delete_client, restrict_client, revoke_client
from comptoir.accounts.errors import (
    ClientNotFound,
    FormSentAlready,
    NameInvalid,
    ScopesUnknown,
    TooManyVendors,
    VendorNameTaken,
    VendorNotFound,
    VendorRegistrationClosed,
)
from comptoir.accounts.housekeeping import forget
from comptoir.accounts.people import forms, members
from comptoir.accounts.people.errors import OrganisationNotFound, RoleTooLow
from comptoir.accounts.people.rules import Role, User
from comptoir.accounts.people.tables import sent_form
from comptoir.accounts.registration import register_vendor, seen_vendor, vendors_of
from comptoir.accounts.store import find_client
from comptoir.accounts.vendors import Credentials
from comptoir.base.mode import Mode
from comptoir.infra.work import Work
from tests.contract.raw_world import World, running

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with running(request.param, tmp_path_factory.mktemp("registration")) as made:
        yield made


def opens(world: World, client: Credentials, secret: str) -> bool:
    """Whether the token endpoint takes this secret of the client."""
    form = {"grant_type": "client_credentials", "client_id": client.client_id}
    answer = world.request(
        "POST",
        "/oauth2/token",
        {"Content-Type": "application/x-www-form-urlencoded"},
        urlencode({**form, "client_secret": secret}),
    )
    assert answer.status in (200, 401)
    return answer.status == 200


def user_of(work: Work, name: str) -> tuple[User, str]:
    user = create_user(work, f"{name}@registration.example", "")
    return user, members.organisations_of(work.db, user.user_id)[0].organisation_id


def register(work: Work, world: World, name: str, who: tuple[User, str], how: str = "open") -> None:
    register_vendor(
        work,
        world.context.vault,
        name,
        organisation_id=who[1],
        user_id=who[0].user_id,
        registration=how,
    )


@pytest.mark.parametrize("hours", [0, 1, 24, 168])
def test_the_old_secret_is_good_for_as_long_as_was_chosen(world: World, hours: int) -> None:
    vault = world.context.vault
    with world.context.db.begin("tests") as work:
        first = create_vendor(work, f"rotating-{hours}", vault)
    with world.context.db.begin("tests") as work:
        second = rotate_secret(work, vault, first.client_id, overlap_ms=hours * 3_600_000)
    assert opens(world, first, second.client_secret)
    assert opens(world, first, first.client_secret) is (hours > 0)
    if hours:
        world.clock.advance(hours * HOUR - SECOND)
        assert opens(world, first, first.client_secret)
        world.clock.advance(SECOND)
    assert not opens(world, first, first.client_secret)
    assert opens(world, first, second.client_secret)


def test_of_two_rotations_only_the_last_old_secret_is_good(world: World) -> None:
    vault = world.context.vault
    with world.context.db.begin("tests") as work:
        made = [create_vendor(work, "rotating-twice", vault)]
        made.append(rotate_secret(work, vault, made[0].client_id))
        made.append(rotate_secret(work, vault, made[0].client_id))
    assert [opens(world, made[0], m.client_secret) for m in made] == [False, True, True]


def test_who_may_register_what(world: World) -> None:
    with world.context.db.begin("tests") as work:
        ada, bea = user_of(work, "ada"), user_of(work, "bea")
        members.add_member(work.db, ada[1], bea[0].user_id, Role.MEMBER, work.now_ms)
        register(work, world, "ada-v", ada)
        assert [v.name for v in vendors_of(work.db, bea[0].user_id)] == ["ada-v"]
        with pytest.raises(RoleTooLow):
            register(work, world, "bea-v", (bea[0], ada[1]))
        for foreign in (bea[1], "no such organisation"):
            with pytest.raises(OrganisationNotFound):
                register(work, world, "ada-w", (ada[0], foreign))
        for taken in ("ada-v", "Ada-V"):
            with pytest.raises(VendorNameTaken, match="ada-v"):
                register(work, world, taken, bea)
        with pytest.raises(VendorNameTaken, match="ada-v"):
            create_vendor(work, "ADA-V", world.context.vault)
        with pytest.raises(NameInvalid):
            register(work, world, "a/b", ada)
        with pytest.raises(VendorRegistrationClosed):
            register(work, world, "ada-w", ada, "operator")
        assert seen_vendor(work.db, "ada-v", ada[0].user_id).owned
        assert not seen_vendor(work.db, "ada-v", bea[0].user_id).managed
        with pytest.raises(RoleTooLow):
            seen_vendor(work.db, "ada-v", bea[0].user_id, Role.ADMIN)
        for name in ("none", "rotating-twice", "a\0b"):
            with pytest.raises(VendorNotFound):
                seen_vendor(work.db, name, ada[0].user_id)


def test_a_handful_a_day(world: World) -> None:
    with world.context.db.begin("tests") as work:
        cleo = user_of(work, "cleo")
        for number in range(5):
            register(work, world, f"cleo-{number}", cleo)
        with pytest.raises(TooManyVendors):
            register(work, world, "cleo-5", cleo)
    world.clock.advance(24 * HOUR - SECOND)
    with world.context.db.begin("tests") as work, pytest.raises(TooManyVendors):
        register(work, world, "cleo-5", cleo)
    world.clock.advance(SECOND)
    with world.context.db.begin("tests") as work:
        register(work, world, "cleo-5", cleo)


def test_a_form_is_good_once_for_one_person_for_a_day(world: World) -> None:
    vault = world.context.vault
    begin = world.context.db.begin
    with begin("tests") as work:
        made = {name: forms.make(vault, name, "ada", work.now_ms) for name in ("a", "b", "c")}
        forms.use(work, vault, made["a"], "ada")
    for sealed, who in ((made["a"], "ada"), (made["a"].upper(), "ada"), (made["b"], "bea")):
        with begin("tests") as work, pytest.raises(FormSentAlready):
            forms.use(work, vault, sealed, who)
    for sealed in ("", "zz", "00", made["b"][:-2]):
        with begin("tests") as work, pytest.raises(FormSentAlready):
            forms.use(work, vault, sealed, "ada")
    with begin("tests") as work:
        forms.use(work, vault, made["b"], "ada")
    world.clock.advance(24 * HOUR)
    with begin("tests") as work:
        with pytest.raises(FormSentAlready):
            forms.use(work, vault, made["c"], "ada")
        forget(work)
        assert work.db.execute(sent_form.select()).first() is None
        with pytest.raises(FormSentAlready):
            forms.use(work, vault, made["a"], "ada")


def test_a_client_is_limited_and_deleted_by_its_vendor_alone(world: World) -> None:
    vault = world.context.vault
    with world.context.db.begin("tests") as work:
        made = create_vendor(work, "limited", vault, Mode.TEST).client_id
        application = create_application(
            work, "limited", vault, redirect_uris=["https://limited.example/cb"]
        ).client_id
        create_vendor(work, "stranger", vault)
        before = find_client(work.db, made)
        assert before is not None
        assert before.scopes == ()
        restrict_client(work, made, ["sync.write", "raw.read", "raw.read"], vendor="limited")
        limited = msgspec.structs.replace(before, scopes=("raw.read", "sync.write"))
        assert find_client(work.db, made) == limited
        for client_id, vendor in ((made, "stranger"), (application, "limited"), ("\0", "")):
            with pytest.raises(ClientNotFound):
                restrict_client(work, client_id, ["raw.read"], vendor=vendor)
        with pytest.raises(ScopesUnknown):
            restrict_client(work, made, ["raw.read", "admin"])
        with pytest.raises(ClientNotFound):
            delete_client(work, made, vendor="limited")
        assert find_client(work.db, made) == limited
        restrict_client(work, made, [], vendor="limited")
        assert find_client(work.db, made) == before
        revoke_client(work, made, vendor="limited")
        for act in (delete_client, revoke_client):
            with pytest.raises(ClientNotFound):
                act(work, made, vendor="stranger")
        with pytest.raises(ClientNotFound):
            restrict_client(work, made, ["raw.read"], vendor="limited")
        delete_client(work, made, vendor="limited")
        assert find_client(work.db, made) is None
