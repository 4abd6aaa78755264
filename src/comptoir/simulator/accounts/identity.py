"""How a shop gets, proves, renews and migrates its identity (spec/accounts.md §4.1, §4.5-4.7)."""

import hashlib
from dataclasses import dataclass

from comptoir.simulator.accounts.api import Cause, Origin
from comptoir.simulator.accounts.breaker import Breaker, Service
from comptoir.simulator.accounts.errors import AccountsError, OAuthError
from comptoir.simulator.accounts.legacy_tokens import (
    FIREBASE,
    FIREBASE_REFRESH,
    USER,
    USER_REFRESH,
)
from comptoir.simulator.accounts.shop_accounts import (
    CHECKOUT_ID,
    CLIENT_ID,
    CLIENT_SECRET,
    CLOUD_ID,
    TOKEN,
    UPGRADED,
    Accounts,
)
from comptoir.simulator.profile import numbers

LEGACY_NOT_FOUND = "store-identity/store-legacy-not-found"


@dataclass(frozen=True, slots=True)
class Restored:
    """What the recovery form of the advanced settings holds (§4.7)."""

    cloud_id: str
    client_id: str
    client_secret: str = ""
    """Empty: the one that is there."""
    migrate_from: str = ""
    """A version to pretend to come from; empty: no migration."""
    verify: bool = False


@dataclass(slots=True)
class Identity:
    accounts: Accounts

    async def install(self) -> None:
        """§4.1 on an empty configuration.

        Raises:
            StoreError: the server refused a step, or nobody answered.
        """
        self.cleanup()
        self._fresh_start()
        self._register()
        await self.create(Cause(Origin.INSTALL))
        self.accounts.shop.of.world.counters.installed += 1

    async def reset(self) -> None:
        """What the button in the red banner does. Raises: StoreError."""
        self._fresh_start()
        await self.migrate_or_create(Cause(Origin.INSTALL))

    async def migrate_or_create(self, cause: Cause) -> None:
        """Reset, upgrade and the Verify button: whatever this shop still lacks (§4.6).

        Raises: StoreError.
        """
        shop_id = self.accounts.shop_id
        if shop_id is None or numbers(self.accounts.registered_version) >= (8,):
            self._register()
            await self._create_or_verify(cause)
            return
        try:
            await self._migrate(shop_id, cause)
        except AccountsError as refused:
            if refused.code != LEGACY_NOT_FOUND or cause.origin is Origin.ADVANCED:
                raise
            self._register()
            self._forget_identity()
            await self._create_or_verify(cause)

    async def create(self, cause: Cause) -> None:
        """A new identity, whatever was there, verified at once. Raises: StoreError."""
        answer = (await self.accounts.api.create(cause)).json
        self.accounts.client_id = str(answer.get("clientId", ""))
        self.accounts.client_secret = str(answer.get("clientSecret", ""))
        self.accounts.shop_id = str(answer.get("cloudShopId", ""))
        self.accounts.cache.update(isVerified=False)
        self.accounts.cache.invalidate()
        await self.verify(cause, force=True)

    async def verify(self, cause: Cause, *, force: bool) -> None:
        """Without force: not when verified, nor when the cloud knows another address (§1.3.2).

        Raises: StoreError.
        """
        accounts = self.accounts
        status = await accounts.current_status(source=cause.source)
        if not force and (status.get("isVerified") or not self._address_known(status)):
            return
        token = await accounts.shop_token()
        proof = self._new_proof()
        await accounts.api.verify(accounts.shop_id or "", token, proof, cause)
        accounts.cache.invalidate()

    async def restore(self, form: Restored) -> None:
        """The recovery form. On an error the old status and version come back.

        Raises: StoreError.
        """
        accounts, cause = self.accounts, Cause(Origin.ADVANCED)
        status = await accounts.current_status(refresh=True)
        version = accounts.registered_version
        try:
            accounts.client_id = form.client_id
            accounts.client_secret = form.client_secret or accounts.client_secret
            accounts.shop_id = form.cloud_id
            self._register()
            if form.migrate_from:
                accounts.shop.put(UPGRADED, form.migrate_from)
                await self.migrate_or_create(cause)
            if form.verify:
                accounts.cache.update(isVerified=False)
                await self.verify(cause, force=True)
        except Exception:
            accounts.cache.clear()
            accounts.cache.update(**status)
            accounts.shop.put(CLOUD_ID, status.get("cloudShopId") or None)
            accounts.shop.put(UPGRADED, version)
            raise

    def cleanup(self) -> None:
        """Every row of the module's (§4.7)."""
        self.forget_rows()
        self.accounts.shop.put(CLOUD_ID, None)
        self.accounts.shop.put(CHECKOUT_ID, None)

    def forget_rows(self) -> None:
        """What people delete by hand: the identity stays as an orphan (§4.7)."""
        shop = self.accounts.shop
        for name in shop.named("PS_ACCOUNTS"):
            shop.put(name, None)

    async def sync_back_office(self) -> None:
        """Before the login page: tell the cloud where the back office is (§4.5)."""
        accounts = self.accounts
        if accounts.shop_id is None:
            return
        status = await accounts.current_status()
        known = str(status.get("backOfficeUrl") or "").rstrip("/")
        if known == accounts.back_office.rstrip("/"):
            return
        try:
            token = await accounts.shop_token()
            await accounts.api.back_office_url(accounts.shop_id, token)
        except (AccountsError, OAuthError):
            return

    def _fresh_start(self) -> None:
        """The breaker of the accounts API stays: the module resets one of an old name (§8.3)."""
        Breaker(self.accounts.shop.of, Service.OAUTH).reset()
        self.accounts.oauth.forget_files()

    async def _create_or_verify(self, cause: Cause) -> None:
        if self.accounts.credentials.exist and self.accounts.shop_id:
            await self.verify(cause, force=False)
        else:
            await self.create(cause)

    async def _migrate(self, shop_id: str, cause: Cause) -> None:
        accounts = self.accounts
        accounts.cache.update(cloudShopId=shop_id)
        token = await self._old_token(shop_id)
        came_from = accounts.registered_version
        heard = await accounts.api.migrate(shop_id, token, came_from, self._new_proof(), cause)
        answer = heard.json
        if answer.get("clientId") and answer.get("clientSecret"):
            accounts.client_id = str(answer["clientId"])
            accounts.client_secret = str(answer["clientSecret"])
        self._forget_tokens()
        accounts.cache.invalidate()
        self._register()

    async def _old_token(self, shop_id: str) -> str:
        """As module 7 got it, or else as 5 and 6 did (§4.6)."""
        accounts = self.accounts
        try:
            heard = await accounts.oauth.shop_token(accounts.credentials, "", f"shop_{shop_id}")
        except OAuthError:
            heard = None
        if heard is not None and heard.good:
            return str(heard.json.get("access_token", ""))
        refresh = accounts.shop.get(FIREBASE_REFRESH)
        return str((await accounts.api.refresh_legacy(shop_id, refresh)).json.get("token", ""))

    def _new_proof(self) -> str:
        """Kept before it is shown."""
        token = self.accounts.shop.of.ids.token()
        self.accounts.proof = hashlib.sha256(token.encode()).hexdigest()
        return self.accounts.proof

    def _address_known(self, status: dict[str, object]) -> bool:
        return str(status.get("frontendUrl") or "").rstrip("/") == self.accounts.front

    def _register(self) -> None:
        self.accounts.shop.put(UPGRADED, self.accounts.shop.of.version)

    def _forget_identity(self) -> None:
        self.accounts.cache.clear()
        for name in (CLOUD_ID, CLIENT_ID, CLIENT_SECRET):
            self.accounts.shop.put(name, None)
        self._forget_tokens()

    def _forget_tokens(self) -> None:
        for name in (TOKEN, FIREBASE, FIREBASE_REFRESH, USER, USER_REFRESH):
            self.accounts.shop.put(name, "")
