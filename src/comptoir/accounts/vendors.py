"""Create a tech vendor with its client, give it to a user, and register the modules it owns."""

from dataclasses import dataclass

from comptoir.accounts import store, vendor_store
from comptoir.accounts.errors import (
    ContentsUnknown,
    ModuleOfAnotherVendor,
    NameInvalid,
    VendorExists,
    VendorNameTaken,
    VendorNotFound,
)
from comptoir.accounts.people import members, users
from comptoir.accounts.people.rules import Role
from comptoir.accounts.rules import NAME, Client, ClientKind, Module
from comptoir.base.mode import Mode
from comptoir.base.secret import CLIENT_SECRET, make_secret
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work
from comptoir.prestashop.catalogue import catalogue, expand


@dataclass(frozen=True, slots=True)
class Credentials:
    """Shown once: the secret is not stored."""

    client_id: str
    client_secret: str


def create_vendor(work: Work, name: str, vault: Vault, mode: Mode = Mode.LIVE) -> Credentials:
    """A vendor with its organisation and its OAuth client of this mode. A vendor that is there
    gets the client it has not.

    Raises:
        NameInvalid, VendorExists.
        VendorNameTaken: by one that differs in case only.
    """
    if not NAME.fullmatch(name):
        raise NameInvalid(name=name)
    if vendor_store.has_vendor_client(work.db, name, mode):
        raise VendorExists(vendor=name, mode=mode.value)
    organisation_id = vendor_store.vendor_organisation(work.db, name)
    if organisation_id is not None:
        return add_client(work, name, organisation_id, vault, mode, "vendor.client_added")
    if (alike := vendor_store.vendor_alike(work.db, name)) is not None:
        raise VendorNameTaken(vendor=alike)
    organisation_id = work.ids.uuid()
    store.add_organisation(work.db, organisation_id, name, work.now_ms)
    vendor_store.add_vendor(work.db, name, organisation_id, work.now_ms)
    return add_client(work, name, organisation_id, vault, mode, "vendor.created")


def add_client(
    work: Work, vendor: str, organisation_id: str, vault: Vault, mode: Mode, action: str
) -> Credentials:
    """The vendor's OAuth client of this mode. `action`: for the audit log."""
    secret = make_secret(f"{CLIENT_SECRET}_{mode.value}", work.ids.entropy())
    client = Client(
        client_id=f"v_{mode.value}_{work.ids.token(16)}",
        kind=ClientKind.VENDOR,
        shop_id="",
        vendor=vendor,
        secret_hash=vault.hash(secret),
        revoked_at=None,
        mode=mode,
    )
    store.add_client(work.db, client, organisation_id, work.now_ms)
    work.audit(
        action,
        organisation_id=organisation_id,
        vendor=vendor,
        client_id=client.client_id,
        mode=mode.value,
    )
    return Credentials(client.client_id, secret)


def give_vendor(work: Work, name: str, email: str) -> str:
    """Make a user an owner of the vendor's organisation. Returns their address as they wrote it.

    Raises:
        VendorNotFound, UserNotFound.
    """
    organisation_id = vendor_store.vendor_organisation(work.db, name)
    if organisation_id is None:
        raise VendorNotFound(vendor=name)
    user = users.take_user(work, email)
    if not members.add_member(work.db, organisation_id, user.user_id, Role.OWNER, work.now_ms):
        members.set_role(work.db, organisation_id, user.user_id, Role.OWNER)
    work.audit("vendor.given", organisation_id=organisation_id, vendor=name, user_id=user.user_id)
    return user.email


def register_module(
    work: Work, vendor: str, name: str, contents: list[str] | None = None
) -> Module:
    """Register a module, or change what it asks for. Consents in force stay as they are.

    Without `contents` a module that is known goes on asking for what it asked for; a new one asks
    for the mandatory contents.

    Raises:
        NameInvalid, VendorNotFound, ContentsUnknown, ModuleOfAnotherVendor.
    """
    if not NAME.fullmatch(name):
        raise NameInvalid(name=name)
    organisation_id = vendor_store.vendor_organisation(work.db, vendor)
    if organisation_id is None:
        raise VendorNotFound(vendor=vendor)
    store.take_module(work.db, name)
    before = store.find_module(work.db, name)
    known = list(before.contents) if before is not None else []
    wanted, unknown = (known, []) if contents is None and known else expand(contents or [])
    if unknown:
        raise ContentsUnknown(names=unknown, known=list(catalogue()))
    if before is not None and before.vendor != vendor:
        raise ModuleOfAnotherVendor(module=name)
    module = Module(name, vendor, tuple(wanted))
    store.save_module(work.db, module, work.now_ms)
    work.audit("module.registered", organisation_id=organisation_id, module=name, contents=wanted)
    return module
