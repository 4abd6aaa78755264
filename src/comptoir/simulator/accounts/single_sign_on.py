"""The controller that starts and finishes a sign-in at the cloud (spec/accounts.md §2.2, §4.4).

`AdminOAuth2PsAccounts` before PrestaShop 9, the route `ps_accounts_oauth2` since.
"""

import contextlib
import re
from dataclasses import dataclass
from typing import Any

from comptoir.simulator.accounts import pages
from comptoir.simulator.accounts.api import SOURCE
from comptoir.simulator.accounts.claims import expired
from comptoir.simulator.accounts.contact import identify_contact
from comptoir.simulator.accounts.errors import OAuthError, StoreError
from comptoir.simulator.accounts.sessions import Session
from comptoir.simulator.accounts.shop_accounts import Accounts
from comptoir.simulator.reply import Asked, Reply, redirect

CONTACT = "identifyPointOfContact"
CODE = re.compile(r"[^\s\"';()]+")
CONTROLLER = re.compile(r"([A-Z][a-z0-9]+)+")


class LoginFailed(Exception):
    """`kind` is what the login page shows."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(slots=True)
class SingleSignOn:
    accounts: list[Accounts]

    async def handle(self, asked: Asked, session: Session) -> Reply:
        try:
            return await self._step(asked, session)
        except LoginFailed as failed:
            session.values["loginError"] = failed.kind
        except StoreError:
            session.values["loginError"] = "error_other"
        if session.values.get("oauth2action") == CONTACT:
            return Reply(200, html=pages.CLOSE)
        return redirect(pages.admin_link(self._of(session), "AdminLogin", logout="1"))

    async def _step(self, asked: Asked, session: Session) -> Reply:
        if asked.params.get("error"):
            # Most likely somebody said no.
            raise LoginFailed("error_other")
        if not asked.params.get("code"):
            return await self._start(asked, session)
        return await self._finish(asked, session)

    async def _start(self, asked: Asked, session: Session) -> Reply:
        """To the authorization endpoint, whoever asks."""
        ids = self.accounts[0].shop.of.ids
        params = asked.params
        session.tokens = None
        session.values |= {
            "oauth2action": self._action(params.get("action", "login")),
            "source": params.get("source", SOURCE),
            "shopId": params.get("shop_id", session.values.get("shopId", "")),
            "return_to": params.get("return_to", ""),
            "forceSignup": params.get("forceSignup", ""),
        }
        state, verifier = ids.entropy()[:16].hex(), ids.token(48)
        session.values |= {"oauth2state": state, "oauth2pkceCode": verifier}
        accounts = self._of(session)
        url = await accounts.oauth.authorization_url(
            accounts.credentials, state, verifier, params.get("locale", "en")
        )
        return redirect(url)

    def _action(self, asked: str) -> str:
        """There is no point of contact before module 8."""
        return asked if self.accounts[0].shop.of.major >= 8 else "login"

    async def _finish(self, asked: Asked, session: Session) -> Reply:
        """The state is only compared if the session still has one (§1.4.4)."""
        state, code = asked.params.get("state", ""), asked.params["code"]
        kept = session.values.get("oauth2state")
        if not state or (kept is not None and state != kept):
            session.pop("oauth2state")
            raise LoginFailed("error_other")
        if not CODE.fullmatch(code):
            raise LoginFailed("error_other")
        accounts = self._of(session)
        try:
            verifier = session.values.get("oauth2pkceCode")
            tokens = await accounts.oauth.user_token(accounts.credentials, code, verifier)
        except OAuthError as refused:
            raise LoginFailed("error_from_hydra") from refused
        access = str(tokens.get("access_token", ""))
        user = await accounts.oauth.userinfo(access)
        if session.values.get("oauth2action") == CONTACT:
            source = str(session.values.get("source", SOURCE))
            await identify_contact(accounts, access, user, source)
            return self._contact_done(session)
        self._log_in(session, tokens, user)
        return redirect(self._return_to(session))

    def _log_in(self, session: Session, tokens: dict[str, Any], user: dict[str, Any]) -> None:
        session.tokens = tokens
        db = self.accounts[0].shop.of.db
        employee = db.of_user(str(user.get("sub", "")), str(user.get("email", "")))
        confirmed = bool(user.get("email_verified"))
        if employee is None or not confirmed:
            session.employee = None
            raise LoginFailed("employee_not_found" if confirmed else "email_not_verified")
        session.employee = employee.id

    def _contact_done(self, session: Session) -> Reply:
        if session.values.get("forceSignup"):
            ui = self.accounts[0].shop.of.world.cloud.accounts_ui_url
            return redirect(f"{ui}?signupContext=popup")
        return Reply(200, html=pages.CLOSE)

    def _return_to(self, session: Session) -> str:
        """A controller's name or a URL."""
        wanted = str(session.values.get("return_to") or "AdminDashboard")
        if CONTROLLER.fullmatch(wanted):
            return pages.admin_link(self._of(session), wanted)
        return wanted

    def _of(self, session: Session) -> Accounts:
        asked = str(session.values.get("shopId", ""))
        found = (one for one in self.accounts if str(one.shop.id) == asked)
        return next(found, self.accounts[0])


async def user_token(accounts: Accounts, session: Session) -> str | None:
    """Of the employee who signed in at the cloud. One that cannot be refreshed stays (§1.4.3)."""
    if session.tokens is None:
        return None
    if expired(str(session.tokens.get("access_token", "")), accounts.shop.of.now):
        refresh = str(session.tokens.get("refresh_token") or "")
        with contextlib.suppress(OAuthError):
            told = await accounts.oauth.refreshed(accounts.credentials, refresh)
            session.tokens = session.tokens | told
    return str(session.tokens.get("access_token", ""))
