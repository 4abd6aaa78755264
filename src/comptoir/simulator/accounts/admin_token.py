"""The token that back-office pages call AdminAjaxV2PsAccounts with (spec/accounts.md §2.2)."""

import hashlib
import hmac
import json
from collections.abc import Mapping

from comptoir.base import base64url
from comptoir.simulator.accounts.claims import claims_of, expired
from comptoir.simulator.accounts.installation import Installation, global_row, put_global

ROW = "PS_ACCOUNTS_TOKEN_SIGNATURE"
SECONDS = 3600


def issue(of: Installation) -> str:
    """HS256 by a secret of the store's own; `iat` and `exp` only; for one hour."""
    if not global_row(of, ROW):
        put_global(of, ROW, of.ids.entropy().hex())
    now = int(of.now)
    return hs256({"iat": now, "exp": now + SECONDS}, global_row(of, ROW))


def valid(of: Installation, token: str) -> bool:
    secret = global_row(of, ROW)
    return bool(secret) and signed(token, secret) and not expired(token, of.now)


def hs256(claims: Mapping[str, object], secret: str) -> str:
    parts = [
        base64url.encode(json.dumps(part).encode())
        for part in ({"typ": "JWT", "alg": "HS256"}, claims)
    ]
    head = ".".join(parts)
    return f"{head}.{base64url.encode(_mac(head, secret))}"


def signed(token: str, secret: str) -> bool:
    """Whether a JWT is HS256 by that text, whatever the text looks like."""
    head, _, signature = token.rpartition(".")
    try:
        kind = json.loads(base64url.decode(head.split(".")[0]))
        told = base64url.decode(signature)
    except ValueError:
        return False
    good = isinstance(kind, dict) and kind.get("alg") == "HS256" and bool(claims_of(token))
    return good and hmac.compare_digest(told, _mac(head, secret))


def _mac(text: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
