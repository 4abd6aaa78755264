"""What pages of the back office call (spec/accounts.md §2.2)."""

from dataclasses import dataclass

from comptoir.simulator.accounts import admin_token
from comptoir.simulator.accounts.api import SOURCE, Cause, Origin
from comptoir.simulator.accounts.context import context
from comptoir.simulator.accounts.errors import AccountsError, OAuthError, StoreError
from comptoir.simulator.accounts.identity import Identity
from comptoir.simulator.accounts.legacy_tokens import LegacyTokens
from comptoir.simulator.accounts.sessions import Session
from comptoir.simulator.accounts.shop_accounts import Accounts
from comptoir.simulator.accounts.single_sign_on import user_token
from comptoir.simulator.profile import numbers
from comptoir.simulator.reply import Asked, Reply

HEADER = "X-PrestaShop-Authorization"
TRUE = ("1", "true", "on", "yes")


@dataclass(slots=True)
class Ajax:
    accounts: list[Accounts]

    async def public(self, asked: Asked) -> Reply:
        """AdminAjaxV2PsAccounts: no employee's session, but the token of the page."""
        cors = self._cors(asked)
        if asked.method == "OPTIONS":
            return Reply(204, headers=cors)
        of = self.accounts[0].shop.of
        token = asked.headers.get(HEADER, "").removeprefix("Bearer ").strip()
        if not admin_token.valid(of, token):
            return Reply(401, {"message": "Unauthorized", "code": "unauthorized"}, headers=cors)
        try:
            return Reply(200, await self._act(asked), headers=cors)
        except StoreError as failed:
            status, told = _failure(failed)
            return Reply(status, told, headers=cors)

    async def private(self, asked: Asked, session: Session) -> Reply:
        """AdminAjaxPsAccounts, of somebody who is logged in."""
        first, action = self.accounts[0], asked.params.get("action", "")
        if action == "getOrRefreshToken":
            legacy = LegacyTokens(first)
            token = await legacy.of_shop()
            return Reply(200, {"token": token, "refreshToken": legacy.refresh_token})
        if action == "getOrRefreshAccessToken":
            return Reply(200, {"token": await user_token(first, session)})
        if action == "getNotifications":
            return Reply(200, [{"html": text} for text in await self._notices()])
        if action == "resetModule":
            for accounts in self.accounts:
                await Identity(accounts).reset()
            return Reply(200, {"status": True})
        return Reply(404, {"message": "unknown action"})

    async def _act(self, asked: Asked) -> dict[str, object]:
        action, params = asked.params.get("action", ""), asked.params
        source = params.get("source", SOURCE)
        if action == "getContext":
            refresh = params.get("refresh", "").lower() in TRUE
            return await context(self.accounts, source=source, refresh=refresh)
        number = params.get("shop_id", "")
        chosen = next((one for one in self.accounts if str(one.shop.id) == number), None)
        if chosen is None:
            raise StoreError(action, 0, "Shop ID is required")
        identity = Identity(chosen)
        if action == "fallbackCreateIdentity":
            await identity.migrate_or_create(Cause(Origin.FALLBACK, source, ajax=True))
        elif action == "renewIdentity":
            await identity.create(Cause(Origin.MISMATCH_CREATE, source, ajax=True))
        elif action == "updateIdentity":
            await identity.verify(Cause(Origin.MISMATCH_UPDATE, source, ajax=True), force=True)
        else:
            raise StoreError(action, 0, "unknown action")
        return {"success": True}

    async def _notices(self) -> list[str]:
        """A moved shop; a module that could not migrate (§4.5, §4.6)."""
        found = []
        for accounts in self.accounts:
            status = await accounts.current_status()
            known = str(status.get("frontendUrl") or "").rstrip("/")
            if known and known != accounts.front:
                found.append(f'<div class="alert-warning">{accounts.shop.name} moved</div>')
            if accounts.shop_id and numbers(accounts.registered_version) < (8,):
                found.append('<div class="alert-danger">Reset the module PrestaShop Account</div>')
        return found

    def _cors(self, asked: Asked) -> dict[str, str]:
        origin = asked.headers.get("Origin", "")
        found: dict[str, str] = {}
        if origin and origin in self.accounts[0].shop.of.world.cloud.cors_allowed_origins:
            found["Access-Control-Allow-Origin"] = origin
        if asked.method == "OPTIONS":
            names = "Content-Type, X-Prestashop-Authorization, Authorization"
            found |= {"Access-Control-Allow-Headers": names, "Access-Control-Max-Age": "86400"}
        return found


def _failure(failed: StoreError) -> tuple[int, dict[str, object]]:
    if isinstance(failed, AccountsError):
        if failed.code == "connect-error":
            return 400, {"message": failed.message, "code": "accounts-api/connect-error"}
        told = {"message": failed.message, "code": failed.code, "details": failed.details}
        return 400, dict(told)
    if isinstance(failed, OAuthError) and failed.code == "connect_error":
        text = str(failed.told.get("error_description", ""))
        return 400, {"message": text, "code": "oauth-server/connect-error"}
    return 500, {"message": failed.answer[:500], "code": "unknown-error"}
