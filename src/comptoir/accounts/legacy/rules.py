"""Tokens, calls and addresses as `ps_accounts` 5 to 7 know them. Pure."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from comptoir.base import base64url
from comptoir.base.secret import make_secret

REFRESH = "lr"
"""Prefix of the secret in a refresh token."""
SHOP, USER = "s", "u"
LONGEST_KEY = 8000
FIRST_LINE = "-----BEGIN RSA PUBLIC KEY-----"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a legacy token stands for: a store, or the person to whom it is linked."""

    shop_id: str
    generation: int
    email: str
    user_id: str = ""

    @property
    def kind(self) -> str:
        return USER if self.user_id else SHOP

    def claims(self) -> dict[str, object]:
        """As stores know them (spec/accounts.md §3.4), and the store and generation for us."""
        subject = self.user_id or self.shop_id
        identities = {"email": [self.email]} if self.email else {}
        return {
            "sub": subject,
            "user_id": subject,
            "email": self.email,
            "email_verified": bool(self.email),
            "firebase": {"identities": identities, "sign_in_provider": "custom"},
            "shop_id": self.shop_id,
            "generation": self.generation,
        }

    def hashed(self) -> str:
        """What its refresh token is a keyed hash of."""
        parts = [self.shop_id, self.kind, self.user_id, self.generation]
        return f"legacy refresh token\n{json.dumps(parts)}"


def refresh_token(subject: Subject, digest: bytes) -> str:
    """It names its store: `ps_accounts` 5 sends no `X-Shop-Id`."""
    return f"{subject.kind}.{subject.shop_id}.{make_secret(REFRESH, digest)}"


def read_refresh_token(token: str) -> tuple[str, str]:
    """(kind, store) that the token claims to be of; empty texts when it has another shape."""
    kind, _, rest = token.partition(".")
    shop_id, _, _ = rest.rpartition(".")
    return (kind, shop_id) if kind in (SHOP, USER) and shop_id else ("", "")


def usable_key(pem: str) -> bool:
    """A public RSA key in PKCS#1 PEM, as the store shows it: its text is what calls are signed
    with."""
    if len(pem) > LONGEST_KEY or not pem.isascii() or not pem.lstrip().startswith(FIRST_LINE):
        return False
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPublicKey) and key.key_size >= 1024


def signed(payload: Mapping[str, object], key: str) -> str:
    """A JWT whose claims are the payload, HS256 with the text of the store's public key as the
    secret (spec/accounts.md §2.4)."""
    header = {"alg": "HS256", "typ": "JWT"}
    text = f"{_part(header)}.{_part(payload)}"
    digest = hmac.digest(key.encode(), text.encode(), hashlib.sha256)
    return f"{text}.{base64url.encode(digest)}"


def _part(value: Mapping[str, object]) -> str:
    return base64url.encode(json.dumps(value, separators=(",", ":")).encode())


def shop_number(multi_shop_id: str) -> int:
    """The number of the shop in its PrestaShop; a shop that is alone is 1."""
    return int(multi_shop_id or 1)


def before_7(version: str) -> bool:
    """Whether this is a version of `ps_accounts` that is linked by tokens, not by ids."""
    major = version.partition(".")[0]
    return major.isascii() and major.isdigit() and int(major[:9]) < 7


def host_of(url: str) -> str:
    """Host, and port if there is one, as PrestaShop writes a shop's domain."""
    return urlsplit(url).netloc.lower()


def same_place(left: str, right: str) -> bool:
    """Whether two addresses are the same but for the scheme: a store says https as soon as it has a
    name for it, used or not."""
    return left.partition("://")[2] == right.partition("://")[2]


def front_url(domain: str, ssl_domain: str, physical_uri: str, virtual_uri: str) -> str:
    """Where a shop answers that says these of itself; empty when it names no domain."""
    host = ssl_domain or domain
    path = f"/{physical_uri}/{virtual_uri}"
    while "//" in path:
        path = path.replace("//", "/")
    scheme = "https" if ssl_domain else "http"
    return f"{scheme}://{host}{path.rstrip('/')}" if host else ""
