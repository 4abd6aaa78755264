"""Tokens that were not made here, or not so: confusion of algorithms, injected key ids (RFC 8725
§3.1, §3.2, §3.9, §3.10; RFC 9700 §2.2 asks for tokens that nobody else can make)."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from comptoir.infra.http.auth import TokenInvalid
from tests.conftest import SLICE
from tests.oauth.calls import claims_of, header_of, keys
from tests.oauth.security.scene import Scene
from tests.oauth.world import STORE, World

MINE = RSAKey.generate_key(2048)
CURVE = ECKey.generate_key("P-256")
Play = Callable[[Callable[[World], Awaitable[None]]], None]


@pytest.fixture(params=SLICE)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def encoded(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def is_refused(scene: Scene, token: str) -> None:
    """Wherever a token of that kind may be tried."""
    path = f"/accounts/v1/shop-identities/{scene.store.shop_id}/status"
    answer = scene.server.get(path, token=token)
    assert answer.status == 401, answer.text
    assert answer.json["error"] == "infra.token_invalid"
    assert scene.server.get("/oauth2/userinfo", token=token).status == 401
    form = {"token": token, **scene.store_app(scene.store).credentials}
    found = scene.server.post("/oauth2/introspect", form=form)
    assert found.json == {"active": False}


@pytest.fixture(scope="module")
def good(scene: Scene) -> str:
    return scene.server.store_token(scene.store)


@pytest.mark.parametrize("algorithm", ["none", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", ["", "same", "AA"])
def test_rfc8725_3_1_unsigned(scene: Scene, good: str, algorithm: str, signature: str) -> None:
    parts = good.split(".")
    signed = parts[2] if signature == "same" else signature
    header = encoded(header_of(good) | {"alg": algorithm})
    is_refused(scene, f"{header}.{parts[1]}.{signed}")


def test_rfc8725_3_1_the_signature_is_left_out(scene: Scene, good: str) -> None:
    head, body, _ = good.split(".")
    for token in (f"{head}.{body}.", f"{head}.{body}", f"{head}.{body}.\u200b", f"{head}..{body}"):
        is_refused(scene, token.encode().decode("latin-1"))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_rfc8725_3_1_the_public_key_as_a_shared_secret(
    scene: Scene, good: str, algorithm: str
) -> None:
    """In each form in which one could come upon it."""
    published = keys(scene.server)["keys"][0]
    ring: Any = KeySet.import_key_set(keys(scene.server))  # type: ignore[arg-type]
    public = ring.keys[0].raw_value
    forms = [
        public.public_bytes(encoding, form)
        for encoding in (Encoding.PEM, Encoding.DER)
        for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)
    ]
    forms += [form.strip() for form in forms] + [published["n"].encode(), b""]
    forms += [json.dumps(published).encode(), json.dumps(published, separators=(",", ":")).encode()]
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    signed = f"{encoded(header_of(good) | {'alg': algorithm})}.{good.split('.')[1]}"
    for secret in forms:
        is_refused(scene, f"{signed}.{encoded(hmac.digest(secret, signed.encode(), digest))}")


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "PS384", "PS512"])
def test_rfc8725_3_1_our_own_key_with_another_algorithm(play: Play, algorithm: str) -> None:
    async def scenario(world: World) -> None:
        token = await world.tokens.issue("c", STORE)
        key = await world.keys.signing()
        header = {"alg": algorithm, "kid": key.kid or ""}
        registry = jws.JWSRegistry(algorithms=[algorithm])
        body = jws.extract_compact(token.encode()).payload
        other = jws.serialize_compact(header, body, key, registry=registry)
        await world.tokens.read(token)
        with pytest.raises(TokenInvalid):
            await world.tokens.read(other)

    play(scenario)


@pytest.mark.parametrize(
    "kid",
    [
        "",
        ".",
        "../../../dev/null",
        "/etc/hostname",
        "file:///dev/null",
        "https://evil.test/key",
        "' UNION SELECT 'x' --",
        "x' OR '1'='1",
        "\0",
        "a" * 4000,
        "%00",
        "$(id)",
        None,
        0,
        True,
        [],
        {"a": 1},
    ],
)
def test_rfc8725_3_10_key_ids_that_are_injected(scene: Scene, good: str, kid: object) -> None:
    claims = claims_of(scene.server, good)
    body = jwt.encode({"alg": "RS256"}, claims, MINE, algorithms=["RS256"]).split(".")
    for algorithm in ("RS256", "HS256"):
        header = encoded({"alg": algorithm, "typ": "JWT", "kid": kid})
        is_refused(scene, f"{header}.{body[1]}.{body[2]}")
        signed = f"{header}.{body[1]}"
        empty = hmac.digest(b"", signed.encode(), hashlib.sha256)
        is_refused(scene, f"{signed}.{encoded(empty)}")


def test_rfc8725_3_10_keys_that_are_sent_along(scene: Scene, good: str) -> None:
    claims = claims_of(scene.server, good)
    public = MINE.as_dict(private=False)
    url = f"{scene.server.base}/.well-known/jwks.json"
    extras: tuple[dict[str, Any], ...] = (
        {"jwk": public},
        {"jwk": public, "kid": None},
        {"jku": url},
        {"jku": "https://evil.test/jwks.json"},
        {"x5u": "https://evil.test/cert.pem"},
        {"x5c": ["MIIB"]},
        {"crit": ["b64"], "b64": False},
        {"crit": ["jwk"], "jwk": public},
        {"crit": []},
        {"zip": "DEF"},
    )
    for extra in extras:
        header = header_of(good) | extra
        if header["kid"] is None:
            del header["kid"]
        parts = jwt.encode({"alg": "RS256"}, claims, MINE, algorithms=["RS256"]).split(".")
        is_refused(scene, f"{encoded(header)}.{parts[1]}.{parts[2]}")


def test_rfc8725_3_2_a_key_of_another_kind_under_our_id(scene: Scene, good: str) -> None:
    claims, kid = claims_of(scene.server, good), header_of(good)["kid"]
    elliptic = jwt.encode({"alg": "ES256", "kid": kid}, claims, CURVE, algorithms=["ES256"])
    secret = OctKey.generate_key(256)
    shared = jwt.encode({"alg": "HS256", "kid": kid}, claims, secret, algorithms=["HS256"])
    for token in (elliptic, shared):
        is_refused(scene, token)
        head, body, signature = token.split(".")
        renamed = encoded(header_of(token) | {"alg": "RS256"})
        assert head != renamed
        is_refused(scene, f"{renamed}.{body}.{signature}")


def test_rfc8725_3_2_every_published_key_says_its_algorithm(scene: Scene) -> None:
    for key in keys(scene.server)["keys"]:
        assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
        assert set(key) == {"kty", "alg", "use", "kid", "n", "e"}
        assert len(base64.urlsafe_b64decode(key["n"] + "==")) >= 256, "2048 bits"
    found = scene.server.get("/.well-known/openid-configuration").json
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"iss": None},
        {"iss": ["http://127.0.0.1:8000"]},
        {"exp": None},
        {"exp": "4102444800"},
        {"exp": 0},
        {"exp": -1},
        {"exp": float("inf")},
        {"exp": True, "nbf": True},
        {"nbf": None},
        {"nbf": 4_102_444_800},
        {"aud": "store"},
        {"aud": ["store/s1", "store/s2"]},
        {"aud": ["store/s1", "tech-vendor/acme"]},
        {"aud": []},
        {"aud": None},
        {"aud": {"store/s1": 1}},
        {"aud": ["ps_accounts/s1"], "sub": "http://127.0.0.1:8000"},
    ],
)
def test_rfc8725_3_9_claims_that_do_not_fit(play: Play, claims: dict[str, object]) -> None:
    """Signed by us, as if a bug had: times, issuer and audience are looked at all the same. The
    last is a token for our calls to a store (spec/accounts.md §2.1)."""

    async def scenario(world: World) -> None:
        await world.tokens.authenticate(await world.sign())
        with pytest.raises(TokenInvalid):
            await world.tokens.authenticate(await world.sign(**claims))

    play(scenario)


def test_rfc8725_3_9_a_call_to_a_store_opens_nothing_here(play: Play) -> None:
    async def scenario(world: World) -> None:
        token = await world.tokens.sign_store_call("s1", "shop.health")
        with pytest.raises(TokenInvalid):
            await world.tokens.authenticate(token)
        with pytest.raises(TokenInvalid):
            await world.tokens.read_hint(token)
        await asyncio.sleep(0)

    play(scenario)
