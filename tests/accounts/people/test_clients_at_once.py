"""A vendor's clients while somebody else changes them too."""

import pytest

from comptoir.accounts import applications, registration, store, vendor_store, vendors
from comptoir.accounts.errors import ClientNotFound
from comptoir.accounts.people.rules import Role
from comptoir.accounts.registration import SeenVendor
from comptoir.accounts.rules import Client
from comptoir.accounts.vendors import Credentials
from comptoir.base.mode import Mode
from comptoir.infra.work import Work
from tests.accounts.people.conftest import Town
from tests.accounts.people.test_at_once import Run, beside

VENDOR, DAY_MS = "one", 86_400_000


@pytest.fixture
def made(town: Town) -> Credentials:
    """Its live client."""
    return town.do(lambda work: vendors.create_vendor(work, VENDOR, town.vault))


def client(town: Town, client_id: str) -> Client:
    found = town.look(lambda db: store.find_client(db, client_id))
    assert found is not None
    return found


def application(town: Town) -> Run:
    return lambda work: applications.create_application(
        work, VENDOR, town.vault, redirect_uris=["https://app.example/back"]
    )


def test_a_secret_that_leaked_is_rotated_twice_at_once(town: Town, made: Credentials) -> None:
    """One rotation ends it at once: the other one's overlap is that of the secret between."""
    between: list[str] = []

    def at_once(work: Work) -> None:
        new = applications.rotate_secret(work, town.vault, made.client_id, overlap_ms=0)
        between.append(new.client_secret)

    def in_a_day(work: Work) -> None:
        applications.rotate_secret(work, town.vault, made.client_id, overlap_ms=DAY_MS)

    beside(town, at_once, in_a_day).result()
    previous = client(town, made.client_id).previous_secret_hash
    assert not town.vault.matches(made.client_secret, previous)
    assert town.vault.matches(between[0], previous)


def test_a_client_is_revoked_twice_at_once(town: Town, made: Credentials) -> None:
    def revoke(work: Work) -> None:
        applications.revoke_client(work, made.client_id)

    beside(town, revoke, revoke).result()
    town.do(revoke)
    assert len(town.announced("accounts.client.revoked.v1")) == 1
    assert town.audited("client.revoked") == 1


@pytest.mark.parametrize("how", ["rotated", "restricted", "changed"])
def test_a_client_that_is_being_revoked_stays_as_it_is(
    town: Town, made: Credentials, how: str
) -> None:
    app = town.do(application(town))
    change: dict[str, Run] = {
        "rotated": lambda work: applications.rotate_secret(work, town.vault, made.client_id),
        "restricted": lambda work: applications.restrict_client(work, made.client_id, ["raw.read"]),
        "changed": lambda work: applications.change_application(
            work,
            app.client_id,
            vendor=VENDOR,
            redirect_uris=["https://other.example/back"],
            post_logout_uris=[],
            name="",
        ),
    }
    outcome = beside(town, lambda work: applications.revoke_all(work, VENDOR), change[how])
    assert isinstance(outcome.exception(), ClientNotFound)


def test_a_client_is_deleted_twice_at_once(town: Town, made: Credentials) -> None:
    town.do(lambda work: applications.revoke_client(work, made.client_id))

    def delete(work: Work) -> None:
        applications.delete_client(work, made.client_id, vendor=VENDOR)

    assert isinstance(beside(town, delete, delete).exception(), ClientNotFound)
    assert town.audited("client.deleted") == 1


@pytest.mark.parametrize("what", ["application", "client", "vendor"])
def test_a_vendor_ends_while_it_gets_a_client(town: Town, made: Credentials, what: str) -> None:
    where = town.look(lambda db: vendor_store.vendor_organisation(db, VENDOR)) or ""
    seen = SeenVendor(VENDOR, where, "", Role.OWNER)
    make: dict[str, Run] = {
        "application": application(town),
        "client": lambda work: registration.add_vendor_client(work, town.vault, seen, Mode.TEST),
        "vendor": lambda work: vendors.create_vendor(work, VENDOR, town.vault, Mode.TEST),
    }
    beside(town, make[what], lambda work: applications.revoke_all(work, VENDOR)).result()
    found = town.look(lambda db: store.clients_of_vendor(db, VENDOR))
    assert [one.client_id for one in found if one.revoked_at is None] == []
    assert len(found) == 2
