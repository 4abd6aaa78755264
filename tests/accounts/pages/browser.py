"""A browser without a window: it keeps cookies and sends forms as they stand on the page.

    browser = Browser(comptoir)
    ada = person(comptoir, "ada@people.example")
    browser.sign_in(ada)
    page = browser.get("/account/organisations")
    browser.submit(page, "/account/organisations", name="Ateliers")

Nothing is followed by itself: `browser.follow(answer)` goes where a redirect leads.
"""

import email
import email.policy
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from tests.eventually import eventually
from tests.server import Answer, Server

PASSWORD = "correct horse battery"
"""Of every person that `person` makes."""


@dataclass(frozen=True, slots=True)
class Person:
    user_id: str
    email: str


def person(server: Server, address: str, *names: str) -> Person:
    """Somebody with an account and an organisation of their own. `names`: first, last."""
    first, last = (*names, "", "")[:2]
    named = ("--first-name", first, "--last-name", last)
    made = server.quick_cli("user", "create", "--email", address, "--password", PASSWORD, *named)
    return Person(made["user"], made["email"])


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and what it sends unless somebody types in more."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        if tag == "form":
            self._form = Form(has.get("method", "get").upper(), has.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(tag, has)

    def _field(self, tag: str, has: dict[str, str]) -> None:
        assert self._form is not None
        name, fields = has.get("name", ""), self._form.fields
        if tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in fields or "selected" in has):
            fields[self._select] = has.get("value", "")
        elif tag == "input" and name:
            off = has.get("type") in ("checkbox", "radio") and "checked" not in has
            if not off:
                fields[name] = has.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(answer: Answer) -> _Reader:
    made = _Reader()
    made.feed(answer.text)
    return made


def forms(answer: Answer) -> list[Form]:
    return read(answer).forms


def links(answer: Answer) -> list[str]:
    """Where the page's links lead."""
    return read(answer).links


def words(answer: Answer) -> str:
    """What a reader sees, with single blanks."""
    return " ".join(" ".join(read(answer).words).split())


class Browser:
    """Of one person, or of nobody yet. `headers` go with every request."""

    def __init__(self, server: Server, **headers: str) -> None:
        self.server = server
        self.jar: dict[str, str] = {}
        self.headers = headers

    def request(self, method: str, url: str, **how: Any) -> Answer:
        """`url`: a path, or an address of this server. `how`: as `Server.request`."""
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent: dict[str, str] = {"Accept": "text/html", **self.headers, **how.pop("headers", {})}
        if self.jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        answer = self.server.request(method, path, headers=sent, **how)
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self._keep(value)
        return answer

    def _keep(self, header: str) -> None:
        pair, _, attributes = header.partition(";")
        name, _, value = pair.partition("=")
        if "max-age=0" in attributes.lower():
            self.jar.pop(name, None)
        else:
            self.jar[name] = value.strip('"')

    def get(self, url: str, **how: Any) -> Answer:
        return self.request("GET", url, **how)

    def post(self, url: str, form: Mapping[str, str], **how: Any) -> Answer:
        """The form with this browser's token, which `form` may replace."""
        return self.request("POST", url, form={"form_token": self.form_token(), **form}, **how)

    def form_token(self) -> str:
        """What every form of this browser carries. It is taken from the page to sign in."""
        return forms(self.get("/account/sign-in"))[0].fields["form_token"]

    def submit(self, page: Answer, action: str, **typed: str) -> Answer:
        """Send the page's form that goes to `action`, with what was typed in."""
        found = [form for form in forms(page) if form.action == action]
        assert found, f"no form goes to {action}: {[form.action for form in forms(page)]}"
        fields = {**found[0].fields, **typed}
        assert found[0].method == "POST", "a form that changes something is posted"
        return self.request("POST", action, form=fields)

    def follow(self, answer: Answer) -> Answer:
        """Where redirects of this server lead in the end."""
        for _ in range(10):
            if answer.status not in (302, 303, 307):
                return answer
            answer = self.get(answer.header("location") or "")
        raise AssertionError("redirects without an end")

    def sign_in(self, who: Person | str, password: str = PASSWORD, wanted: str = "") -> Answer:
        """The answer to the form: 303 to `wanted` when it worked."""
        address = who.email if isinstance(who, Person) else who
        page = self.get(f"/account/sign-in?next={wanted}")
        return self.submit(page, "/account/sign-in", email=address, password=password)


def signed_in(server: Server, who: Person | str, **headers: str) -> Browser:
    """A browser in which this person is signed in."""
    made = Browser(server, **headers)
    answer = made.sign_in(who)
    assert answer.status == 303, answer.text
    return made


@dataclass(frozen=True, slots=True)
class Mail:
    to: str
    subject: str
    text: str


def mails(server: Server, to: str) -> list[Mail]:
    """What was sent to this address, the oldest first."""
    found = []
    for path in sorted((server.data / "mail").glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if message["To"].addresses[0].addr_spec == to:
            found.append(Mail(to, message["Subject"], message.get_content()))
    return found


def told(server: Server, to: str, words: str) -> list[Mail]:
    """The same, once the last of them says `words`: what tells of a change is sent after it."""

    def look() -> list[Mail]:
        found = mails(server, to)
        return found if found and words in f"{found[-1].subject}\n{found[-1].text}" else []

    return eventually(look)
