"""What the pages of a vendor share: who may see it, units of work, forms that are good once, and
the page that shows a secret.

A vendor of others answers as one that there is not: 404.
"""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts.errors import VendorNotFound
from comptoir.accounts.pages.acting import act
from comptoir.accounts.pages.page import Visit
from comptoir.accounts.people import forms
from comptoir.accounts.people.rules import Role
from comptoir.accounts.registration import SeenVendor, seen_vendor
from comptoir.accounts.rules import NAME
from comptoir.accounts.vendors import Credentials
from comptoir.infra.work import Work

HERE = "/account/vendors"
ONE = "/account/vendors/{vendor}"
T = TypeVar("T")


def name_of(visit: Visit) -> str:
    """Raises: VendorNotFound, when no vendor can have that name."""
    name = str(visit.request.path_params["vendor"])
    if not NAME.fullmatch(name):
        raise VendorNotFound(vendor=name[:100])
    return name


def path_of(name: str) -> str:
    return f"{HERE}/{quote(name)}"


async def look(
    visit: Visit, query: Callable[[sa.Connection, SeenVendor], T], needed: Role = Role.MEMBER
) -> tuple[SeenVendor, T]:
    """The vendor of the page, and what `query` finds. Raises: VendorNotFound, RoleTooLow."""
    name, user_id = name_of(visit), visit.me.user.user_id

    def read(db: sa.Connection) -> tuple[SeenVendor, T]:
        seen = seen_vendor(db, name, user_id, needed)
        return seen, query(db, seen)

    return await visit.context.db.read(read)


async def change(visit: Visit, needed: Role, unit: Callable[[Work, SeenVendor], T]) -> T:
    """Run `unit` for a member of this role. Raises: VendorNotFound, RoleTooLow."""
    name, user_id = name_of(visit), visit.me.user.user_id
    return await act(visit, lambda work: unit(work, seen_vendor(work.db, name, user_id, needed)))


def once(visit: Visit) -> str:
    """For the hidden field of a form that must not have its effect twice."""
    context = visit.context
    return forms.make(context.vault, context.ids.token(16), visit.me.user.user_id, visit.now)


def use_form(work: Work, visit: Visit) -> None:
    """In the unit of work of the effect. Raises: FormSentAlready."""
    sealed = visit.form.get("once", "")
    forms.use(work, visit.context.vault, sealed, visit.me.user.user_id)


def show_secret(visit: Visit, name: str, made: Credentials, title: str) -> Response:
    """This once: the page is not stored anywhere, and sending the form again does not show it."""
    return visit.page(
        "vendor-secret.html", title=title, name=name, made=made, path=path_of(name), here=HERE
    )
