"""What ps_accounts shows to the cloud: the proof and the health (spec/accounts.md §2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import extract_compact

from comptoir.simulator.accounts import Accounts, claims_of
from comptoir.simulator.agent import Reply
from comptoir.simulator.profile import ACCOUNTS_VERSION

LEEWAY = 900
"""Seconds of patience with other people's clocks."""
HEADER = "X-Prestashop-Authorization"


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True)
class Callbacks:
    accounts: Accounts
    _keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def shop_proof(
        self, method: str, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Reply:
        """The proof of the last install; also makes the store read its status again."""
        try:
            await self._allow(headers, "shop.proof.read")
            _shop(query)
            _verb(method, query)
        except Refused as refused:
            return _refusal(refused)
        self.accounts.status_at = None
        return _answer(200, {"proof": self.accounts.proof or False})

    async def health_check(
        self, method: str, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Reply:
        """Public without the header; with it, versions and names too."""
        private = HEADER in headers
        try:
            if private:
                await self._allow(headers, "shop.health")
            _shop(query)
            _verb(method, query)
        except Refused as refused:
            return _refusal(refused)
        return _answer(200, self._health() | (self._versions() if private else {}))

    async def _allow(self, headers: Mapping[str, str], scope: str) -> None:
        """RS256 by the server's keys, then audience, then scope, both as arrays only."""
        header = headers.get(HEADER, "")
        if not header:
            raise Refused(401, "Authorization header is required.")
        token = header.removeprefix("Bearer ").strip()
        claims = await self._verified(token)
        audience, scopes = claims.get("aud"), claims.get("scp")
        mine = f"ps_accounts/{self.accounts.shop_id}"
        if not isinstance(audience, list) or mine not in audience:
            raise Refused(401, "Invalid audience")
        if not isinstance(scopes, list) or scope not in scopes:
            raise Refused(401, "Invalid scope")

    async def _verified(self, token: str) -> dict[str, Any]:
        try:
            header = extract_compact(token.encode()).headers()
            key = await self._key(str(header.get("kid", "")))
            if header.get("alg") != key.get("alg"):
                raise Refused(401, "Invalid token")
            claims = jwt.decode(token, RSAKey.import_key(key), algorithms=["RS256"]).claims
        except (JoseError, ValueError, TypeError) as wrong:
            raise Refused(401, "Invalid token") from wrong
        now = self.accounts.world.clock.now().timestamp()
        early = max(float(claims.get("iat", 0)), float(claims.get("nbf", 0)))
        if early - LEEWAY > now or float(claims.get("exp", 0)) + LEEWAY < now:
            raise Refused(401, "Invalid token")
        return dict(claims)

    async def _key(self, kid: str) -> dict[str, Any]:
        """Kept for ever; the set is fetched again only for a kid that it does not hold (§1.4.2)."""
        if kid and kid not in self._keys:
            uri = str((await self.accounts.discovery()).get("jwks_uri", ""))
            keys = (await self.accounts.fetch(uri)).json.get("keys", [])
            self._keys = {str(k.get("kid", "")): k for k in keys if isinstance(k, dict)}
        # One key without alg or kty spoils the whole set: the module's JWT library gives up.
        whole = all(k.get("alg") and k.get("kty") for k in self._keys.values())
        if not kid or kid not in self._keys or not whole:
            raise Refused(401, "Invalid token")
        return self._keys[kid]

    def _health(self) -> dict[str, object]:
        accounts = self.accounts
        cloud = accounts.world.cloud
        now = int(accounts.world.clock.now().timestamp())
        return {
            "oauth2Client": accounts.client_id is not None,
            "shopLinked": accounts.shop_id is not None,
            "isSsoEnabled": False,
            "oauthToken": self._token_life(now),
            "firebaseOwnerToken": [],
            "firebaseShopToken": [],
            "fopenActive": True,
            "curlActive": True,
            "oauthApiConnectivity": True,
            "accountsApiConnectivity": True,
            "serverUTC": now,
            "mysqlUTC": now,
            "env": {
                "oauth2Url": cloud.oauth2_url,
                "accountsApiUrl": cloud.accounts_api_url,
                "accountsUiUrl": cloud.accounts_ui_url,
                "accountsCdnUrl": cloud.accounts_cdn_url,
                "testimonialsUrl": cloud.testimonials_url,
                "checkApiSslCert": cloud.check_api_ssl_cert,
            },
        }

    def _token_life(self, now: int) -> object:
        claims = claims_of(self.accounts.current_token)
        if not claims:
            return []
        return {
            "issuer": claims.get("iss"),
            "issuedAt": claims.get("iat"),
            "expireAt": claims.get("exp"),
            "isExpired": float(claims.get("exp", 0)) < now,
        }

    def _versions(self) -> dict[str, object]:
        profile = self.accounts.profile
        return {
            "psVersion": profile.version,
            "moduleVersion": ACCOUNTS_VERSION,
            "phpVersion": profile.php,
            "cloudShopId": self.accounts.shop_id,
            "shopName": profile.name,
            "ownerEmail": self.accounts.status.get("pointOfContactEmail"),
        }


def _shop(query: Mapping[str, str]) -> None:
    """Single-shop stores: the only multistore id is 1."""
    asked = query.get("shop_id", "1")
    if asked != "1":
        raise Refused(404, f"Shop not found [{asked}]")


def _verb(method: str, query: Mapping[str, str]) -> None:
    if query.get("method", method).upper() != "GET":
        raise Refused(405, "Method Not Allowed")


def _refusal(refused: Refused) -> Reply:
    return _answer(refused.status, {"error": True, "message": refused.message})


def _answer(status: int, body: dict[str, object]) -> Reply:
    return Reply(status, body, headers={"Content-Type": "text/json"})
