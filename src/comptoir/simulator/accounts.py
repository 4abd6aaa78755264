"""The store's side of PrestaShop Account: identity, tokens, proof (spec/accounts.md §1, §4.1)."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from comptoir.base.ids import SeededIds
from comptoir.simulator.profile import ACCOUNTS_VERSION, Profile
from comptoir.simulator.world import World

STATUS_SECONDS = 30
"""How long a cached status is believed (§1.3.3)."""
VERIFIED = "shop.verified"
SECONDS = aiohttp.ClientTimeout(total=10, connect=10)
ATTEMPTS = 40


class StoreError(Exception):
    """The server refused a step of the store's; `answer` is what it said."""

    def __init__(self, step: str, status: int, answer: str) -> None:
        super().__init__(f"{step}: {status} {answer[:500]}")
        self.step = step
        self.status = status
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Heard:
    status: int
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def json(self) -> dict[str, Any]:
        """What is no JSON object counts as an empty one (§1.1)."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


Outcome = Heard | float
"""An answer, or the seconds that a 429 asks us to wait."""


@dataclass(slots=True)
class Accounts:
    world: World
    profile: Profile
    ids: SeededIds
    shop_id: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    proof: str | None = None
    status: dict[str, Any] = field(default_factory=dict)
    status_at: float | None = None
    """When the status was read, seconds since the epoch; None: read it again."""
    _token: str = ""
    _discovery: dict[str, Any] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def front(self) -> str:
        return self.profile.url

    @property
    def back_office(self) -> str:
        return f"{self.front}/admin-dev"

    @property
    def audience(self) -> str:
        return self.world.cloud.token_audience

    async def install(self) -> None:
        """§4.1: identity, discovery, token without scope, status, new proof, verify.

        Raises:
            StoreError: the server refused a step, or nobody answered.
        """
        self._discovery, self._token = {}, ""
        made = await self._patiently("POST", "/v1/shop-identities", self._described(), origin=True)
        self._check("create", made)
        answer = made.json
        self.shop_id = str(answer["cloudShopId"])
        self.client_id = str(answer["clientId"])
        self.client_secret = str(answer["clientSecret"])
        self.status, self.status_at = {"isVerified": False}, None
        self._token = await self._ask_token("")
        self._check("status", await self._read_status())
        self.proof = hashlib.sha256(self.ids.token().encode()).hexdigest()
        path = f"/v1/shop-identities/{self.shop_id}/verify"
        body = self._described() | {"proof": self.proof}
        heard = await self._patiently("POST", path, body, origin=True, shop=True)
        self._check("verify", heard)
        self.status_at = None
        self.world.counters.installed += 1

    async def access_token(self) -> str:
        """The shop token, kept until it expires; asks for `shop.verified` once verified (§3.1).

        Raises:
            StoreError: not installed, or the server refused.
        """
        if self.shop_id is None:
            raise StoreError("token", 0, "the store has no identity")
        async with self._lock:
            if not (self._verified and self.status_at and self._fresh(VERIFIED)):
                await self._refresh_status()
            scope = VERIFIED if self._verified else ""
            if not self._fresh(scope):
                self._token = await self._ask_token(scope)
            return self._token

    @property
    def current_token(self) -> str:
        return self._token

    async def token_accepted(self) -> bool:
        """The accounts API's opinion of our token (§1.3.9), asked by the health check."""
        body = {"token": self._token}
        heard = await self._call("POST", "/v1/shop/token/verify", body)
        return isinstance(heard, Heard) and heard.good

    @property
    def _verified(self) -> bool:
        return bool(self.status.get("isVerified"))

    async def _refresh_status(self) -> None:
        """A status older than 30 s is read again; a failure leaves the old one (§1.3.3)."""
        now = self.world.clock.now().timestamp()
        if self.status_at is not None and now - self.status_at < STATUS_SECONDS:
            return
        if not self._fresh(""):
            self._token = await self._ask_token(VERIFIED if self._verified else "")
        await self._read_status()

    async def _read_status(self) -> Heard:
        path = f"/v1/shop-identities/{self.shop_id}/status"
        heard = await self._patiently("GET", path, None, shop=True)
        if heard.good:
            self.status |= heard.json
            self.status_at = self.world.clock.now().timestamp()
        return heard

    def _fresh(self, scope: str) -> bool:
        """Not expired, with the scope and both audiences; the signature is not our business."""
        claims = claims_of(self._token)
        audience, scopes = claims.get("aud", []), claims.get("scp", [])
        return (
            float(claims.get("exp", 0)) > self.world.clock.now().timestamp()
            and {f"store/{self.shop_id}", self.audience} <= set(audience)
            and (not scope or scope in scopes)
        )

    async def _ask_token(self, scope: str) -> str:
        """§1.4.3. `invalid_scope` about shop.verified: not verified any more, once more without."""
        heard = await self._token_request(scope)
        refused = heard.status == 400 and heard.json.get("error") == "invalid_scope"
        if refused and VERIFIED in str(heard.json.get("error_description", "")):
            self.status["isVerified"] = False
            heard = await self._token_request("")
        self._check("token", heard)
        return str(heard.json.get("access_token", ""))

    async def _token_request(self, scope: str) -> Heard:
        endpoint = str((await self.discovery()).get("token_endpoint", ""))
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id or "",
            "client_secret": self.client_secret or "",
            "scope": scope,
            "audience": f"store/{self.shop_id} {self.audience}",
        }
        return await self._retrying(lambda: self._send("POST", endpoint, {}, data=form))

    async def discovery(self) -> dict[str, Any]:
        """Cached (§1.4.1)."""
        if not self._discovery:
            url = f"{self.world.cloud.oauth}/.well-known/openid-configuration"
            heard = await self._retrying(lambda: self._send("GET", url, {}))
            self._check("discovery", heard)
            self._discovery = heard.json
        return self._discovery

    async def fetch(self, url: str) -> Heard:
        return await self._retrying(lambda: self._send("GET", url, {}))

    def _described(self) -> dict[str, object]:
        return {
            "backOfficeUrl": self.back_office,
            "frontendUrl": self.front,
            "multiShopId": 1,
            "name": self.profile.name,
        }

    def _check(self, step: str, heard: Heard) -> None:
        if not heard.good:
            raise StoreError(step, heard.status, heard.text)

    async def _patiently(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        *,
        origin: bool = False,
        shop: bool = False,
    ) -> Heard:
        return await self._retrying(
            lambda: self._call(method, path, body, origin=origin, shop=shop)
        )

    async def _retrying(self, send: Callable[[], Awaitable[Outcome]]) -> Heard:
        """Wait as long as a 429 asks for, then try again."""
        for _ in range(ATTEMPTS):
            heard = await send()
            if isinstance(heard, Heard):
                return heard
            await self.world.pause(heard)
        return Heard(429, "too many requests, again and again")

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        *,
        origin: bool = False,
        shop: bool = False,
    ) -> Outcome:
        """A call of the accounts API with the module's headers (§1.2)."""
        headers = {
            "X-Module-Version": ACCOUNTS_VERSION,
            "X-Prestashop-Version": self.profile.version,
            "X-Multishop-Enabled": "false",
            "X-Request-ID": self.ids.uuid(),
        }
        if shop:
            headers["Authorization"] = f"Bearer {self._token}"
            headers["X-Shop-Id"] = self.shop_id or ""
        if origin:
            headers["X-Action-Origin"] = "install"
        if origin or shop:
            headers["X-Module-Source"] = "ps_accounts"
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            # PHP's json_encode escapes slashes unless told otherwise.
            data = json.dumps(body).replace("/", "\\/").encode()
        return await self._send(method, f"{self.world.cloud.accounts}{path}", headers, data=data)

    async def _send(
        self, method: str, url: str, headers: dict[str, str], data: Any = None
    ) -> Outcome:
        """The answer; seconds to wait for a 429. No answer at all is a 500 (§1.1)."""
        common = {"Accept": "application/json", "User-Agent": f"ps_accounts/{ACCOUNTS_VERSION}"}
        try:
            async with self.world.session.request(
                method,
                url,
                headers=common | headers,
                data=data,
                allow_redirects=False,
                timeout=SECONDS,
            ) as answer:
                text = await answer.text(errors="replace")
                wait = answer.headers.get("Retry-After", "")
                if answer.status == 429 and wait.isdigit():
                    return float(wait)
                return Heard(answer.status, text)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as failed:
            return Heard(500, json.dumps({"error": "connect-error", "message": repr(failed)}))


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified; none for anything else."""
    try:
        claims = json.loads(extract_compact(token.encode()).payload)
    except (JoseError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
