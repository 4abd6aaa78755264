"""Requests as `ps_accounts` 8 writes them, byte for byte, and answers as they come (§1.1, §1.2)."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from tests.server import PATIENCE, Identity, Server

REQUEST_ID = "6f1c2a34-9b7e-4d58-8a11-0c5d7e9f1234"
COMMON = {
    "Accept": "application/json",
    "User-Agent": "ps_accounts/8.0.13",
    "X-Module-Version": "8.0.13",
    "X-Prestashop-Version": "8.1.5",
    "X-Multishop-Enabled": "false",
    "X-Request-ID": REQUEST_ID,
    "X-Anonymous-ID": "0f0c6a3f-8f11-4d2e-8b39-9a555b0c7f0e",
}
CAUSE = {"X-Action-Origin": "install", "X-Module-Source": "ps_accounts"}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Raw:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def head(server: Server, method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def send(
    server: Server, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> Raw:
    length = {"Content-Length": str(len(body))} if body or method in ("POST", "PUT") else {}
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as wire:
        wire.sendall(head(server, method, path, {**headers, **length}) + body)
        return answer(wire)


def answer(wire: socket.socket) -> Raw:
    """One answer, with a length or none: a chunked one would not be read by all old clients."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _more(wire)
    top, _, body = got.partition(b"\r\n\r\n")
    first, *lines = top.decode("ascii").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    protocol, status, *_ = first.split(" ")
    assert protocol == "HTTP/1.1"
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        body += _more(wire)
    assert len(body) == length
    return Raw(int(status), headers, body)


def _more(wire: socket.socket) -> bytes:
    got = wire.recv(65536)
    assert got, "the server hung up"
    return got


def php(value: object) -> bytes:
    """As json_encode writes it: slashes and what is not ASCII escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def described(url: str, number: object = 1, **more: object) -> dict[str, object]:
    base = {"backOfficeUrl": f"{url}/admin-dev", "frontendUrl": url, "multiShopId": number}
    return {**base, "name": "Demo", **more}


def form(**fields: str) -> bytes:
    """As http_build_query writes it: empty values as `key=`."""
    return "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items()).encode()


def create(server: Server, url: str, number: object = 1) -> Identity:
    body = php(described(url, number))
    made = send(server, "POST", "/accounts/v1/shop-identities", COMMON | CAUSE | JSON, body)
    assert made.status == 201, made
    return Identity(made.json["cloudShopId"], made.json["clientId"], made.json["clientSecret"])


def store_token(server: Server, store: Identity, scope: str = "") -> str:
    asked = form(
        grant_type="client_credentials",
        client_id=store.client_id,
        client_secret=store.client_secret,
        scope=scope,
        audience=f"store/{store.shop_id} {server.base}/accounts",
    )
    given = send(server, "POST", "/oauth2/token", COMMON | FORM, asked)
    assert given.status == 200, given
    token: str = given.json["access_token"]
    return token


def own(store: Identity, token: str) -> dict[str, str]:
    """Headers of calls that name the store."""
    bearer = {"Authorization": f"Bearer {token}"}
    return COMMON | bearer | {"X-Shop-Id": store.shop_id, "X-Module-Source": "ps_accounts"}


def at(store: Identity, what: str) -> str:
    return f"/accounts/v1/shop-identities/{store.shop_id}/{what}"
