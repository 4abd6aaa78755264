"""What is below a store's admin folder (spec/accounts.md §2.2, §4.4)."""

import html
from dataclasses import dataclass, replace

from comptoir.simulator.accounts import pages
from comptoir.simulator.accounts.ajax import Ajax
from comptoir.simulator.accounts.breaker import Service
from comptoir.simulator.accounts.client import Client
from comptoir.simulator.accounts.context import init_params
from comptoir.simulator.accounts.database import Employee
from comptoir.simulator.accounts.identity import Identity
from comptoir.simulator.accounts.php_request import php_request
from comptoir.simulator.accounts.phrases import say
from comptoir.simulator.accounts.presenter import present
from comptoir.simulator.accounts.sessions import Session, Sessions
from comptoir.simulator.accounts.settings_page import settings
from comptoir.simulator.accounts.shop_accounts import LOGIN, Accounts
from comptoir.simulator.accounts.single_sign_on import SingleSignOn
from comptoir.simulator.profile import numbers
from comptoir.simulator.reply import Asked, Reply, redirect

OWN_SESSION = (7, 1, 2)
"""Since then the session at the cloud lives on its own."""
ROUTE = "modules/ps_accounts/oauth2"
"""Since PrestaShop 9, perhaps behind `index.php/`."""


@dataclass(slots=True)
class BackOffice:
    accounts: list[Accounts]
    sessions: Sessions

    async def handle(self, asked: Asked) -> Reply:
        session, anonymous = self.sessions.of_request(asked), self.sessions.anonymous(asked)
        with php_request(anonymous):
            reply = await self._handle(asked, session)
        return replace(reply, cookies=self.sessions.cookies(session, anonymous))

    async def _handle(self, asked: Asked, session: Session) -> Reply:
        controller = asked.params.get("controller", "AdminDashboard")
        since_9 = self.first.shop.of.profile.since(9)
        if asked.path.removeprefix("index.php/").strip("/") == ROUTE:
            controller = "AdminOAuth2PsAccounts" if since_9 else "AdminNotFound"
        elif controller == "AdminOAuth2PsAccounts" and since_9:
            controller = "AdminNotFound"
        if controller == "AdminOAuth2PsAccounts":
            return await SingleSignOn(self.accounts).handle(asked, session)
        if controller == "AdminAjaxV2PsAccounts":
            return await Ajax(self.accounts).public(asked)
        if controller == "AdminLogin":
            return await self._login(asked, session)
        employee = self.first.shop.of.db.by_id(session.employee or 0)
        if employee is None:
            return redirect(pages.admin_link(self.first, "AdminLogin"))
        if controller == "AdminAjaxPsAccounts":
            return await Ajax(self.accounts).private(asked, session)
        if controller == "AdminModules" and asked.params.get("configure") == "ps_accounts":
            return await self._settings(asked, employee)
        title = controller.removeprefix("Admin")
        return Reply(200, html=pages.dashboard(self.first, employee, title))

    @property
    def first(self) -> Accounts:
        return self.accounts[0]

    async def _login(self, asked: Asked, session: Session) -> Reply:
        """Who is logged out of the back office stays signed in at the cloud (§4.4)."""
        if "logout" in asked.params:
            session.employee = None
            away = await self._signed_out_url(session)
            if away and "oauth2Callback" not in asked.params:
                return redirect(away)
        if asked.method == "POST":
            return self._local_login(asked, session)
        if session.employee is not None:
            return redirect(pages.admin_link(self.first, "AdminDashboard"))
        for accounts in self.accounts if self.first.shop.of.major >= 8 else []:
            await Identity(accounts).sync_back_office()
        error = str(session.pop("loginError") or "")
        return Reply(200, html=pages.login(await self._login_page(asked, error)))

    async def _signed_out_url(self, session: Session) -> str:
        """Modules before 7.1.2 also sign out at the cloud (§1.4.6); empty: we do not."""
        token = str((session.tokens or {}).get("id_token") or "")
        if not token or numbers(self.first.shop.of.version) >= OWN_SESSION:
            return ""
        session.tokens = None
        back = pages.admin_link(self.first, "AdminLogin", logout="1", oauth2Callback="1")
        return await self.first.oauth.signed_out_url(token, back)

    async def _login_page(self, asked: Asked, error: str) -> pages.LoginPage:
        form = pages.admin_link(self.first, "AdminLogin")
        name, cloud = self.first.shop.name, self.first.shop.of.world.cloud
        code = pages.lang(self.first)
        params = asked.params
        local = params.get("mode") == "local" or "reset_token" in params
        if local or not self._signs_on():
            return pages.LoginPage(name, form, error, lang=code)
        if cloud.testimonials_url:
            client = Client(self.first.shop.of, Service.ASSETS)
            headers = {"Accept": "application/json"}
            await client.send("GET", cloud.testimonials_url, headers)
        uri = self.first.redirect_uri
        query = f"return_to=AdminDashboard&locale={code}"
        return pages.LoginPage(
            name,
            form,
            error,
            sign_on_url=f"{uri}{'&' if '?' in uri else '?'}{query}",
            local_url=pages.admin_link(self.first, "AdminLogin", mode="local"),
            resend_url=cloud.sso_resend_verification_email_url,
            lang=code,
        )

    def _signs_on(self) -> bool:
        """PrestaShop 8 and later, switched on, with a client (§2.2)."""
        since_8 = self.first.shop.of.profile.since(8)
        return since_8 and self.first.login_enabled and self.first.credentials.exist

    def _local_login(self, asked: Asked, session: Session) -> Reply:
        email, password = asked.params.get("email", ""), asked.params.get("passwd", "")
        employee = self.first.shop.of.db.by_email(email)
        if employee is None or not password or employee.password != password:
            form = pages.admin_link(self.first, "AdminLogin")
            text = "The employee does not exist, or the password provided is incorrect."
            name, code = self.first.shop.name, pages.lang(self.first)
            return Reply(200, html=pages.login(pages.LoginPage(name, form, text, lang=code)))
        session.employee, session.tokens = employee.id, None
        return redirect(pages.admin_link(self.first, "AdminDashboard"))

    async def _settings(self, asked: Asked, employee: Employee) -> Reply:
        if asked.params.get("advanced") and asked.method == "POST":
            for accounts in self.accounts:
                accounts.shop.put(LOGIN, asked.params.get("login", "0"))
        cloud = self.first.shop.of.world.cloud
        if self.first.shop.of.major < 8:
            told = await present(self.accounts, employee)
            body = pages.association(pages.lang(self.first), cloud.accounts_cdn_url, told)
        elif asked.params.get("component"):
            told = await present(self.accounts, employee)
            body = pages.component(cloud.accounts_cdn_url, init_params(self.accounts), told)
        elif asked.params.get("advanced"):
            body = self._advanced()
        else:
            body = await settings(self.accounts, refresh=bool(asked.params.get("refresh")))
        return Reply(200, html=pages.inside(self.first, employee, "PrestaShop Account", body))

    def _advanced(self) -> str:
        code, enabled = pages.lang(self.first), self.first.login_enabled
        state = say(code, f"Log in with PrestaShop is {'on' if enabled else 'off'}.")
        label = say(code, "Switch off" if enabled else "Switch on")
        url = pages.admin_link(self.first, "AdminModules", configure="ps_accounts", advanced="1")
        return (
            f"<h2>{say(code, 'Advanced settings')}</h2><section><p>{state}</p>"
            f'<form method="post" action="{html.escape(url)}">'
            f'<input type="hidden" name="login" value="{0 if enabled else 1}">'
            f'<button type="submit">{label}</button></form></section>'
        )
