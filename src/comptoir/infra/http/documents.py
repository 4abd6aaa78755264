"""Which documents there are, and which APIs each of them describes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

from comptoir.infra.http import openapi, postman
from comptoir.infra.http.endpoint import Endpoint
from comptoir.infra.http.sharing import operations


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    about: str
    apis: tuple[str, ...]
    """Values of `Endpoint.api`."""


TABLE: dict[str, Document] = {
    "oauth": Document(
        "Comptoir OAuth",
        "The authorization server: discovery, keys, and access tokens by client credentials.",
        ("oauth",),
    ),
    "accounts": Document(
        "Comptoir Accounts API",
        "Store identities, the proof that a store holds its address, and what merchants consent"
        " to. The module `ps_accounts` calls it.",
        ("accounts",),
    ),
    "cloudsync": Document(
        "Comptoir CloudSync APIs",
        "Stores' data: read it (Raw), see how its synchronisation goes (Reporting), ask for one"
        " (Sync), and the endpoints that a store's `ps_eventbus` calls (EventBus).",
        ("raw", "reporting", "sync", "eventbus"),
    ),
    "connect": Document(
        "Comptoir Connect and commerce",
        "Stores reached by their Webservice, in one model of commerce.",
        ("connect", "commerce"),
    ),
    "billing": Document(
        "Comptoir Billing API", "Plans, subscriptions, usage and invoices.", ("billing",)
    ),
    "webhooks": Document(
        "Comptoir Webhooks API", "Addresses that are told what happened, signed.", ("webhooks",)
    ),
}

COLLECTIONS: dict[str, tuple[str, str, str]] = {
    "raw": ("cloudsync", "raw", "Comptoir Raw API"),
    "reporting": ("cloudsync", "reporting", "Comptoir Reporting API"),
    "sync": ("cloudsync", "sync", "Comptoir Sync API"),
    "accounts": ("accounts", "", "Comptoir Accounts API"),
    "connect": ("connect", "", "Comptoir Connect and commerce"),
    "billing": ("billing", "", "Comptoir Billing API"),
}
"""Postman collection → (OpenAPI document, API in it or all, title)."""


@dataclass(frozen=True)
class Documents:
    """Built when first read, so that starting costs nothing. What is off is absent."""

    endpoints: Sequence[Endpoint]
    base: str

    @cached_property
    def openapi(self) -> dict[str, dict[str, Any]]:
        """OpenAPI documents by name."""
        return dict(self._openapi())

    def _openapi(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, document in TABLE.items():
            own = [e for api in document.apis for e in self.endpoints if e.api == api]
            if own:
                yield (
                    name,
                    openapi.build(
                        document.title, version("comptoir"), self.base, own, document.about
                    ),
                )

    @cached_property
    def postman(self) -> dict[str, dict[str, Any]]:
        """Postman collections by name."""
        found = {}
        for name, (document, api, title) in COLLECTIONS.items():
            described = self.openapi.get(document)
            if described and any(True for _ in operations(described, api)):
                found[name] = postman.collection(title, described, api, self.openapi.get("oauth"))
        return found


def documents(endpoints: Sequence[Endpoint], base: str) -> Documents:
    """The documents of `endpoints`; `base` is where they are served, without a last slash."""
    return Documents(endpoints, base)
