"""Token requests, and tokens read with the published keys."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from tests.server import Answer, Identity, Server, basic

URL = "http://127.0.0.1:1/shop"


def ask(server: Server, store: Identity, **form: str) -> Answer:
    """A store's token request as `ps_accounts` makes it, with `form` on top."""
    base = {
        "grant_type": "client_credentials",
        "client_id": store.client_id,
        "client_secret": store.client_secret,
        "scope": "",
        "audience": f"store/{store.shop_id} {server.base}/accounts",
    }
    return server.post("/oauth2/token", form=base | form)


def ask_as_vendor(server: Server, vendor: dict[str, str], **form: str) -> Answer:
    """A vendor's token request as PrestaShop's clients make it, with `form` on top."""
    base = {
        "audience": f"https://api.cloudsync.prestashop.com tech-vendor/{vendor['vendor']}",
        "client_id": vendor["client_id"],
        "grant_type": "client_credentials",
    }
    headers = {"Authorization": basic(vendor["client_id"], vendor["client_secret"])}
    return server.post("/oauth2/token", form=base | form, headers=headers)


def keys(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/.well-known/jwks.json").json
    return found


def header_of(token: str) -> dict[str, Any]:
    return dict(extract_compact(token.encode()).headers())


def claims_of(server: Server, token: str) -> dict[str, Any]:
    """The claims, after the signature was checked with the published keys."""
    ring = KeySet.import_key_set(keys(server))  # type: ignore[arg-type]
    return dict(jwt.decode(token, ring, algorithms=["RS256"]).claims)


def refused(answer: Answer, status: int, code: str, *words: str) -> None:
    """RFC 6749 §5.2."""
    assert (answer.status, answer.json["error"]) == (status, code), answer.text
    assert set(answer.json) == {"error", "error_description"}
    assert answer.header("Content-Type") == "application/json"
    for word in words:
        assert word in answer.json["error_description"]
