"""A person with an account, clients that may ask for one, and the sign-in form sent as a browser
would: with its hidden inputs and the cookies that came with it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from tests.server import Server

SCOPE = "openid offline_access"
"""What PrestaShop's clients ask for (spec/accounts.md §1.4.4)."""
EMAIL = "anne@shop.example"
PASSWORD = "four blue herons by the weir"
AWAY = "http://127.0.0.1:1/callback"
"""A client's address; nothing listens there."""


@dataclass(frozen=True, slots=True)
class Client:
    """As `client create` made it."""

    client_id: str
    client_secret: str


def peopled(server: Server) -> Client:
    """Make the person's account and the vendor `acme`. Returns the vendor's own client."""
    server.quick_cli("user", "create", "--email", EMAIL, "--password", PASSWORD)
    made = server.quick_cli("vendor", "create", "acme")
    return Client(made["client_id"], made["client_secret"])


def client(
    server: Server, *redirects: str, after: tuple[str, ...] = (), public: bool = False
) -> Client:
    """An application of the vendor `acme`."""
    arguments = ["client", "create", "--vendor", "acme"]
    for uri in redirects:
        arguments += ["--redirect-uri", uri]
    for uri in after:
        arguments += ["--post-logout-redirect-uri", uri]
    made = server.quick_cli(*arguments, *(["--public"] if public else []))
    assert ("client_secret" in made) is not public
    return Client(made["client_id"], made.get("client_secret", ""))


def discovered(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/.well-known/openid-configuration").json
    return found


@dataclass(slots=True)
class Form(HTMLParser):
    """The form with the input `#email`: where it goes, and what it sends by itself."""

    action: str = ""
    values: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    found: bool = False

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self.found:
            return
        if tag == "form":
            self.action = given.get("action", "")
            self.values.clear()
        if tag == "input" and given.get("type") == "hidden":
            self.values[given["name"]] = given.get("value", "")
        elif tag == "input" and "id" in given:
            self.names[given["id"]] = given["name"]

    def handle_endtag(self, tag: str) -> None:
        self.found = self.found or (tag == "form" and "email" in self.names)


def land(browser: requests.Session, answer: requests.Response) -> str | requests.Response:
    """Follow an answer: the address outside the server that it leads to, or the page."""
    home = urlsplit(answer.url).netloc
    while "Location" in answer.headers:
        to = urljoin(answer.url, answer.headers["Location"])
        if urlsplit(to).netloc != home:
            return to
        answer = browser.get(to, allow_redirects=False, timeout=30)
    return answer


def send_form(browser: requests.Session, url: str, password: str) -> str | requests.Response:
    """Go to the authorization URL and send the form that is shown there. Returns as `land`."""
    shown = land(browser, browser.get(url, allow_redirects=False, timeout=30))
    assert not isinstance(shown, str), shown
    assert shown.status_code == 200, shown.text
    form = Form()
    form.feed(shown.text)
    assert form.found, shown.text
    sent = form.values | {form.names["email"]: EMAIL, form.names["password"]: password}
    answer = browser.post(urljoin(shown.url, form.action), sent, allow_redirects=False, timeout=30)
    return land(browser, answer)


def sign_in(browser: requests.Session, url: str) -> str:
    """As `send_form`, with the right password. Returns where the client gets its answer."""
    landed = send_form(browser, url, PASSWORD)
    assert isinstance(landed, str), landed.text
    return landed


def parameters(url: str) -> dict[str, str]:
    """The query of an address; no name twice."""
    found = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values()), url
    return {name: values[0] for name, values in found.items()}
