"""Pages of the back office, as plain as they can be and still be driven by a browser."""

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass

from comptoir.simulator.accounts.client import php_query
from comptoir.simulator.accounts.database import Employee
from comptoir.simulator.accounts.shop_accounts import Accounts

CLOSE = '<script type="text/javascript">\nwindow.close();\n</script>\n'
"""A pop-up that is done."""

ERRORS = {
    "email_not_verified": "Your email address is not confirmed. Open the message we sent you.",
    "employee_not_found": "Nobody in this back office has that email address.",
    "error_from_hydra": "Signing in with PrestaShop failed.",
    "error_other": "Something went wrong. Please try again.",
}

SCRIPT = """
async function act(button) {
  const headers = {"X-PrestaShop-Authorization": "Bearer " + button.dataset.token};
  const answer = await fetch(button.dataset.url, {method: "POST", headers});
  if (answer.ok) { location.href = location.pathname + button.dataset.again; return; }
  const told = await answer.json();
  const alert = document.querySelector('[data-test="verification-failed-alert"]');
  alert.textContent = [told.code, told.message, told.details].filter(Boolean).join(": ");
  alert.hidden = false;
}
function contact(button) {
  const popup = window.open(button.dataset.url, "contact", "width=600,height=800");
  const timer = setInterval(() => {
    if (popup && !popup.closed) return;
    clearInterval(timer);
    location.href = location.pathname + button.dataset.again;
  }, 200);
}
"""


@dataclass(frozen=True, slots=True)
class LoginPage:
    shop_name: str
    form_url: str
    error: str = ""
    """A key of `ERRORS`, or what the local form refused."""
    sign_on_url: str = ""
    """Empty: no "Log in with PrestaShop"."""
    local_url: str = ""
    resend_url: str = ""


def admin_link(accounts: Accounts, controller: str, **params: str) -> str:
    query = {"controller": controller} | params
    return f"{accounts.back_office}/index.php?{php_query(query)}"


def login(page: LoginPage) -> str:
    error = ""
    if page.error:
        text = html.escape(ERRORS.get(page.error, page.error))
        error = f'<p class="alert" role="alert" data-test="{_q(page.error)}">{text}</p>'
        if page.error == "email_not_verified" and page.resend_url:
            error += f'<p><a href="{_q(page.resend_url)}">Send the message again</a></p>'
    if page.sign_on_url:
        body = (
            f'<p><a class="puik-button puik-button--primary" data-test="login-with-prestashop"'
            f' href="{_q(page.sign_on_url)}">Log in with PrestaShop</a></p>'
            f'<p><a href="{_q(page.local_url)}">Connect with another method</a></p>'
        )
    else:
        body = (
            f'<form method="post" action="{_q(page.form_url)}">'
            '<label>Email <input type="email" id="email" name="email"></label>'
            '<label>Password <input type="password" id="passwd" name="passwd"></label>'
            '<button type="submit" name="submitLogin" value="1">Log in</button></form>'
        )
    head = f"<h1>{html.escape(page.shop_name)}</h1>"
    return _document(f"{page.shop_name}: log in", f"{head}{error}{body}")


def dashboard(accounts: Accounts, employee: Employee, title: str = "Dashboard") -> str:
    """Any page that we do not know shows as this one."""
    return inside(accounts, employee, title, f"<p>{html.escape(accounts.shop.name)}</p>")


def inside(accounts: Accounts, employee: Employee, title: str, body: str) -> str:
    """A page of somebody who is logged in."""
    settings = admin_link(accounts, "AdminModules", configure="ps_accounts")
    logout = admin_link(accounts, "AdminLogin", logout="1")
    head = (
        f'<header><span data-test="employee-email">{html.escape(employee.email)}</span>'
        f' <a href="{_q(admin_link(accounts, "AdminDashboard"))}">Dashboard</a>'
        f' <a href="{_q(settings)}">PrestaShop Account</a>'
        f' <a id="header_logout" href="{_q(logout)}">Sign out</a></header>'
    )
    return _document(title, f"{head}<h1>{html.escape(title)}</h1>{body}")


def component(script_url: str, params: dict[str, object], context: dict[str, object]) -> str:
    """The module's own page: the component is started once its script is there (§5.1)."""
    told = json.dumps(params).replace("<", "\\u003c")
    shown = json.dumps(context).replace("<", "\\u003c")
    return (
        "<prestashop-accounts></prestashop-accounts>"
        f"<script>window.contextPsAccounts = {shown};</script>"
        f'<script src="{_q(script_url)}"></script>'
        "<script>const wait = setInterval(() => { if (!window.psaccountsVue) { return; }"
        f" clearInterval(wait); window.psaccountsVue.init({told}, 'Settings'); }}, 100);</script>"
    )


def association(script_url: str, context: dict[str, object]) -> str:
    """The page of modules 5 to 7: the link that hands the shops over."""
    shown = json.dumps(context).replace("<", "\\u003c")
    return (
        f'<p><a data-testid="account-link-to-ui-link-shop-button" target="_blank"'
        f' href="{_q(str(context["onboardingLink"]))}">Link</a></p>'
        f"<script>window.contextPsAccounts = {shown};</script>"
        f'<script src="{_q(script_url)}"></script>'
    )


def button(label: str, test: str, call: str, **data: str) -> str:
    told = "".join(f' data-{name}="{_q(value)}"' for name, value in data.items())
    return f'<button data-test="{test}"{told} onclick="{call}(this)">{html.escape(label)}</button>'


def scripted(parts: Iterable[str]) -> str:
    return f"{''.join(parts)}<script>{SCRIPT}</script>"


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head><body>{body}</body></html>"
    )


def _q(text: str) -> str:
    return html.escape(text, quote=True)
