"""People's vendors: register one, see those of one's organisations.

A vendor belongs to an organisation. Its members see it, admins manage it, owners end it.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.accounts import vendor_store
from comptoir.accounts.errors import (
    NameInvalid,
    TooManyVendors,
    VendorExists,
    VendorNameTaken,
    VendorNotFound,
    VendorRegistrationClosed,
)
from comptoir.accounts.people import members
from comptoir.accounts.people.errors import RoleTooLow
from comptoir.accounts.people.rules import Role
from comptoir.accounts.rules import NAME
from comptoir.accounts.vendors import Credentials, add_client
from comptoir.base.mode import Mode
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

MOST_A_DAY = 5
"""Vendors that an organisation may register in 24 hours."""
DAY_MS = 86_400_000
OPEN = "open"
"""Of the setting `vendor_registration`: everybody may register vendors."""


@dataclass(frozen=True, slots=True)
class SeenVendor:
    """A vendor as a member of its organisation sees it."""

    name: str
    organisation_id: str
    organisation: str
    role: Role
    """Of the person who looks."""

    @property
    def managed(self) -> bool:
        return self.role.may(Role.ADMIN)

    @property
    def owned(self) -> bool:
        return self.role.may(Role.OWNER)


def vendors_of(db: sa.Connection, user_id: str) -> list[SeenVendor]:
    """Those of all organisations that the person belongs to."""
    return [
        SeenVendor(name, found.organisation_id, found.name, found.role)
        for found in members.organisations_of(db, user_id)
        for name in vendor_store.vendors_of_organisation(db, found.organisation_id)
    ]


def seen_vendor(
    db: sa.Connection, name: str, user_id: str, needed: Role = Role.MEMBER
) -> SeenVendor:
    """Raises: VendorNotFound, the same for one of others; RoleTooLow."""
    organisation_id = vendor_store.vendor_organisation(db, name)
    for found in members.organisations_of(db, user_id):
        if found.organisation_id == organisation_id:
            if not found.role.may(needed):
                raise RoleTooLow(needed=needed.value)
            return SeenVendor(name, found.organisation_id, found.name, found.role)
    raise VendorNotFound(vendor=name)


def register_vendor(
    work: Work, vault: Vault, name: str, *, organisation_id: str, user_id: str, registration: str
) -> Credentials:
    """A vendor of the organisation with its live client. `registration`: the setting.

    Raises:
        VendorRegistrationClosed, RoleTooLow, NameInvalid, VendorNameTaken, TooManyVendors.
    """
    if registration != OPEN:
        raise VendorRegistrationClosed
    members.require_role(work.db, organisation_id, user_id, Role.ADMIN)
    if not NAME.fullmatch(name):
        raise NameInvalid(name=name)
    if vendor_store.vendors_since(work.db, organisation_id, work.now_ms - DAY_MS) >= MOST_A_DAY:
        raise TooManyVendors(most=MOST_A_DAY)
    taken = vendor_store.has_vendor_client(work.db, name, Mode.LIVE)
    alike = vendor_store.vendor_alike(work.db, name)
    if taken or alike is not None:
        raise VendorNameTaken(vendor=alike or name)
    vendor_store.add_vendor(work.db, name, organisation_id, work.now_ms)
    return add_client(work, name, organisation_id, vault, Mode.LIVE, "vendor.created")


def add_vendor_client(work: Work, vault: Vault, seen: SeenVendor, mode: Mode) -> Credentials:
    """The client of a mode that has none, or whose client is revoked. Raises: VendorExists."""
    if vendor_store.has_vendor_client(work.db, seen.name, mode):
        raise VendorExists(vendor=seen.name, mode=mode.value)
    return add_client(work, seen.name, seen.organisation_id, vault, mode, "vendor.client_added")
