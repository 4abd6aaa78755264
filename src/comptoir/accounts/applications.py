"""A vendor's clients: register an application that people sign in to, rotate secrets, revoke."""

import json
import re
from collections.abc import Sequence
from typing import Any

from comptoir.accounts import store, vendor_store
from comptoir.accounts.errors import (
    ClientIdInvalid,
    ClientNotFound,
    RedirectInvalid,
    ScopesUnknown,
    VendorNotFound,
)
from comptoir.accounts.events import ClientRevoked
from comptoir.accounts.redirects import usable_redirect
from comptoir.accounts.rules import Client, ClientKind
from comptoir.accounts.vendors import Credentials
from comptoir.base.secret import CLIENT_SECRET, make_secret
from comptoir.infra.http.auth import SCOPES
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

DAY_MS = 86_400_000
BUILT_IN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-][A-Za-z0-9._-]{1,62}")
MOST_URIS = 50
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
    client_id: str = "",
) -> Credentials:
    """A client for the authorization-code flow. A public one gets no secret: an empty text.
    `client_id`: the one that the application has built in; empty: one is made.

    Raises:
        VendorNotFound, RedirectInvalid, ClientIdInvalid.
    """
    vendor_store.take_vendor(work.db, vendor)
    organisation_id = vendor_store.vendor_organisation(work.db, vendor)
    if organisation_id is None:
        raise VendorNotFound(vendor=vendor)
    _check_uris(redirect_uris, post_logout_uris)
    if client_id:
        _check_id(work, client_id)
    secret = "" if public else make_secret(CLIENT_SECRET, work.ids.entropy())
    client = Client(
        client_id=client_id or f"a_{work.ids.token(16)}",
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


def _check_id(work: Work, client_id: str) -> None:
    """Raises: ClientIdInvalid."""
    if not BUILT_IN.fullmatch(client_id):
        raise ClientIdInvalid(
            client_id=client_id[:70],
            reason="write 3 to 64 letters, digits, dots, hyphens and underscores,"
            " but no underscore as the second, which ids that are made here have",
        )
    store.take_client(work.db, client_id)
    if store.find_client(work.db, client_id) is not None:
        raise ClientIdInvalid(client_id=client_id, reason="there is a client of this id")


def _check_uris(redirect_uris: Sequence[str], post_logout_uris: Sequence[str]) -> None:
    """Raises: RedirectInvalid."""
    if not redirect_uris or len(redirect_uris) + len(post_logout_uris) > MOST_URIS:
        raise RedirectInvalid(uri="")
    for uri in (*redirect_uris, *post_logout_uris):
        if not usable_redirect(uri):
            raise RedirectInvalid(uri=uri)


def change_application(
    work: Work,
    client_id: str,
    *,
    vendor: str,
    redirect_uris: Sequence[str],
    post_logout_uris: Sequence[str],
    name: str,
) -> None:
    """What it is called and where it may send people, in whole. Raises: ClientNotFound,
    RedirectInvalid."""
    client = _take(work, client_id, vendor)
    if client.kind is not ClientKind.APPLICATION or client.revoked_at is not None:
        raise ClientNotFound(client_id=client_id)
    _check_uris(redirect_uris, post_logout_uris)
    uris, after = list(dict.fromkeys(redirect_uris)), list(dict.fromkeys(post_logout_uris))
    store.change_client(
        work.db,
        client_id,
        name=name.strip()[:100],
        redirect_uris=json.dumps(uris),
        post_logout_uris=json.dumps(after),
    )
    _audit(work, "client.changed", client, redirect_uris=uris, post_logout_uris=after)


def restrict_client(work: Work, client_id: str, scopes: Sequence[str], *, vendor: str = "") -> None:
    """Limit a vendor's client to the APIs of these scopes. All of them, or none: it is not limited.
    Tokens that it has go on until they end.

    Raises: ClientNotFound, also for an application's; ScopesUnknown.
    """
    client = _take(work, client_id, vendor)
    if client.kind is not ClientKind.VENDOR or client.revoked_at is not None:
        raise ClientNotFound(client_id=client_id)
    known = list(SCOPES.values())
    unknown = sorted(set(scopes) - set(known))
    if unknown:
        raise ScopesUnknown(names=unknown, known=known)
    chosen = [name for name in known if name in scopes]
    kept = "" if len(chosen) == len(known) else " ".join(chosen)
    store.change_client(work.db, client_id, scopes=kept)
    _audit(work, "client.restricted", client, scopes=chosen or known)


def _take(work: Work, client_id: str, vendor: str = "") -> Client:
    """The client, for who changes it: they take turns until the end of the transaction.

    Raises: ClientNotFound; also for a client of another vendor than `vendor`, or a store's.
    """
    store.take_client(work.db, client_id)
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
    client = _take(work, client_id, vendor)
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
    client = _take(work, client_id, vendor)
    if store.revoke_client(work.db, client_id, work.now_ms):
        work.emit(ClientRevoked(client_id))
        _audit(work, "client.revoked", client)


def revoke_all(work: Work, vendor: str) -> int:
    """Revoke every client and application of a vendor, also one that is being made. Returns how
    many there were."""
    vendor_store.take_vendor(work.db, vendor)
    live = [c for c in store.clients_of_vendor(work.db, vendor) if c.revoked_at is None]
    for client in live:
        revoke_client(work, client.client_id, vendor=vendor)
    return len(live)


def delete_client(work: Work, client_id: str, *, vendor: str) -> None:
    """Forget a client that is revoked. Raises: ClientNotFound, also for one that is not."""
    client = _take(work, client_id, vendor)
    if client.revoked_at is None:
        raise ClientNotFound(client_id=client_id)
    store.delete_client(work.db, client_id)
    _audit(work, "client.deleted", client)


def _audit(work: Work, action: str, client: Client, **facts: Any) -> None:
    organisation_id = vendor_store.vendor_organisation(work.db, client.vendor) or ""
    work.audit(
        action,
        organisation_id=organisation_id,
        vendor=client.vendor,
        client_id=client.client_id,
        **facts,
    )
