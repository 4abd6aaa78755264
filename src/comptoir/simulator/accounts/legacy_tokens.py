"""Firebase-style tokens that older modules still ask ps_accounts 8 for (§1.3.7, §3.4)."""

from dataclasses import dataclass

from comptoir.simulator.accounts.claims import claims_of, expired
from comptoir.simulator.accounts.errors import StoreError
from comptoir.simulator.accounts.shop_accounts import Accounts

FIREBASE = "PS_ACCOUNTS_FIREBASE_ID_TOKEN"
FIREBASE_REFRESH = "PS_ACCOUNTS_FIREBASE_REFRESH_TOKEN"
USER = "PS_ACCOUNTS_USER_FIREBASE_ID_TOKEN"
USER_REFRESH = "PS_ACCOUNTS_USER_FIREBASE_REFRESH_TOKEN"
MIRRORS = {FIREBASE: "PS_PSX_FIREBASE_ID_TOKEN", FIREBASE_REFRESH: "PS_PSX_FIREBASE_REFRESH_TOKEN"}


@dataclass(slots=True)
class LegacyTokens:
    accounts: Accounts

    async def of_shop(self) -> str:
        """ "" when the cloud refuses."""
        if expired(self.accounts.shop.get(FIREBASE), self.accounts.shop.of.now):
            await self._refresh()
        return self._live(FIREBASE)

    async def of_contact(self) -> str:
        """Of the point of contact; asked for again while its e-mail address is unconfirmed."""
        token = self.accounts.shop.get(USER)
        confirmed = claims_of(token).get("email_verified")
        if expired(token, self.accounts.shop.of.now) or not confirmed:
            await self._refresh()
        return self._live(USER)

    @property
    def refresh_token(self) -> str:
        return self.accounts.shop.get(FIREBASE_REFRESH)

    async def refresh(self) -> None:
        """As the health check's `autoheal` does."""
        await self._refresh()

    def forget_contact(self) -> None:
        self.accounts.shop.put(USER, "")
        self.accounts.shop.put(USER_REFRESH, "")

    def _live(self, row: str) -> str:
        token = self.accounts.shop.get(row)
        return "" if expired(token, self.accounts.shop.of.now) else token

    async def _refresh(self) -> None:
        accounts = self.accounts
        if accounts.shop_id is None:
            return
        try:
            token = await accounts.shop_token()
            answer = (await accounts.api.legacy_tokens(accounts.shop_id, token)).json
        except StoreError:
            return
        self._keep(answer.get("shop"), FIREBASE, FIREBASE_REFRESH)
        self._keep(answer.get("pointOfContact"), USER, USER_REFRESH)

    def _keep(self, told: object, token: str, refresh: str) -> None:
        """Both members or nothing."""
        if not isinstance(told, dict) or not (told.get("token") and told.get("refreshToken")):
            return
        shop = self.accounts.shop
        for row, value in ((token, told["token"]), (refresh, told["refreshToken"])):
            shop.put(row, str(value))
            if row in MIRRORS and not shop.get(MIRRORS[row]):
                shop.put(MIRRORS[row], str(value))
