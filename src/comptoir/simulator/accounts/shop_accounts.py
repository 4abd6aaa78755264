"""What ps_accounts 8 keeps and does for one shop: its rows, its status, its token (§2.3, §3.1)."""

import asyncio
import contextlib
from typing import Any

from comptoir.simulator.accounts.api import SOURCE, AccountsApi
from comptoir.simulator.accounts.claims import claims_of, expired
from comptoir.simulator.accounts.client import Heard
from comptoir.simulator.accounts.errors import AccountsError, OAuthError, StoreError
from comptoir.simulator.accounts.installation import Shop
from comptoir.simulator.accounts.oauth import Credentials, OAuth
from comptoir.simulator.accounts.php_request import current
from comptoir.simulator.accounts.status import FRESH_SECONDS, StatusCache

VERIFIED = "shop.verified"
CLOUD_ID = "PSX_UUID_V4"
CHECKOUT_ID = "PS_CHECKOUT_SHOP_UUID_V4"
CLIENT_ID = "PS_ACCOUNTS_OAUTH2_CLIENT_ID"
CLIENT_SECRET = "PS_ACCOUNTS_OAUTH2_CLIENT_SECRET"  # noqa: S105 - the row's name
TOKEN = "PS_ACCOUNTS_ACCESS_TOKEN"  # noqa: S105
PROOF = "PS_ACCOUNTS_SHOP_PROOF"
UPGRADED = "PS_ACCOUNTS_LAST_UPGRADE"
LOGIN = "PS_ACCOUNTS_LOGIN_ENABLED"


class Accounts:
    """A shop that talks to its cloud. The rows are the truth; what is here reads them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.api = AccountsApi(shop)
        self.oauth = OAuth(shop.of)
        self.cache = StatusCache(shop)
        self._lock = asyncio.Lock()

    @property
    def shop_id(self) -> str | None:
        return self.shop.get(CLOUD_ID) or None

    @shop_id.setter
    def shop_id(self, value: str | None) -> None:
        self.shop.put(CLOUD_ID, value)
        if value and not self.shop.get(CHECKOUT_ID):
            self.shop.put(CHECKOUT_ID, value)
        if value:
            self.cache.update(cloudShopId=value)

    @property
    def client_id(self) -> str | None:
        return self.shop.get(CLIENT_ID) or None

    @client_id.setter
    def client_id(self, value: str | None) -> None:
        self.shop.put(CLIENT_ID, value)

    @property
    def client_secret(self) -> str | None:
        return self.shop.get(CLIENT_SECRET) or None

    @client_secret.setter
    def client_secret(self, value: str | None) -> None:
        self.shop.put(CLIENT_SECRET, value)

    @property
    def proof(self) -> str | None:
        return self.shop.get(PROOF) or None

    @proof.setter
    def proof(self, value: str | None) -> None:
        self.shop.put(PROOF, value)

    @property
    def status(self) -> dict[str, Any]:
        """As cached."""
        return self.cache.known

    @property
    def registered_version(self) -> str:
        """Of the module that last made or migrated the identity; "0" when none did."""
        return self.shop.get(UPGRADED) or "0"

    @property
    def login_enabled(self) -> bool:
        return self.shop.get(LOGIN) == "1"

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.client_id or "", self.client_secret or "", self.redirect_uri)

    @property
    def front(self) -> str:
        return self.shop.front

    @property
    def back_office(self) -> str:
        return self.shop.back_office

    @property
    def redirect_uri(self) -> str:
        """Where sign-ins come back to (§1.4.4)."""
        if self.shop.of.profile.since(9):
            return f"{self.back_office}/modules/ps_accounts/oauth2"
        return f"{self.back_office}/index.php?controller=AdminOAuth2PsAccounts"

    @property
    def audience(self) -> str:
        return self.shop.of.world.cloud.token_audience

    @property
    def current_token(self) -> str:
        return self.shop.get(TOKEN)

    async def access_token(self) -> str:
        """The shop token, kept until it expires; asks for `shop.verified` once verified (§3.1).

        Raises:
            StoreError: not installed, or the server refused.
        """
        if self.shop_id is None:
            raise StoreError("token", 0, "the store has no identity")
        async with self._lock:
            if not (self.cache.verified and self._valid_status and self.fresh(VERIFIED)):
                with contextlib.suppress(AccountsError):
                    await self._status(FRESH_SECONDS, SOURCE)
            return await self._token()

    async def shop_token(self) -> str:
        """The same by the cached status alone. Raises: StoreError."""
        async with self._lock:
            return await self._token()

    async def current_status(
        self, *, refresh: bool = False, source: str = SOURCE
    ) -> dict[str, Any]:
        """Read again when older than 30 s or invalidated; a failure leaves the old one (§1.3.3)."""
        async with self._lock:
            with contextlib.suppress(AccountsError, OAuthError):
                await self._status(0 if refresh else FRESH_SECONDS, source)
        return self.cache.known

    async def token_accepted(self) -> bool:
        """The accounts API's opinion of our token (§1.3.9), asked by the health check."""
        return await self.api.token_accepted(self.current_token)

    def fresh(self, scope: str) -> bool:
        """Not expired, with the scope and both audiences; the signature is not our business."""
        claims = claims_of(self.current_token)
        audience, scopes = claims.get("aud", []), claims.get("scp", [])
        return (
            not expired(self.current_token, self.shop.of.now)
            and {f"store/{self.shop_id}", self.audience} <= set(audience)
            and (not scope or scope in scopes)
        )

    @property
    def _valid_status(self) -> bool:
        return self.cache.fresh(float("inf"))

    async def _status(self, seconds: float, source: str) -> None:
        """Raises: StoreError."""
        if self.shop_id is None or self.cache.fresh(seconds):
            return
        # Whatever token is there will do to ask.
        token = self.current_token if self.fresh("") else await self._token()
        heard = (await self.api.status(self.shop_id, token, source)).json
        told = heard.get("cloudShopId")
        self.cache.read(heard)
        if isinstance(told, str) and told:
            self.shop.put(CLOUD_ID, told)

    async def _token(self) -> str:
        scope = VERIFIED if self.cache.verified else ""
        if self.fresh(scope):
            return self.current_token
        request = current()
        if self.shop.id in request.refused:
            raise request.refused[self.shop.id]
        self.shop.put(TOKEN, "")
        try:
            self.shop.put(TOKEN, await self._ask_token(scope))
        except OAuthError as refused:
            request.refused[self.shop.id] = refused
            raise
        return self.current_token

    async def _ask_token(self, scope: str) -> str:
        """§1.4.3. `invalid_scope` about shop.verified: not verified any more, once more without."""
        audience = f"store/{self.shop_id} {self.audience}"
        heard = await self.oauth.shop_token(self.credentials, scope, audience)
        if _not_verified(heard):
            self.cache.update(isVerified=False)
            heard = await self.oauth.shop_token(self.credentials, "", audience)
        if not heard.good:
            raise OAuthError("token", heard.status, heard.text)
        return str(heard.json.get("access_token", ""))


def _not_verified(heard: Heard) -> bool:
    refused = heard.status == 400 and heard.json.get("error") == "invalid_scope"
    return refused and VERIFIED in str(heard.json.get("error_description", ""))
