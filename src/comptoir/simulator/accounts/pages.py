"""Pages of the back office, as plain as they can be and still be driven by a browser."""

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass

from comptoir.simulator.accounts.client import php_query
from comptoir.simulator.accounts.database import Employee
from comptoir.simulator.accounts.phrases import language, say
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
  const url = button.dataset.url + "&locale=" + document.documentElement.lang;
  const popup = window.open(url, "contact", "width=600,height=800");
  const timer = setInterval(() => {
    if (popup && !popup.closed) return;
    clearInterval(timer);
    location.href = location.pathname + button.dataset.again;
  }, 200);
}
"""

STYLE = """
:root { color-scheme: light dark; --ground: #eef2f5; --paper: #ffffff; --ink: #1d1d1b;
  --soft: #566068; --line: #c9d2d8; --bar: #20303c; --bar-ink: #ffffff; --link: #00627c;
  --link-ink: #ffffff; --bad: #a11b1b; --good: #17633a; }
@media (prefers-color-scheme: dark) { :root { --ground: #12181c; --paper: #1b2329; --ink: #edf1f3;
  --soft: #a7b2ba; --line: #3b474f; --bar: #0a0f12; --link: #6fc7de; --link-ink: #06222b;
  --bad: #ffb0a8; --good: #86dcae; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Liberation Sans", sans-serif; overflow-wrap: anywhere; }
header { background: var(--bar); color: var(--bar-ink); padding: .7rem 1rem; display: flex;
  flex-wrap: wrap; gap: .2rem 1.2rem; }
header a { color: inherit; }
header [data-test] { font-weight: 600; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem; }
.login { max-width: 26rem; }
section, .login form, .login .way { background: var(--paper); border: 1px solid var(--line);
  border-radius: 6px; padding: 1rem 1.25rem; margin-bottom: 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; }
h3 { font-size: 1.05rem; margin: 0 0 .3rem; }
p { margin: 0 0 .7rem; }
a { color: var(--link); }
label { display: block; font-weight: 600; margin-bottom: .8rem; }
input { display: block; width: 100%; font: inherit; color: inherit; padding: .5rem .6rem;
  background: var(--ground); border: 1px solid var(--soft); border-radius: 4px; }
button, .puik-button { display: inline-block; font: inherit; font-weight: 600; cursor: pointer;
  padding: .5rem 1rem; margin: .2rem .5rem .2rem 0; border: 1px solid var(--link);
  border-radius: 4px; background: var(--link); color: var(--link-ink); text-decoration: none; }
:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
button:focus-visible, .puik-button:focus-visible { outline-color: var(--link); }
[role=alert] { color: var(--bad); border: 1px solid; border-radius: 4px; padding: .5rem .8rem; }
[role=alert][hidden] { display: none; }
.verified { color: var(--good); }
.soft { color: var(--soft); }
"""
"""Readable on a small window, in the dark, and without a mouse."""


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
    lang: str = "en"


def admin_link(accounts: Accounts, controller: str, **params: str) -> str:
    query = {"controller": controller} | params
    return f"{accounts.back_office}/index.php?{php_query(query)}"


def login(page: LoginPage) -> str:
    log_in, name = _said(page.lang, "Log in"), html.escape(page.shop_name)
    error = ""
    if page.error:
        text = _said(page.lang, ERRORS.get(page.error, page.error))
        error = f'<p class="alert" role="alert" data-test="{_q(page.error)}">{text}</p>'
        if page.error == "email_not_verified" and page.resend_url:
            again = _said(page.lang, "Send the message again")
            error += f'<p><a href="{_q(page.resend_url)}">{again}</a></p>'
    if page.sign_on_url:
        body = (
            '<div class="way">'
            f'<p><a class="puik-button puik-button--primary" data-test="login-with-prestashop"'
            f' href="{_q(page.sign_on_url)}">{_said(page.lang, "Log in with PrestaShop")}</a></p>'
            f'<p><a href="{_q(page.local_url)}">'
            f"{_said(page.lang, 'Connect with another method')}</a></p></div>"
        )
    else:
        body = (
            f'<form method="post" action="{_q(page.form_url)}">'
            f'<label>{_said(page.lang, "Email")} <input type="email" id="email" name="email"'
            ' required autocomplete="username"></label>'
            f'<label>{_said(page.lang, "Password")} <input type="password" id="passwd"'
            ' name="passwd" required autocomplete="current-password"></label>'
            f'<button type="submit" name="submitLogin" value="1">{log_in}</button></form>'
        )
    head = f"<h1>{name}</h1>"
    note = f'<p class="soft">{_said(page.lang, "Back office of a simulated store")}</p>'
    main = f'<main class="login">{head}{note}{error}{body}</main>'
    return _document(page.lang, f"{page.shop_name}: {say(page.lang, 'Log in')}", main)


def dashboard(accounts: Accounts, employee: Employee, title: str = "Dashboard") -> str:
    """Any page that we do not know shows as this one."""
    return inside(accounts, employee, title, f"<p>{html.escape(accounts.shop.name)}</p>")


def inside(accounts: Accounts, employee: Employee, title: str, body: str) -> str:
    """A page of somebody who is logged in."""
    code = lang(accounts)
    settings = admin_link(accounts, "AdminModules", configure="ps_accounts")
    logout = admin_link(accounts, "AdminLogin", logout="1")
    dash = admin_link(accounts, "AdminDashboard")
    head = (
        f'<header><span data-test="employee-email">{html.escape(employee.email)}</span>'
        f' <a href="{_q(dash)}">{_said(code, "Dashboard")}</a>'
        f' <a href="{_q(settings)}">PrestaShop Account</a>'
        f' <a id="header_logout" href="{_q(logout)}">{_said(code, "Sign out")}</a></header>'
    )
    said = say(code, title)
    return _document(code, said, f"{head}<main><h1>{html.escape(said)}</h1>{body}</main>")


def lang(accounts: Accounts) -> str:
    """What the back office of this store speaks."""
    return language(accounts.shop.of.profile.default)


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


def association(code: str, script_url: str, context: dict[str, object]) -> str:
    """The page of modules 5 to 7: the link that hands the shops over."""
    shown = json.dumps(context).replace("<", "\\u003c")
    return (
        f'<p><a data-testid="account-link-to-ui-link-shop-button" target="_blank"'
        f' href="{_q(str(context["onboardingLink"]))}">{_said(code, "Link")}</a></p>'
        f"<script>window.contextPsAccounts = {shown};</script>"
        f'<script src="{_q(script_url)}"></script>'
    )


def button(label: str, test: str, call: str, **data: str) -> str:
    told = "".join(f' data-{name}="{_q(value)}"' for name, value in data.items())
    return f'<button data-test="{test}"{told} onclick="{call}(this)">{html.escape(label)}</button>'


def scripted(parts: Iterable[str]) -> str:
    return f"{''.join(parts)}<script>{SCRIPT}</script>"


def _said(code: str, text: str) -> str:
    return html.escape(say(code, text))


def _document(code: str, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>"
    )


def _q(text: str) -> str:
    return html.escape(text, quote=True)
