"""A vendor's clients: register an application that people sign in to, rotate secrets, revoke."""

from collections.abc import Sequence

from comptoir.accounts import store
from comptoir.accounts.errors import ClientNotFound, RedirectInvalid, VendorNotFound
from comptoir.accounts.redirects import usable_redirect
from comptoir.accounts.rules import Client, ClientKind
from comptoir.accounts.vendors import Credentials
from comptoir.base.secret import CLIENT_SECRET, make_secret
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

DAY_MS = 86_400_000
OVERLAP_MS = DAY_MS
"""How long the old secret is good beside a new one, unless told otherwise."""


def create_application(
    work: Work,
    vendor: str,
    vault: Vault,
    *,
    redirect_uris: Sequence[str],
    post_logout_uris: Sequence[str] = (),
    name: str = "",
    public: bool = False,
) -> Credentials:
    """A client for the authorization-code flow. A public one gets no secret: an empty text.

    Raises:
        VendorNotFound, RedirectInvalid.
    """
    organisation_id = store.vendor_organisation(work.db, vendor)
    if organisation_id is None:
        raise VendorNotFound(vendor=vendor)
    if not redirect_uris:
        raise RedirectInvalid(uri="")
    for uri in (*redirect_uris, *post_logout_uris):
        if not usable_redirect(uri):
            raise RedirectInvalid(uri=uri)
    secret = "" if public else make_secret(CLIENT_SECRET, work.ids.entropy())
    client = Client(
        client_id=f"a_{work.ids.token(16)}",
        kind=ClientKind.APPLICATION,
        shop_id="",
        vendor=vendor,
        secret_hash=vault.hash(secret) if secret else b"",
        revoked_at=None,
        name=name.strip()[:100],
        public=public,
        redirect_uris=tuple(dict.fromkeys(redirect_uris)),
        post_logout_uris=tuple(dict.fromkeys(post_logout_uris)),
    )
    store.add_client(work.db, client, organisation_id, work.now_ms)
    work.audit(
        "client.created",
        organisation_id=organisation_id,
        vendor=vendor,
        client_id=client.client_id,
        redirect_uris=list(client.redirect_uris),
    )
    return Credentials(client.client_id, secret)


def load_vendor_client(work: Work, client_id: str, vendor: str = "") -> Client:
    """Raises: ClientNotFound; also for a client of another vendor than `vendor`, or a store's."""
    client = store.find_client(work.db, client_id)
    if client is None or not client.vendor or (vendor and client.vendor != vendor):
        raise ClientNotFound(client_id=client_id)
    return client


def rotate_secret(
    work: Work, vault: Vault, client_id: str, *, vendor: str = "", overlap_ms: int = OVERLAP_MS
) -> Credentials:
    """A new secret. The one before it is good for `overlap_ms` more, and none older.

    Raises: ClientNotFound, also for a public client, which has no secret.
    """
    client = load_vendor_client(work, client_id, vendor)
    if client.public or client.revoked_at is not None:
        raise ClientNotFound(client_id=client_id)
    prefix = f"{CLIENT_SECRET}_{client.mode.value}"
    secret = make_secret(
        prefix if client.kind is ClientKind.VENDOR else CLIENT_SECRET, work.ids.entropy()
    )
    store.change_client(
        work.db,
        client_id,
        secret_hash=vault.hash(secret),
        previous_secret_hash=client.secret_hash,
        previous_until=work.now_ms + overlap_ms,
    )
    _audit(work, "client.secret_rotated", client, overlap_s=overlap_ms // 1000)
    return Credentials(client_id, secret)


def revoke_client(work: Work, client_id: str, *, vendor: str = "") -> None:
    """It gets no more tokens. Safe to repeat. Raises: ClientNotFound."""
    client = load_vendor_client(work, client_id, vendor)
    if client.revoked_at is None:
        store.change_client(work.db, client_id, revoked_at=work.now_ms)
        _audit(work, "client.revoked", client)


def _audit(work: Work, action: str, client: Client, overlap_s: int = 0) -> None:
    organisation_id = store.vendor_organisation(work.db, client.vendor) or ""
    work.audit(
        action,
        organisation_id=organisation_id,
        vendor=client.vendor,
        client_id=client.client_id,
        overlap_s=overlap_s,
    )
