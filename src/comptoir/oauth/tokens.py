"""Access tokens: RS256 JWTs in the shape stores know (spec/accounts.md §3.1), made and read."""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError

from comptoir.base import base64url
from comptoir.base.clock import Clock
from comptoir.base.ids import Ids
from comptoir.base.mode import Mode
from comptoir.infra.http.auth import Access, Caller, TokenInvalid, require_audience
from comptoir.infra.http.context import Context
from comptoir.oauth.authorizations import Authorization
from comptoir.oauth.keys import ALGORITHM, KeyRing
from comptoir.oauth.revocation import Revoked
from comptoir.oauth.rotation import LEEWAY, LEGACY_LIFETIME, STORE_CALL_LIFETIME
from comptoir.oauth.rules import Grant

SET_BACK = 90_000
"""Seconds, a good day, that our own clock may have been set back since we issued a token. Only we
issue them: one of the future is good, or every holder would wait until the time comes again."""
LEGACY_AUDIENCE = "comptoir-legacy"
MOST_SEEN = 10_000
MOST = 8192
"""Characters of the longest token looked at."""


class Tokens:
    """Implements `infra.http.auth.Authenticator` and `Signer`."""

    def __init__(
        self,
        keys: KeyRing,
        clock: Clock,
        ids: Ids,
        base: str,
        lifetime: int,
        aliases: Collection[str] = (),
        *,
        revoked: Revoked,
    ) -> None:
        self._keys = keys
        self._revoked = revoked
        self._clock = clock
        self._ids = ids
        self._base = base
        self._legacy = f"{base}/legacy"
        self._aliases = aliases
        self.lifetime = lifetime
        self._seen: dict[str, tuple[dict[str, Any], str]] = {}
        """Token whose signature was right → what it says, and the id of its key."""

    async def issue(self, client_id: str, grant: Grant) -> str:
        """An access token for a client that acts for itself: `sub` is the client."""
        return await self._sign(
            {
                "sub": client_id,
                "client_id": client_id,
                "aud": list(grant.audiences),
                "scp": list(grant.scopes),
                "ext": {},
                **({"mode": grant.mode.value} if grant.mode else {}),
            },
            self.lifetime,
        )

    async def issue_for_person(self, made: Authorization) -> str:
        """An access token for an application to which a person signed in (spec/accounts.md §3.3).
        `azn` names the authorization, so that all of its tokens can be taken back."""
        return await self._sign(
            {
                "sub": made.user_id,
                "client_id": made.client_id,
                "aud": list(made.audiences),
                "scp": list(made.scopes),
                "ext": {},
                "azn": made.authorization_id,
            },
            self.lifetime,
        )

    async def issue_id_token(self, made: Authorization, access_token: str) -> str:
        """Who signed in, for the application (OpenID Connect Core §2, §3.1.3.6). It names no
        scope: it opens nothing here."""
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims: dict[str, Any] = {
            "sub": made.user_id,
            "aud": [made.client_id],
            "azp": made.client_id,
            "auth_time": made.authenticated_at // 1000,
            "amr": list(made.methods),
            "sid": made.session_id,
            "at_hash": base64url.encode(half),
        }
        if made.nonce:
            claims["nonce"] = made.nonce
        return await self._sign(claims, self.lifetime)

    async def read_hint(self, id_token: str) -> dict[str, Any]:
        """What an id token of ours says, also of one that has expired: as a hint only (OpenID
        Connect RP-Initiated Logout §2). Raises: TokenInvalid."""
        claims = await self._verified(id_token)
        if claims.get("iss") != self._base or not isinstance(claims.get("azp"), str):
            raise TokenInvalid(reason="it is no id token of this server")
        return claims

    async def sign_store_call(self, shop_id: str, scope: str) -> str:
        """A token for our calls to a store's `ps_accounts` (spec/accounts.md §2.1): `aud` and
        `scp` are arrays, or the store refuses it."""
        claims = {"sub": self._base, "aud": [f"ps_accounts/{shop_id}"], "scp": [scope]}
        return await self._sign(claims, STORE_CALL_LIFETIME)

    async def ready(self) -> None:
        await self._keys.signing()

    async def public_keys(self) -> list[dict[str, object]]:
        return await self._keys.public()

    async def authenticate(self, token: str) -> Caller:
        """Raises: TokenInvalid."""
        claims = await self.read(token)
        audiences = frozenset(_strings(claims.get("aud")))
        scopes = frozenset(_strings(claims.get("scp")))
        client_id = str(claims.get("client_id", ""))
        shops = [a[6:] for a in audiences if a.startswith("store/")]
        vendors = [a[12:] for a in audiences if a.startswith("tech-vendor/")]
        old = [a[5:] for a in audiences if a.startswith("shop_")]
        if isinstance(claims.get("azn"), str):
            return Caller(
                Access.USER,
                client_id,
                user_id=str(claims.get("sub", "")),
                audiences=audiences,
                scopes=scopes,
            )
        if len(shops) == 1 and not vendors:
            return Caller(
                Access.STORE, client_id, shop_id=shops[0], audiences=audiences, scopes=scopes
            )
        if len(old) == 1 and not shops and not vendors:
            return Caller(
                Access.V7_STORE, client_id, shop_id=old[0], audiences=audiences, scopes=scopes
            )
        if len(vendors) == 1 and not shops and not old:
            caller = Caller(
                Access.VENDOR,
                client_id,
                vendor=vendors[0],
                audiences=audiences,
                scopes=scopes,
                mode=_mode(claims),
            )
            require_audience(caller, self._base, self._aliases)
            return caller
        raise TokenInvalid(reason="its audience names neither one store nor one tech vendor")

    async def sign_legacy(self, claims: Mapping[str, object]) -> str:
        """A token of spec/accounts.md §3.4. Its issuer and audience are not those of access
        tokens: nothing that takes one of these takes the other."""
        now = int(self._clock.now().timestamp())
        said = {"iss": self._legacy, "aud": LEGACY_AUDIENCE, "auth_time": now, **claims}
        return await self._sign(said, LEGACY_LIFETIME)

    async def authenticate_legacy(self, token: str) -> Caller:
        """Raises: TokenInvalid."""
        claims = await self._read(token, self._legacy)
        shop_id, user, generation = (claims.get(n) for n in ("shop_id", "sub", "generation"))
        known = isinstance(shop_id, str) and isinstance(user, str) and isinstance(generation, int)
        if not known or claims.get("aud") != LEGACY_AUDIENCE:
            raise TokenInvalid(reason="it is no legacy token of ours")
        kind = Access.LEGACY_STORE if user == shop_id else Access.LEGACY_OWNER
        user_id = "" if kind is Access.LEGACY_STORE else str(user)
        client_id = f"{kind.value} {shop_id}"
        return Caller(kind, client_id, shop_id=str(shop_id), user_id=user_id, generation=generation)

    async def _sign(self, claims: dict[str, Any], lifetime: int) -> str:
        now = int(self._clock.now().timestamp())
        times = {"iat": now, "nbf": now, "exp": now + lifetime}
        body = {"iss": self._base, "jti": self._ids.uuid(), **times, **claims}
        return await self._keys.sign(msgspec.json.encode(body))

    def forget(self, token: str, jti: str) -> None:
        """It has just been revoked. Other processes learn of it within `revocation.FRESH`."""
        self._seen.pop(token, None)
        self._revoked.note(jti)

    async def read(self, token: str) -> dict[str, Any]:
        """What an access token of ours says that is good now. Raises: TokenInvalid."""
        return await self._read(token, self._base)

    async def _read(self, token: str, issuer: str) -> dict[str, Any]:
        known = self._seen.get(token)
        if known is None:
            claims = await self._verified(token)
        elif await self._keys.find(known[1]) is not None:
            claims = known[0]
        else:
            raise TokenInvalid(reason="it is signed with a key that is not ours")
        self._check(claims, issuer)
        names = (str(claims.get(name, "")) for name in ("jti", "azn", "client_id"))
        if await self._revoked.has(*names):
            raise TokenInvalid(reason="it was revoked")
        if known is None:
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            self._seen[token] = claims, _kid(token)
        return claims

    async def _verified(self, token: str) -> dict[str, Any]:
        """The claims, once the signature is ours; the times are not looked at.

        Raises: TokenInvalid."""
        if len(token) > MOST:
            raise TokenInvalid(reason="it is too long")
        try:
            key = await self._keys.find(_kid(token))
            if key is None:
                raise TokenInvalid(reason="it is signed with a key that is not ours")
            return dict(jwt.decode(token, key, algorithms=[ALGORITHM]).claims)
        except (JoseError, ValueError, RecursionError) as wrong:
            raise TokenInvalid(reason="its signature or shape is not right") from wrong

    def _check(self, claims: dict[str, Any], issuer: str) -> None:
        now = self._clock.now().timestamp()
        if claims.get("iss") != issuer:
            raise TokenInvalid(reason="another server issued it")
        for name in ("exp", "nbf"):
            if not isinstance(claims.get(name), int):
                raise TokenInvalid(reason=f"it has no {name}")
        if now > claims["exp"] + LEEWAY:
            raise TokenInvalid(reason="it has expired")
        if now < claims["nbf"] - SET_BACK:
            raise TokenInvalid(reason="it is not valid yet")


def tokens_of(context: Context) -> Tokens:
    """The tokens of this installation."""
    assert isinstance(context.signer, Tokens)
    return context.signer


def _strings(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [v for v in values if isinstance(v, str)]


def _mode(claims: dict[str, Any]) -> Mode:
    """Of a vendor's token. One from before there were modes is live. Raises: TokenInvalid."""
    try:
        return Mode(claims.get("mode", Mode.LIVE.value))
    except ValueError as wrong:
        raise TokenInvalid(reason="its mode is neither live nor test") from wrong


def _kid(token: str) -> str:
    """The key id of the header, which is checked with the signature.

    Raises: TokenInvalid, ValueError, RecursionError.
    """
    header = json.loads(base64url.decode(token.partition(".")[0]))
    kid = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(kid, str):
        raise TokenInvalid(reason="it names no key")
    return kid
