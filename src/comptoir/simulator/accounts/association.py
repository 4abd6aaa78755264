"""A shop of modules 5 to 7: linked to an account, or not (spec/accounts.md §1.6, §3.2, §4.8)."""

from dataclasses import dataclass
from typing import Any

from comptoir.simulator.accounts import store_keys
from comptoir.simulator.accounts.association_api import AssociationApi
from comptoir.simulator.accounts.claims import claims_of, expired
from comptoir.simulator.accounts.client import Heard
from comptoir.simulator.accounts.errors import AccountsError, LocalError, OAuthError, StoreError
from comptoir.simulator.accounts.legacy_tokens import (
    FIREBASE,
    FIREBASE_REFRESH,
    USER,
    USER_REFRESH,
)
from comptoir.simulator.accounts.presenter import (
    EMPLOYEE,
    OWNER_EMAIL,
    OWNER_UID,
    UNLINKED_AUTO,
)
from comptoir.simulator.accounts.shop_accounts import CLOUD_ID, LOGIN, TOKEN, UPGRADED, Accounts
from comptoir.simulator.profile import numbers

LINKED_AT = "PS_ACCOUNTS_SHOP_LINKED_AT"
FAILURES = "PS_ACCOUNTS_REFRESH_TOKEN_FAILURE"
SHOP_TOKEN = (7, 1, 1)
"""Since then other modules get the OAuth token of the shop; before, the Firebase one."""
CLIENT_SECONDS = 60
"""How long a linked shop of module 7 waits for its OAuth client."""
TRIES = 3
"""Refused refreshes after which modules 5 and 6 unlink themselves."""


@dataclass(slots=True)
class Association:
    accounts: Accounts

    @property
    def api(self) -> AssociationApi:
        return AssociationApi(self.accounts.shop)

    @property
    def linked(self) -> bool:
        return self.accounts.shop_id is not None

    @property
    def unlinked_by_itself(self) -> bool:
        return self.accounts.shop.get(UNLINKED_AUTO) == "1"

    @property
    def owner(self) -> str:
        return self.accounts.shop.get(OWNER_UID)

    async def link(self, payload: dict[str, Any]) -> None:
        """apiV1ShopLinkAccount: names since 7, tokens before. Raises: StoreError."""
        shop = self.accounts.shop
        if shop.of.major >= 7:
            told = {
                CLOUD_ID: payload.get("uid"),
                OWNER_UID: payload.get("owner_uid"),
                OWNER_EMAIL: payload.get("owner_email"),
                LINKED_AT: str(int(shop.of.now)),
            }
        else:
            told = await self._tokens_told(payload)
            shop.put(LOGIN, "1")
        told[EMPLOYEE] = payload.get("employee_id")
        for row, value in told.items():
            shop.put(row, "" if value is None else str(value))
        shop.put(UNLINKED_AUTO, "")

    def unlink(self, *, by_itself: bool = False) -> None:
        """Nothing is left of it; modules 5 and 6 take a new key pair too."""
        shop = self.accounts.shop
        for row in (OWNER_UID, OWNER_EMAIL, EMPLOYEE, LINKED_AT, TOKEN, FIREBASE, USER):
            shop.put(row, "")
        for row in (FIREBASE_REFRESH, USER_REFRESH, LOGIN):
            shop.put(row, "")
        shop.put(CLOUD_ID, None)
        self.accounts.client_id = self.accounts.client_secret = None
        if shop.of.major < 7:
            store_keys.regenerate(shop)
        shop.put(UNLINKED_AUTO, "1" if by_itself else "")

    async def take_client(self, client_id: str, client_secret: str) -> None:
        """apiV1ShopOauth2Client. Module 7 asks for a token at once. Raises: StoreError."""
        self.accounts.client_id, self.accounts.client_secret = client_id, client_secret
        if self.accounts.shop.of.major >= 7:
            await self.oauth_token()
        else:
            self.accounts.shop.put(LOGIN, "1")

    async def token(self) -> str:
        """What other modules get (spec/eventbus.md §1.0). Raises: StoreError."""
        if numbers(self.accounts.shop.of.version) >= SHOP_TOKEN:
            return await self.oauth_token()
        return await self.firebase_token()

    async def oauth_token(self) -> str:
        """Module 7's, for `shop_<uid>` (§3.2). Without a client in time it unlinks itself.

        Raises: StoreError.
        """
        shop = self.accounts.shop
        if not expired(shop.get(TOKEN), shop.of.now):
            return shop.get(TOKEN)
        if self._client_overdue():
            self.unlink(by_itself=True)
            raise LocalError("token", "Invalid OAuth2 client")
        audience = f"shop_{self.accounts.shop_id}"
        heard = await self.accounts.oauth.shop_token(self.accounts.credentials, "", audience)
        if not heard.good:
            raise OAuthError("token", heard.status, heard.text)
        shop.put(TOKEN, str(heard.json.get("access_token", "")))
        return shop.get(TOKEN)

    async def firebase_token(self) -> str:
        """Of the shop. Raises: StoreError."""
        shop = self.accounts.shop
        if expired(shop.get(FIREBASE), shop.of.now):
            if shop.of.major >= 7:
                await self._firebase_by_oauth()
            else:
                await self._refreshed(FIREBASE, FIREBASE_REFRESH)
        return shop.get(FIREBASE)

    async def owner_token(self) -> str:
        """Of the account that the shop is linked to. Raises: StoreError."""
        shop = self.accounts.shop
        if expired(shop.get(USER), shop.of.now):
            if shop.of.major >= 7:
                await self._firebase_by_oauth()
            else:
                await self._refreshed(USER, USER_REFRESH)
        return shop.get(USER)

    async def ask_unlink(self) -> Heard:
        """The employee's wish; the answer goes to the browser as it came. Raises: StoreError."""
        token = await self.owner_token()
        return await self.api.delete(self.owner, self.accounts.shop_id or "", token)

    async def tell_address(self) -> Heard:
        """After a change of the shop's URL. Raises: StoreError."""
        token = await self.owner_token()
        return await self.api.update(self.owner, self.accounts.shop_id or "", token)

    async def reonboard(self) -> Heard:
        """Modules 5 and 6: an association of module 4 becomes theirs. Raises: StoreError."""
        token = await self.firebase_token()
        return await self.api.reonboard(self.accounts.shop_id or "", token)

    async def tell_version(self) -> None:
        """Module 7 after an upgrade; refused, it unlinks itself. Raises: StoreError."""
        shop = self.accounts.shop
        if numbers(shop.get(UPGRADED) or "0") >= numbers(shop.of.version):
            return
        shop.put(UPGRADED, shop.of.version)
        if not self.linked:
            return
        await self._last_chance()
        token = await self.firebase_token()
        heard = await self.api.module_updated(self.accounts.shop_id or "", token)
        if not heard.good:
            self.unlink(by_itself=True)

    async def _last_chance(self) -> None:
        """What module 6 left: refreshed its way while there is no client yet."""
        shop = self.accounts.shop
        if not shop.get(FIREBASE_REFRESH) or not expired(shop.get(FIREBASE), shop.of.now):
            return
        shop_id = self.accounts.shop_id or ""
        heard = await self.api.refresh_shop(shop_id, shop.get(FIREBASE_REFRESH))
        if heard.good and heard.json.get("token"):
            shop.put(FIREBASE, str(heard.json["token"]))
            shop.put(FIREBASE_REFRESH, str(heard.json.get("refresh_token", "")))

    def _client_overdue(self) -> bool:
        shop = self.accounts.shop
        since = float(shop.get(LINKED_AT) or shop.of.now)
        late = shop.of.now - since > CLIENT_SECONDS
        return self.linked and late and not self.accounts.credentials.exist

    async def _firebase_by_oauth(self) -> None:
        heard = await self.api.firebase_tokens(await self.oauth_token())
        if not heard.good:
            raise AccountsError("firebase/tokens", heard.status, heard.text)
        told = {
            FIREBASE: "shopToken",
            FIREBASE_REFRESH: "shopRefreshToken",
            USER: "userToken",
            USER_REFRESH: "userRefreshToken",
        }
        for row, name in told.items():
            self.accounts.shop.put(row, str(heard.json.get(name) or ""))

    async def _refreshed(self, token: str, refresh: str) -> None:
        """Modules 5 and 6. The third refusal unlinks the shop."""
        shop = self.accounts.shop
        row = f"{FAILURES}_{'SHOP' if token == FIREBASE else 'USER'}"
        if not shop.get(refresh):
            raise LocalError("token/refresh", "Refresh token cannot be empty")
        if token == FIREBASE:
            heard = await self.api.refresh_shop(self.accounts.shop_id or "", shop.get(refresh))
            names = ("token", "refresh_token")
        else:
            heard = await self.api.refresh_user(shop.get(refresh))
            names = ("idToken", "refreshToken")
        if heard.good:
            shop.put(row, "0")
            shop.put(token, str(heard.json.get(names[0], "")))
            shop.put(refresh, str(heard.json.get(names[1], "")))
            return
        if 400 <= heard.status < 500:
            failures = int(shop.get(row) or 0) + 1
            shop.put(row, str(failures % TRIES))
            if failures >= TRIES:
                self.unlink(by_itself=True)
        raise AccountsError("token/refresh", heard.status, heard.text)

    async def _tokens_told(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Modules 5 and 6 have them checked first; a refused one is refreshed."""
        shop_token, shop_refresh = payload.get("shop_token"), payload.get("shop_refresh_token")
        user_token, user_refresh = payload.get("user_token"), payload.get("user_refresh_token")
        uid = claims_of(str(shop_token)).get("user_id")
        if not await self.api.shop_token_accepted(str(shop_token)):
            heard = await self.api.refresh_shop(str(uid or ""), str(shop_refresh))
            _good(heard, "token/refresh")
            shop_token, shop_refresh = heard.json.get("token"), heard.json.get("refresh_token")
        if not await self.api.user_token_accepted(str(user_token)):
            heard = await self.api.refresh_user(str(user_refresh))
            _good(heard, "auth/token/refresh")
            user_token, user_refresh = heard.json.get("idToken"), heard.json.get("refreshToken")
        owner = claims_of(str(user_token))
        return {
            CLOUD_ID: uid,
            FIREBASE: shop_token,
            FIREBASE_REFRESH: shop_refresh,
            USER: user_token,
            USER_REFRESH: user_refresh,
            OWNER_UID: owner.get("user_id"),
            OWNER_EMAIL: owner.get("email"),
        }


def _good(heard: Heard, step: str) -> None:
    if not heard.good:
        raise StoreError(step, heard.status, heard.text)
