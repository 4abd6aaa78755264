"""A vendor's applications, which people sign in to: register one, change where it sends them."""

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts import store
from comptoir.accounts.applications import change_application, create_application
from comptoir.accounts.errors import ClientNotFound, RedirectInvalid
from comptoir.accounts.pages import one_vendor
from comptoir.accounts.pages.one_vendor import HERE, ONE, path_of
from comptoir.accounts.pages.page import Page, Visit, Who, go
from comptoir.accounts.people.rules import Role
from comptoir.accounts.registration import SeenVendor
from comptoir.accounts.rules import Client, ClientKind
from comptoir.accounts.vendors import Credentials
from comptoir.base.errors import Problem
from comptoir.infra.work import Work


def _uris(visit: Visit, field: str) -> list[str]:
    """One a line."""
    return visit.form.get(field, "").split()


def _form(
    visit: Visit, seen: SeenVendor, client: Client | None, problem: Problem | None = None
) -> Response:
    given = {"name": "", "redirect_uris": "", "post_logout_uris": ""}
    if problem is not None:
        given = {key: visit.form.get(key, "") for key in given}
    elif client is not None:
        given = {
            "name": client.name,
            "redirect_uris": "\n".join(client.redirect_uris),
            "post_logout_uris": "\n".join(client.post_logout_uris),
        }
    return visit.page(
        "vendor-application.html",
        problem.status if problem else 200,
        seen=seen,
        path=path_of(seen.name),
        client=client,
        given=given,
        fault=visit.tell(problem) if problem else "",
        once=one_vendor.once(visit),
        here=HERE,
    )


async def new_application(visit: Visit) -> Response:
    seen, _ = await one_vendor.look(visit, lambda *_: None, Role.ADMIN)
    return _form(visit, seen, None)


async def send_application(visit: Visit) -> Response:
    def unit(work: Work, seen: SeenVendor) -> Credentials:
        one_vendor.use_form(work, visit)
        return create_application(
            work,
            seen.name,
            visit.context.vault,
            redirect_uris=_uris(visit, "redirect_uris"),
            post_logout_uris=_uris(visit, "post_logout_uris"),
            name=visit.form.get("name", ""),
            public="public" in visit.form,
        )

    try:
        made = await one_vendor.change(visit, Role.ADMIN, unit)
    except RedirectInvalid as problem:
        seen, _ = await one_vendor.look(visit, lambda *_: None, Role.ADMIN)
        return _form(visit, seen, None, problem)
    name = one_vendor.name_of(visit)
    return one_vendor.show_secret(visit, name, made, visit.say("application.registered"))


async def _application(visit: Visit) -> tuple[SeenVendor, Client]:
    """Raises: ClientNotFound, the same for another vendor's."""
    client_id = str(visit.request.path_params["application_id"])

    def read(db: sa.Connection, seen: SeenVendor) -> Client | None:
        own = store.clients_of_vendor(db, seen.name)
        return next((client for client in own if client.client_id == client_id), None)

    seen, client = await one_vendor.look(visit, read, Role.ADMIN)
    usable = client is not None and client.kind is ClientKind.APPLICATION
    if client is None or not usable or client.revoked_at is not None:
        raise ClientNotFound(client_id=client_id[:100])
    return seen, client


async def application(visit: Visit) -> Response:
    return _form(visit, *await _application(visit))


async def change(visit: Visit) -> Response:
    seen, client = await _application(visit)

    def unit(work: Work, seen: SeenVendor) -> None:
        change_application(
            work,
            client.client_id,
            vendor=seen.name,
            redirect_uris=_uris(visit, "redirect_uris"),
            post_logout_uris=_uris(visit, "post_logout_uris"),
            name=visit.form.get("name", ""),
        )

    try:
        await one_vendor.change(visit, Role.ADMIN, unit)
    except RedirectInvalid as problem:
        return _form(visit, seen, client, problem)
    return go(f"{path_of(seen.name)}/clients/{client.client_id}")


PAGES = [
    Page("GET", f"{ONE}/applications", new_application, Who.SIGNED_IN),
    Page("POST", f"{ONE}/applications", send_application, Who.SIGNED_IN),
    Page("GET", f"{ONE}/applications/{{application_id}}", application, Who.SIGNED_IN),
    Page("POST", f"{ONE}/applications/{{application_id}}", change, Who.SIGNED_IN),
]
