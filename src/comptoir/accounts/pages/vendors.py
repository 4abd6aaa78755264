"""Vendors of one's organisations: register one, see one, end one."""

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts import store
from comptoir.accounts.applications import revoke_all
from comptoir.accounts.errors import NameInvalid, TooManyVendors, VendorNameTaken
from comptoir.accounts.pages import one_vendor
from comptoir.accounts.pages.acting import act
from comptoir.accounts.pages.one_vendor import HERE, ONE, path_of
from comptoir.accounts.pages.page import Page, Visit, Who, go
from comptoir.accounts.people import members
from comptoir.accounts.people.members import Organisation
from comptoir.accounts.people.rules import Role
from comptoir.accounts.registration import (
    MOST_A_DAY,
    OPEN,
    SeenVendor,
    register_vendor,
    vendors_of,
)
from comptoir.accounts.rules import Client, ClientKind, Module
from comptoir.accounts.vendors import Credentials
from comptoir.base.errors import Problem
from comptoir.base.mode import Mode
from comptoir.infra.work import Work


async def vendors(visit: Visit) -> Response:
    return await _list(visit)


async def _list(visit: Visit, problem: Problem | None = None) -> Response:
    user_id = visit.me.user.user_id

    def read(db: sa.Connection) -> tuple[list[SeenVendor], list[Organisation]]:
        mine = members.organisations_of(db, user_id)
        return vendors_of(db, user_id), [o for o in mine if o.role.may(Role.ADMIN)]

    found, organisations = await visit.context.db.read(read)
    return visit.page(
        "vendors.html",
        problem.status if problem else 200,
        vendors=found,
        organisations=organisations,
        open=visit.context.settings.vendor_registration == OPEN,
        most=MOST_A_DAY,
        fault=visit.tell(problem) if problem else "",
        given={key: visit.form.get(key, "") for key in ("name", "organisation")},
        once=one_vendor.once(visit),
        path_of=path_of,
        here=HERE,
    )


async def send_vendor(visit: Visit) -> Response:
    name, context = visit.form.get("name", "").strip(), visit.context

    def unit(work: Work) -> Credentials:
        one_vendor.use_form(work, visit)
        return register_vendor(
            work,
            context.vault,
            name,
            organisation_id=visit.form.get("organisation", ""),
            user_id=visit.me.user.user_id,
            registration=context.settings.vendor_registration,
        )

    try:
        made = await act(visit, unit)
    except (NameInvalid, VendorNameTaken, TooManyVendors) as problem:
        return await _list(visit, problem)
    return one_vendor.show_secret(visit, name, made, visit.say("vendor.registered"))


async def vendor(visit: Visit) -> Response:
    def read(db: sa.Connection, seen: SeenVendor) -> tuple[list[Client], list[Module]]:
        clients = store.clients_of_vendor(db, seen.name)
        return clients, store.modules_of_vendor(db, seen.name)

    seen, (clients, modules) = await one_vendor.look(visit, read)
    own = [c for c in clients if c.kind is ClientKind.VENDOR]
    live = {c.mode for c in own if c.revoked_at is None}
    return visit.page(
        "vendor.html",
        seen=seen,
        path=path_of(seen.name),
        clients=own,
        applications=[c for c in clients if c.kind is ClientKind.APPLICATION],
        modules=modules,
        missing=[mode for mode in Mode if mode not in live],
        any_live=any(c.revoked_at is None for c in clients),
        once=one_vendor.once(visit),
        here=HERE,
    )


async def end(visit: Visit) -> Response:
    """Every client and application of the vendor is revoked, once its name is typed in."""
    name = one_vendor.name_of(visit)
    seen, _ = await one_vendor.look(visit, lambda *_: None, Role.OWNER)
    if visit.form.get("name", "").strip() != name:
        return visit.page(
            "vendor-end.html", 400, seen=seen, path=path_of(name), here=HERE, fault=True
        )
    await one_vendor.change(visit, Role.OWNER, lambda work, seen: revoke_all(work, seen.name))
    return go(path_of(name))


async def ask_end(visit: Visit) -> Response:
    seen, _ = await one_vendor.look(visit, lambda *_: None, Role.OWNER)
    return visit.page("vendor-end.html", seen=seen, path=path_of(seen.name), here=HERE, fault=False)


PAGES = [
    Page("GET", HERE, vendors, Who.SIGNED_IN),
    Page("POST", HERE, send_vendor, Who.SIGNED_IN),
    Page("GET", ONE, vendor, Who.SIGNED_IN),
    Page("GET", f"{ONE}/end", ask_end, Who.SIGNED_IN),
    Page("POST", f"{ONE}/end", end, Who.SIGNED_IN),
]
