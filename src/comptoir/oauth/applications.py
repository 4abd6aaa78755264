"""An application: its client, the store whose it is, and what people are told of it."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import sqlalchemy as sa

from comptoir.accounts import Client, Shop, find_client, find_shop


def find_application(db: sa.Connection, client_id: str) -> tuple[Client | None, Shop | None]:
    """The client, also when it is revoked, and its store, where it is a store's."""
    client = find_client(db, client_id)
    return client, find_shop(db, client.shop_id) if client and client.shop_id else None


def label(client: Client, shop: Shop | None, uris: Iterable[str]) -> str:
    """A name, which anybody may choose, and the hosts of redirect URIs, which they may not."""
    said = shop.name if shop else client.name or client.vendor
    name = "".join(ch for ch in said if ch.isprintable())  # nothing that turns the text around
    hosts = ", ".join(dict.fromkeys(urlsplit(uri).netloc for uri in uris))
    return f"{name} ({hosts})" if name and hosts else name or hosts
