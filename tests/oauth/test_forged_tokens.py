"""Tokens that we did not give, or not for this: 401, whatever they claim."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from comptoir.base.clock import SystemClock
from tests.oauth.calls import URL, claims_of, header_of, keys
from tests.server import Identity, Server, running

MINE = RSAKey.generate_key(2048)


@pytest.fixture(scope="module")
def store(comptoir: Server) -> Identity:
    return comptoir.create_identity(URL)


@pytest.fixture(scope="module")
def good(comptoir: Server, store: Identity) -> str:
    return comptoir.store_token(store)


def status_with(comptoir: Server, store: Identity, token: str) -> int:
    path = f"/accounts/v1/shop-identities/{store.shop_id}/status"
    answer = comptoir.get(path, token=token)
    if answer.status != 200:
        assert answer.json["error"] == "infra.token_invalid", answer.text
        assert answer.header("WWW-Authenticate") == "Bearer"
        assert token not in answer.text
    return answer.status


def encoded(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def test_the_good_one_is_good(comptoir: Server, store: Identity, good: str) -> None:
    assert status_with(comptoir, store, good) == 200


def test_signed_with_another_key_under_our_id(comptoir: Server, store: Identity, good: str) -> None:
    claims = claims_of(comptoir, good)
    forged = jwt.encode({**header_of(good)}, claims, MINE, algorithms=["RS256"])
    assert status_with(comptoir, store, forged) == 401


@pytest.mark.parametrize("kid", ["other", "", "../../etc/passwd", "' OR 1=1 --", None, 7, ["a"]])
def test_signed_with_another_key_under_another_id(
    comptoir: Server, store: Identity, good: str, kid: Any
) -> None:
    header = {"alg": "RS256", "typ": "JWT"} | ({} if kid is None else {"kid": kid})
    signed = f"{encoded(header)}.{good.split('.')[1]}.{good.split('.')[2]}"
    assert status_with(comptoir, store, signed) == 401


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_unsigned(comptoir: Server, store: Identity, good: str, algorithm: str) -> None:
    header = header_of(good) | {"alg": algorithm}
    for signature in ("", good.split(".")[2]):
        forged = f"{encoded(header)}.{good.split('.')[1]}.{signature}"
        assert status_with(comptoir, store, forged) == 401


def test_hs256_with_the_public_key_as_secret(comptoir: Server, store: Identity, good: str) -> None:
    ring = KeySet.import_key_set(keys(comptoir))  # type: ignore[arg-type]
    public: Any = ring.keys[0].raw_value  # type: ignore[union-attr]
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    modulus = keys(comptoir)["keys"][0]["n"].encode()
    header = encoded(header_of(good) | {"alg": "HS256"})
    for secret in (pem, pem.strip(), modulus, base64.urlsafe_b64decode(modulus + b"==")):
        signed = f"{header}.{good.split('.')[1]}"
        signature = encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))
        assert status_with(comptoir, store, f"{signed}.{signature}") == 401


def test_a_key_sent_along_is_not_believed(comptoir: Server, store: Identity, good: str) -> None:
    claims = claims_of(comptoir, good)
    header = header_of(good)
    for name, value in (
        ("jwk", MINE.as_dict(private=False)),
        ("jku", f"{comptoir.base}/.well-known/jwks.json"),
        ("x5c", ["MIIB"]),
    ):
        parts = jwt.encode(header, claims, MINE, algorithms=["RS256"]).split(".")
        forged = f"{encoded(header | {name: value})}.{parts[1]}.{parts[2]}"
        assert status_with(comptoir, store, forged) == 401


def test_changed_claims(comptoir: Server, store: Identity, good: str) -> None:
    head, _, signature = good.split(".")
    other = comptoir.create_identity(URL)
    claims = claims_of(comptoir, good)
    for change in ({"aud": [f"store/{other.shop_id}"]}, {"exp": claims["exp"] + 1}, {}):
        assert (
            status_with(
                comptoir, other, f"{head}.{encoded(claims | change | {'x': 1})}.{signature}"
            )
            == 401
        )


@pytest.mark.parametrize(
    "token", ["x", "a.b", "a.b.c", "a.b.c.d.e", "...", "..", "e30.e30.", "é.é.é", "." * 8000]
)
def test_shapes_that_are_no_token(comptoir: Server, store: Identity, token: str) -> None:
    sent = token.encode().decode("latin-1")
    assert status_with(comptoir, store, sent) == 401


def test_damaged_signatures(comptoir: Server, store: Identity, good: str) -> None:
    head, body, signature = good.split(".")
    for wrong in ("", signature[:-2], signature[:-4] + "AAAA", signature + "AAAA", "AAAA"):
        assert status_with(comptoir, store, f"{head}.{body}.{wrong}") == 401


def test_a_header_that_is_no_object(comptoir: Server, store: Identity, good: str) -> None:
    _, body, signature = good.split(".")
    for header in ([], "x", 7, None, {}, b"\xff", b"[" * 5000, {"alg": ["RS256"]}):
        assert status_with(comptoir, store, f"{encoded(header)}.{body}.{signature}") == 401


@pytest.fixture(scope="module")
def brief() -> Iterator[Server]:
    """A server whose tokens have expired long before the test looks at them."""
    with running(token_lifetime="1", identity_rate="1000") as made:
        yield made


def test_an_expired_token(brief: Server) -> None:
    """Expired by more than the leeway: checked where the clock can be moved, see test_tokens."""
    store = brief.create_identity(URL)
    token = brief.store_token(store)
    claims = claims_of_expiring(brief, token)
    assert claims["exp"] - claims["iat"] == 1
    assert SystemClock().now().timestamp() < claims["exp"] + 30


def claims_of_expiring(server: Server, token: str) -> dict[str, Any]:
    ring = KeySet.import_key_set(keys(server))  # type: ignore[arg-type]
    return dict(jwt.decode(token, ring, algorithms=["RS256"]).claims)


def test_a_token_of_another_installation(comptoir: Server, store: Identity, brief: Server) -> None:
    other = brief.create_identity(URL)
    assert status_with(comptoir, store, brief.store_token(other)) == 401
