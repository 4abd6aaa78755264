"""The point of contact of a store, and with it who owns the store (spec/accounts.md §1.3.5)."""

from collections.abc import Iterator

import pytest

from tests.accounts.calls import IDENTITIES, refused, status, verified
from tests.accounts.fake_store import FakeStore, fake_store
from tests.accounts.oidc import person_token
from tests.accounts.pages.browser import Person, mails, person, told
from tests.server import Answer, Identity, Server


@pytest.fixture(scope="module")
def people(comptoir: Server) -> dict[str, Person]:
    names = ("ada", "bob", "cleo", "dora")
    return {name: person(comptoir, f"{name}@people.example", name.capitalize()) for name in names}


@pytest.fixture(scope="module")
def place() -> Iterator[FakeStore]:
    with fake_store() as made:
        yield made


@pytest.fixture
def store(comptoir: Server, place: FakeStore) -> Identity:
    return verified(comptoir, place)


def office(place: FakeStore) -> str:
    return f"{place.url}/admin-dev"


def set_contact(server: Server, store: Identity, token: str) -> Answer:
    return server.post(
        f"{IDENTITIES}/{store.shop_id}/point-of-contact",
        {"pointOfContactJWT": token},
        token=server.store_token(store),
    )


def test_who_signed_in_to_the_store_becomes_its_contact(
    comptoir: Server, place: FakeStore, store: Identity, people: dict[str, Person]
) -> None:
    got = person_token(comptoir, store, office(place), people["ada"])

    answer = set_contact(comptoir, store, got["access_token"])

    assert (answer.status, answer.body) == (204, b"")
    said = status(comptoir, store)
    assert said["pointOfContactUuid"] == people["ada"].user_id
    assert said["pointOfContactEmail"] == "ada@people.example"
    assert said["isVerified"] is True


def test_another_contact_is_the_same_flow_again_and_the_one_before_is_told(
    comptoir: Server, place: FakeStore, store: Identity, people: dict[str, Person]
) -> None:
    for name in ("bob", "cleo", "cleo"):
        got = person_token(comptoir, store, office(place), people[name])
        assert set_contact(comptoir, store, got["access_token"]).status == 204

    assert status(comptoir, store)["pointOfContactEmail"] == "cleo@people.example"
    (mail,) = told(comptoir, "bob@people.example", "cleo@people.example")
    assert place.url in mail.text
    assert not mails(comptoir, "cleo@people.example")


def test_an_unverified_store_has_a_contact_too(
    comptoir: Server, place: FakeStore, people: dict[str, Person]
) -> None:
    """Versions after 8.0.13 say it before they are verified (§8.4)."""
    store = comptoir.create_identity(place.url)
    got = person_token(comptoir, store, office(place), people["dora"])

    assert set_contact(comptoir, store, got["access_token"]).status == 204
    assert status(comptoir, store)["isVerified"] is False


def test_only_a_persons_token_for_this_very_store_counts(
    comptoir: Server, place: FakeStore, store: Identity, people: dict[str, Person]
) -> None:
    other = comptoir.create_identity(place.url)
    elsewhere = person_token(comptoir, other, office(place), people["ada"])
    here = person_token(comptoir, store, office(place), people["ada"])
    tokens = {
        "another store's": elsewhere["access_token"],
        "id token": here["id_token"],
        "refresh token": here["refresh_token"],
        "the store's own": comptoir.store_token(store),
        "cut": here["access_token"][:-2],
        "nothing": "",
    }
    for name, token in tokens.items():
        found = refused(
            set_contact(comptoir, store, token),
            400,
            "store-identity/unable-to-set-point-of-contact",
        )
        assert token[:-1] not in found["message"] or not token, name
    assert status(comptoir, store)["pointOfContactUuid"] is None


def test_a_body_without_the_token(comptoir: Server, store: Identity) -> None:
    answer = comptoir.post(
        f"{IDENTITIES}/{store.shop_id}/point-of-contact", {}, token=comptoir.store_token(store)
    )
    refused(answer, 400, "infra.body_unreadable")
