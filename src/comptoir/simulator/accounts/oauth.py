"""The authorization server as the module uses it (spec/accounts.md §1.4)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comptoir.base import base64url
from comptoir.simulator.accounts.breaker import Service
from comptoir.simulator.accounts.client import FORM, Client, Heard, php_query
from comptoir.simulator.accounts.database import CachedFile
from comptoir.simulator.accounts.errors import OAuthError
from comptoir.simulator.accounts.installation import Installation
from comptoir.simulator.profile import numbers

DISCOVERY_SECONDS = 24 * 3600
PROMPTS = (7, 1, 2)
"""Since then a sign-in always asks for the password."""
DISCOVERY_FILE, KEYS_FILE = "openid-configuration.json", "jwks.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A shop's client, and where it wants users sent back to."""

    client_id: str
    client_secret: str
    redirect_uri: str

    @property
    def exist(self) -> bool:
        return bool(self.client_id and self.client_secret)


@dataclass(slots=True)
class OAuth:
    of: Installation

    @property
    def client(self) -> Client:
        return Client(self.of, Service.OAUTH)

    async def discovery(self) -> dict[str, Any]:
        """Cached for 24 hours (§1.4.1). Raises: OAuthError."""
        cached = self.of.db.files.get(DISCOVERY_FILE)
        if cached is None or self.of.now - cached.written >= DISCOVERY_SECONDS:
            url = f"{self.of.world.cloud.oauth}/.well-known/openid-configuration"
            cached = await self._fetched(url, DISCOVERY_FILE, "discovery")
        found = json.loads(cached.text)
        return found if isinstance(found, dict) else {}

    async def key(self, kid: str) -> dict[str, Any] | None:
        """Kept for ever; the set is fetched again only for a kid that it does not hold (§1.4.2).

        One key without `alg` or `kty` spoils the whole set: the module's library gives up.
        """
        keys = _keys(self.of.db.files.get(KEYS_FILE))
        if kid and kid not in keys:
            uri = str((await self.discovery()).get("jwks_uri", ""))
            keys = _keys(await self._fetched(uri, KEYS_FILE, "jwks"))
        if not all(key.get("alg") and key.get("kty") for key in keys.values()):
            return None
        return keys.get(kid) if kid else None

    def forget_files(self) -> None:
        """As install and reset do."""
        self.of.db.files.pop(DISCOVERY_FILE, None)
        self.of.db.files.pop(KEYS_FILE, None)

    async def authorization_url(
        self, own: Credentials, state: str, verifier: str, locale: str
    ) -> str:
        """Where a browser signs in (§1.4.4). Raises: OAuthError."""
        _assert_client(own)
        endpoint = str((await self.discovery()).get("authorization_endpoint", ""))
        query: dict[str, str | None] = {
            "ui_locales": locale,
            "state": state,
            "scope": "openid offline_access",
            "response_type": "code",
            "approval_prompt": "auto",
            "redirect_uri": own.redirect_uri,
            "client_id": own.client_id,
            "acr_values": "",
            "prompt": "login" if numbers(self.of.version) >= PROMPTS else None,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}?{php_query(query)}"

    async def signed_out_url(self, id_token: str, back: str) -> str:
        """Where a browser signs out (§1.4.6). Raises: OAuthError."""
        endpoint = str((await self.discovery()).get("end_session_endpoint", ""))
        query = {"id_token_hint": id_token, "post_logout_redirect_uri": back}
        return f"{endpoint}?{php_query(query)}"

    async def shop_token(self, own: Credentials, scope: str, audience: str) -> Heard:
        """client_credentials (§1.4.3). Raises: OAuthError when there is nobody to ask."""
        return await self._token(
            own,
            {
                "grant_type": "client_credentials",
                "client_id": own.client_id,
                "client_secret": own.client_secret,
                "scope": scope,
                "audience": audience,
            },
        )

    async def user_token(self, own: Credentials, code: str, verifier: str | None) -> dict[str, Any]:
        """Of somebody who signed in. Raises: OAuthError."""
        heard = await self._token(
            own,
            {
                "grant_type": "authorization_code",
                "client_id": own.client_id,
                "client_secret": own.client_secret,
                "code": code,
                "scope": "",
                "audience": "",
                "redirect_uri": own.redirect_uri,
                "code_verifier": verifier or None,
            },
        )
        return _good("authorization code", heard)

    async def refreshed(self, own: Credentials, refresh_token: str) -> dict[str, Any]:
        """Without the client's secret: a quirk of the module. Raises: OAuthError."""
        heard = await self._token(
            own,
            {
                "grant_type": "refresh_token",
                "client_id": own.client_id,
                "refresh_token": refresh_token,
            },
        )
        return _good("refresh token", heard)

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """Raises: OAuthError."""
        endpoint = str((await self.discovery()).get("userinfo_endpoint", ""))
        headers = self.client.headers() | {"Authorization": f"Bearer {access_token}"}
        return _good("userinfo", await self.client.send("GET", endpoint, headers))

    async def _token(self, own: Credentials, form: Mapping[str, str | None]) -> Heard:
        _assert_client(own)
        endpoint = str((await self.discovery()).get("token_endpoint", ""))
        headers = self.client.headers() | {"Content-Type": FORM}
        return await self.client.send("POST", endpoint, headers, php_query(form).encode())

    async def _fetched(self, url: str, name: str, step: str) -> CachedFile:
        heard = await self.client.send("GET", url, self.client.headers())
        found = CachedFile(json.dumps(_good(step, heard)), self.of.now)
        self.of.db.files[name] = found
        return found


def challenge(verifier: str) -> str:
    """PKCE S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64url.encode(digest)


def _assert_client(own: Credentials) -> None:
    if not own.exist:
        raise OAuthError("token", 0, "OAuth2 client not configured")


def _good(step: str, heard: Heard) -> dict[str, Any]:
    if not heard.good:
        raise OAuthError(step, heard.status, heard.text)
    return heard.json


def _keys(cached: CachedFile | None) -> dict[str, dict[str, Any]]:
    if cached is None:
        return {}
    keys = json.loads(cached.text).get("keys", [])
    return {str(key.get("kid", "")): key for key in keys if isinstance(key, dict)}
