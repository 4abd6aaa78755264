"""A vendor's modules, and the contents that they ask for."""

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts import store
from comptoir.accounts.errors import ModuleNotFound, ModuleOfAnotherVendor, NameInvalid
from comptoir.accounts.pages import one_vendor
from comptoir.accounts.pages.one_vendor import HERE, ONE, path_of
from comptoir.accounts.pages.page import Page, Visit, Who, go
from comptoir.accounts.people.rules import Role
from comptoir.accounts.registration import SeenVendor
from comptoir.accounts.rules import Module
from comptoir.accounts.vendors import register_module
from comptoir.base.errors import Problem
from comptoir.infra.work import Work
from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.contents import ALWAYS

FIELD = "content."
"""Before a content's name: its field in the form."""


async def new_module(visit: Visit) -> Response:
    seen, _ = await one_vendor.look(visit, lambda *_: None, Role.ADMIN)
    return _form(visit, seen, None)


async def module(visit: Visit) -> Response:
    """Raises: ModuleNotFound, the same for another vendor's."""
    wanted = str(visit.request.path_params["module"])

    def read(db: sa.Connection, seen: SeenVendor) -> Module | None:
        found = store.find_module(db, wanted)
        return found if found and found.vendor == seen.name else None

    seen, found = await one_vendor.look(visit, read)
    if found is None:
        raise ModuleNotFound(module=wanted[:100])
    return _form(visit, seen, found)


def _form(
    visit: Visit, seen: SeenVendor, found: Module | None, problem: Problem | None = None
) -> Response:
    chosen = set(found.contents) if found else set(ALWAYS)
    if problem:
        chosen |= set(_chosen(visit))
    return visit.page(
        "vendor-module.html",
        problem.status if problem else 200,
        seen=seen,
        path=path_of(seen.name),
        module=found,
        name=found.name if found else visit.form.get("module", ""),
        contents=list(catalogue()),
        chosen=chosen,
        always=ALWAYS,
        field=FIELD,
        fault=visit.tell(problem) if problem else "",
        here=HERE,
    )


def _chosen(visit: Visit) -> list[str]:
    return [name.removeprefix(FIELD) for name in visit.form if name.startswith(FIELD)]


async def send_module(visit: Visit) -> Response:
    """Registers it, or changes what it asks for: the same again changes nothing."""
    name, contents = visit.form.get("module", "").strip(), _chosen(visit)

    def unit(work: Work, seen: SeenVendor) -> None:
        register_module(work, seen.name, name, contents)

    try:
        await one_vendor.change(visit, Role.ADMIN, unit)
    except (NameInvalid, ModuleOfAnotherVendor) as problem:
        seen, _ = await one_vendor.look(visit, lambda *_: None, Role.ADMIN)
        return _form(visit, seen, None, problem)
    return go(path_of(one_vendor.name_of(visit)))


PAGES = [
    Page("GET", f"{ONE}/modules", new_module, Who.SIGNED_IN),
    Page("POST", f"{ONE}/modules", send_module, Who.SIGNED_IN),
    Page("GET", f"{ONE}/modules/{{module}}", module, Who.SIGNED_IN),
]
