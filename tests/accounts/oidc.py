"""The OIDC login as `ps_accounts` 8 does it (spec/accounts.md §1.4.3-1.4.4), with a browser without
a window."""

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.accounts.pages.browser import PASSWORD, Browser, Person
from tests.server import Answer, Identity, Server

VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


def redirect_of(office: str) -> str:
    """PrestaShop before 9."""
    return f"{office}/index.php?controller=AdminOAuth2PsAccounts"


def question(client_id: str, redirect: str, **more: str) -> str:
    """The path that the module sends the browser to."""
    asked = {
        "ui_locales": "en",
        "state": "0123456789abcdef" * 2,
        "scope": "openid offline_access",
        "response_type": "code",
        "approval_prompt": "auto",
        "redirect_uri": redirect,
        "client_id": client_id,
        "acr_values": "",
        "prompt": "login",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"/oauth2/authorize?{urlencode(asked | more)}"


def landed(browser: Browser, path: str, who: Person, password: str = PASSWORD) -> dict[str, str]:
    """Sign in there. What the application gets, by name."""
    page = browser.follow(browser.get(path))
    answer = browser.submit(page, "/account/sign-in", email=who.email, password=password)
    while urlsplit(answer.header("location") or "").path.startswith("/oauth2/"):
        answer = browser.get(answer.header("location") or "")
    assert answer.status == 303, answer.text
    found = parse_qs(urlsplit(answer.header("location") or "").query, keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


def redeem(server: Server, store: Identity, redirect: str, code: str, **more: str) -> Answer:
    """The token request, byte for byte in the module's order."""
    form = {
        "grant_type": "authorization_code",
        "client_id": store.client_id,
        "client_secret": store.client_secret,
        "code": code,
        "scope": "",
        "audience": "",
        "redirect_uri": redirect,
        "code_verifier": VERIFIER,
    }
    return server.post("/oauth2/token", form=form | more)


def person_token(server: Server, store: Identity, office: str, who: Person) -> dict[str, str]:
    """What the store's client gets when this person signs in to its back office at `office`."""
    redirect = redirect_of(office)
    got = landed(Browser(server), question(store.client_id, redirect), who)
    answer = redeem(server, store, redirect, got["code"])
    assert answer.status == 200, answer.text
    found: dict[str, str] = answer.json
    return found
