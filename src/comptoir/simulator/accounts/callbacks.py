"""What ps_accounts 8 shows to the cloud: the proof and the health (spec/accounts.md §2.1)."""

from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import extract_compact

from comptoir.simulator.accounts.claims import claims_of
from comptoir.simulator.accounts.errors import OAuthError
from comptoir.simulator.accounts.legacy_tokens import FIREBASE, USER, LegacyTokens
from comptoir.simulator.accounts.shop_accounts import Accounts
from comptoir.simulator.reply import Asked, Reply

LEEWAY = 900
"""Seconds of patience with other people's clocks."""
LEEWAY_ROW = "PS_ACCOUNTS_VALIDATION_LEEWAY"
HEADER = "X-Prestashop-Authorization"


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True)
class Callbacks:
    accounts: list[Accounts]
    """Of every shop; a request comes to one of them by its address."""

    async def shop_proof(self, at: Accounts, asked: Asked) -> Reply:
        """The proof of the last attempt; also makes the store read its status again."""
        try:
            await self._allow(at, asked, "shop.proof.read")
            chosen = self._shop(at, asked)
            _verb(asked)
        except Refused as refused:
            return _refusal(refused)
        chosen.cache.invalidate()
        return _answer(200, {"proof": chosen.proof or False})

    async def health_check(self, at: Accounts, asked: Asked) -> Reply:
        """Public without the header; with it, versions and names too."""
        private = HEADER in asked.headers
        try:
            if private:
                await self._allow(at, asked, "shop.health")
            chosen = self._shop(at, asked)
            _verb(asked)
        except Refused as refused:
            return _refusal(refused)
        if "autoheal" in asked.params:
            await LegacyTokens(chosen).refresh()
        health = await _health(chosen)
        return _answer(200, health | (_versions(chosen) if private else {}))

    async def _allow(self, at: Accounts, asked: Asked, scope: str) -> None:
        """RS256 by the server's keys, then audience, then scope, both as arrays only."""
        header = asked.headers.get(HEADER, "")
        if not header:
            raise Refused(401, "Authorization header is required.")
        token = header.removeprefix("Bearer ").strip()
        claims = await _verified(at, token)
        audience, scopes = claims.get("aud"), claims.get("scp")
        mine = f"ps_accounts/{at.shop_id}"
        if not isinstance(audience, list) or mine not in audience:
            raise Refused(401, "Invalid audience")
        if not isinstance(scopes, list) or scope not in scopes:
            raise Refused(401, "Invalid scope")

    def _shop(self, at: Accounts, asked: Asked) -> Accounts:
        number = asked.params.get("shop_id")
        if number is None:
            return at
        found = next((one for one in self.accounts if str(one.shop.id) == number), None)
        if found is None:
            raise Refused(404, f"Shop not found [{number}]")
        return found


async def _verified(at: Accounts, token: str) -> dict[str, Any]:
    try:
        header = extract_compact(token.encode()).headers()
        key = await at.oauth.key(str(header.get("kid", "")))
        if key is None or header.get("alg") != key.get("alg"):
            raise Refused(401, "Invalid token")
        claims = jwt.decode(token, RSAKey.import_key(key), algorithms=["RS256"]).claims
    except (JoseError, OAuthError, ValueError, TypeError) as wrong:
        raise Refused(401, "Invalid token") from wrong
    now = at.shop.of.now
    leeway = float(at.shop.get(LEEWAY_ROW) or LEEWAY)
    early = max(float(claims.get("iat", 0)), float(claims.get("nbf", 0)))
    if early - leeway > now or float(claims.get("exp", 0)) + leeway < now:
        raise Refused(401, "Invalid token")
    return dict(claims)


async def _health(accounts: Accounts) -> dict[str, object]:
    cloud = accounts.shop.of.world.cloud
    now = int(accounts.shop.of.now)
    return {
        "oauth2Client": accounts.client_id is not None,
        "shopLinked": accounts.shop_id is not None,
        "isSsoEnabled": accounts.login_enabled,
        "oauthToken": _life(accounts.current_token, now),
        "firebaseOwnerToken": _life(accounts.shop.get(USER), now),
        "firebaseShopToken": _life(accounts.shop.get(FIREBASE), now),
        "fopenActive": True,
        "curlActive": True,
        "oauthApiConnectivity": await _reachable(accounts),
        "accountsApiConnectivity": await accounts.api.healthy(),
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


async def _reachable(accounts: Accounts) -> bool:
    try:
        return bool(await accounts.oauth.discovery())
    except OAuthError:
        return False


def _life(token: str, now: int) -> object:
    claims = claims_of(token)
    if not claims:
        return []
    return {
        "issuer": claims.get("iss"),
        "issuedAt": claims.get("iat"),
        "expireAt": claims.get("exp"),
        "isExpired": float(claims.get("exp", 0)) < now,
    }


def _versions(accounts: Accounts) -> dict[str, object]:
    of = accounts.shop.of
    return {
        "psVersion": of.profile.version,
        "moduleVersion": of.version,
        "phpVersion": of.profile.php,
        "cloudShopId": accounts.shop_id,
        "shopName": accounts.shop.name,
        "ownerEmail": accounts.status.get("pointOfContactEmail"),
    }


def _verb(asked: Asked) -> None:
    if asked.params.get("method", asked.method).upper() != "GET":
        raise Refused(405, "Method Not Allowed")


def _refusal(refused: Refused) -> Reply:
    return _answer(refused.status, {"error": True, "message": refused.message})


def _answer(status: int, body: dict[str, object]) -> Reply:
    return Reply(status, body, headers={"Content-Type": "text/json"})
