"""A vendor's clients, its own and its applications': see one, make the one of the other mode,
rotate the secret, limit, revoke, delete."""

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts import applications, store
from comptoir.accounts.errors import ClientNotFound
from comptoir.accounts.pages import one_vendor
from comptoir.accounts.pages.one_vendor import HERE, ONE, path_of
from comptoir.accounts.pages.page import FormUnreadable, Page, Visit, Who, go
from comptoir.accounts.people.rules import Role
from comptoir.accounts.registration import SeenVendor, add_vendor_client
from comptoir.accounts.rules import Client, ClientKind
from comptoir.accounts.vendors import Credentials
from comptoir.base.mode import Mode
from comptoir.infra.http.auth import SCOPES
from comptoir.infra.work import Work

HOUR_MS = 3_600_000
OVERLAPS = {"0": 0, "1": HOUR_MS, "24": 24 * HOUR_MS, "168": 7 * 24 * HOUR_MS}
"""Hours, as the form sends them → milliseconds for which the old secret is still good."""
FIELD = "scope."
"""Before a scope: its field in the form."""


async def client(visit: Visit) -> Response:
    return await _page(visit)


async def _page(visit: Visit, fault: str = "") -> Response:
    """Raises: ClientNotFound, the same for another vendor's."""
    client_id = _client_id(visit)

    def read(db: sa.Connection, seen: SeenVendor) -> Client | None:
        own = store.clients_of_vendor(db, seen.name)
        return next((found for found in own if found.client_id == client_id), None)

    seen, found = await one_vendor.look(visit, read)
    if found is None:
        raise ClientNotFound(client_id=client_id[:100])
    overlapping = found.previous_until is not None and found.previous_until > visit.now
    return visit.page(
        "vendor-client.html",
        400 if fault else 200,
        seen=seen,
        path=path_of(seen.name),
        client=found,
        application=found.kind is ClientKind.APPLICATION,
        old_until=found.previous_until if overlapping else None,
        overlaps=list(OVERLAPS),
        scopes=list(SCOPES.values()),
        allowed=found.scopes or tuple(SCOPES.values()),
        field=FIELD,
        fault=fault,
        once=one_vendor.once(visit),
        here=HERE,
    )


def _client_id(visit: Visit) -> str:
    return str(visit.request.path_params["client_id"])


def _path(visit: Visit) -> str:
    return f"{path_of(one_vendor.name_of(visit))}/clients/{_client_id(visit)}"


async def add(visit: Visit) -> Response:
    """The vendor's own client of a mode. Raises: FormUnreadable, VendorExists."""
    modes = {mode.value: mode for mode in Mode}
    mode = modes.get(visit.form.get("mode", ""))
    if mode is None:
        raise FormUnreadable

    def unit(work: Work, seen: SeenVendor) -> Credentials:
        one_vendor.use_form(work, visit)
        return add_vendor_client(work, visit.context.vault, seen, mode)

    made = await one_vendor.change(visit, Role.ADMIN, unit)
    name = one_vendor.name_of(visit)
    return one_vendor.show_secret(visit, name, made, visit.say("client.added"))


async def rotate(visit: Visit) -> Response:
    """Raises: FormUnreadable, ClientNotFound."""
    overlap_ms = OVERLAPS.get(visit.form.get("overlap", ""))
    if overlap_ms is None:
        raise FormUnreadable

    def unit(work: Work, seen: SeenVendor) -> Credentials:
        one_vendor.use_form(work, visit)
        return applications.rotate_secret(
            work,
            visit.context.vault,
            _client_id(visit),
            vendor=seen.name,
            overlap_ms=overlap_ms,
        )

    made = await one_vendor.change(visit, Role.ADMIN, unit)
    name = one_vendor.name_of(visit)
    return one_vendor.show_secret(visit, name, made, visit.say("client.rotated"))


async def restrict(visit: Visit) -> Response:
    chosen = [name.removeprefix(FIELD) for name in visit.form if name.startswith(FIELD)]
    if not chosen:
        return await _page(visit, visit.say("client.no_scope"))

    def unit(work: Work, seen: SeenVendor) -> None:
        applications.restrict_client(work, _client_id(visit), chosen, vendor=seen.name)

    await one_vendor.change(visit, Role.ADMIN, unit)
    return go(_path(visit))


async def revoke(visit: Visit) -> Response:
    def unit(work: Work, seen: SeenVendor) -> None:
        applications.revoke_client(work, _client_id(visit), vendor=seen.name)

    await one_vendor.change(visit, Role.ADMIN, unit)
    return go(_path(visit))


async def delete(visit: Visit) -> Response:
    """Of a client that is revoked."""
    revoked_id = str(visit.request.path_params["revoked_id"])

    def unit(work: Work, seen: SeenVendor) -> None:
        applications.delete_client(work, revoked_id, vendor=seen.name)

    await one_vendor.change(visit, Role.OWNER, unit)
    return go(path_of(one_vendor.name_of(visit)))


CLIENT = f"{ONE}/clients/{{client_id}}"
PAGES = [
    Page("POST", f"{ONE}/clients", add, Who.SIGNED_IN),
    Page("GET", CLIENT, client, Who.SIGNED_IN),
    Page("POST", f"{CLIENT}/rotate", rotate, Who.SIGNED_IN),
    Page("POST", f"{CLIENT}/scopes", restrict, Who.SIGNED_IN),
    Page("POST", f"{CLIENT}/revoke", revoke, Who.SIGNED_IN),
    Page("POST", f"{ONE}/clients/{{revoked_id}}/delete", delete, Who.SIGNED_IN),
]
