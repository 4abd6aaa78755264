"""A browser that keeps cookies and follows nothing by itself, and the authorization-code flow as it
goes through one."""

import base64
import hashlib
import html
import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.server import Answer, Server

ADA, PASSWORD = "ada@b.test", "correct horse battery"
CALLBACK = "http://localhost:1/cb"
AFTER = "http://localhost:1/after"
VERIFIER = "v" * 43
SCOPE = "openid offline_access"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class App:
    """A client, as the command line or the Accounts API made it."""

    client_id: str
    client_secret: str
    redirect_uri: str = CALLBACK

    def request(self, **changes: str | None) -> dict[str, str]:
        """An authorization request that is right, with changes; None leaves a parameter out."""
        asked: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": SCOPE,
            "state": "xyz",
            "nonce": "n",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        asked.update(changes)
        return {name: text for name, text in asked.items() if text is not None}

    @property
    def credentials(self) -> dict[str, str]:
        secret = {"client_secret": self.client_secret} if self.client_secret else {}
        return {"client_id": self.client_id, **secret}


@dataclass(slots=True)
class Browser:
    server: Server
    jar: dict[str, str] = field(default_factory=dict)
    agent: str = "Browser/1"
    email: str = ADA
    """Who sits in front of it: who signed in last."""

    def go(self, method: str, url: str, **how: Any) -> Answer:
        """One request; the answer's cookies are kept."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Accept": "text/html",
            "User-Agent": self.agent,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items()),
            **how.pop("headers", {}),
        }
        answer = self.server.request(method, path, headers=headers, **how)
        for line in cookies_of(answer):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            self.jar[name] = value
            if "max-age=0" in line.lower():
                del self.jar[name]
        return answer

    def get(self, url: str, **how: Any) -> Answer:
        return self.go("GET", url, **how)

    def send(self, page: str, action: str = "", **fields: str) -> Answer:
        """Load a page and send its form, with `fields` typed in."""
        shown = self.get(page)
        assert shown.status == 200, shown.text
        where = action or urlsplit(page).path
        return self.go("POST", where, form=hidden(shown, where) | fields)

    def sign_in(
        self, email: str = ADA, password: str = PASSWORD, wanted: str = "/account"
    ) -> Answer:
        query, self.email = urlencode({"next": wanted}), email
        return self.send(f"/account/sign-in?{query}", email=email, password=password)

    def signed_in(self) -> bool:
        return self.get("/account").status == 200

    def authorize(self, app: App, **changes: str | None) -> Answer:
        return self.get(f"/oauth2/authorize?{urlencode(app.request(**changes))}")

    def let_in(self, app: App, **changes: str | None) -> Answer:
        """The person lets the application in; a store that is not theirs asks who they are."""
        answer = self.authorize(app, **changes)
        where = answer.header("Location") or ""
        if where.startswith("/account/sign-in"):
            answer = self.send(where, email=self.email, password=PASSWORD)
            answer = self.get(answer.header("Location") or "")
        return answer

    def code(self, app: App, **changes: str | None) -> str:
        return landed(self.let_in(app, **changes))["code"]


def hidden(page: Answer, action: str = "") -> dict[str, str]:
    """The hidden inputs of the form with that action, or of the first form."""
    found = [text for text in page.text.split("</form>") if f'action="{action}"' in text]
    text = found[0] if action and found else page.text.partition("</form>")[0]
    form = text.rpartition("<form")[2]
    return {m[1]: html.unescape(m[2]) for m in HIDDEN.finditer(form)}


def cookies_of(answer: Answer) -> list[str]:
    return [value for name, value in answer.headers if name.lower() == "set-cookie"]


def landed(answer: Answer) -> dict[str, str]:
    """The parameters with which a browser comes back to the application."""
    assert answer.status == 303, answer.text
    where = answer.header("Location") or ""
    assert where.startswith("http"), where
    return dict(parse_qsl(urlsplit(where).query, keep_blank_values=True, strict_parsing=True))


def exchange(server: Server, app: App, code: str, **changes: str) -> Answer:
    """A code for tokens, as the application asks."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": app.redirect_uri,
        "code_verifier": VERIFIER,
        **app.credentials,
        **changes,
    }
    return server.post("/oauth2/token", form={k: v for k, v in form.items() if v != "-"})


def renew(server: Server, app: App, token: str, **changes: str) -> Answer:
    form = {"grant_type": "refresh_token", "refresh_token": token, **app.credentials, **changes}
    return server.post("/oauth2/token", form=form)


def is_good(server: Server, access_token: str) -> bool:
    return server.get("/oauth2/userinfo", token=access_token).status == 200


def mails(server: Server) -> list[tuple[str, str, str]]:
    """Address, subject and text of what was sent at once, the latest last: not of what tells of a
    change, which comes some time after it."""
    found = []
    for path in sorted((server.data / "mail").glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        if "was changed" not in mail["Subject"]:
            found.append((str(mail["To"]), str(mail["Subject"]), mail.get_content()))
    return found


def mailed_code(server: Server) -> str:
    """The code of the latest mail."""
    found = re.search(r"\b(\d{4}) (\d{4})\b", mails(server)[-1][1])
    assert found, mails(server)[-1]
    return found[1] + found[2]
