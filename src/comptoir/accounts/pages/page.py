"""A page says in one place who may see it. Around every page: the visitor, the language, the
protection of forms, the headers that keep it out of frames, and errors as pages."""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from comptoir.accounts.pages import words
from comptoir.accounts.pages.rendering import render
from comptoir.accounts.people import sessions
from comptoir.accounts.people import store as people
from comptoir.accounts.people.rules import Visitor
from comptoir.base.errors import BadRequest, Forbidden, Problem
from comptoir.base.instant import to_ms
from comptoir.infra.http.admission import address_of
from comptoir.infra.http.context import Context, base_of, context_of, request_id
from comptoir.infra.http.endpoint import read_body
from comptoir.infra.vault import VaultError

SIGN_IN = "/account/sign-in"
HOME = "/account"
FRESH_MS = 15 * 60_000
"""How long after a sign-in one may change what one signs in with."""
LOCAL = re.compile(
    r"/(account((/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?)(\?[^\s\\#]*)?|oauth2/authorize\?[^\s\\#]*)"
)
APPLICATION = "application that is shown"
"""What the name of an application is sealed for."""
CHOICES = ("lang", "ui_locales")
"""Parameters that choose the language."""
YEAR = 365 * 86_400
FORM = "application/x-www-form-urlencoded"


class Who(Enum):
    """Who may see a page."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    JUST_SIGNED_IN = "signed in within 15 minutes"


@dataclass(kw_only=True, eq=False)
class FormRefused(Forbidden):
    """The form was not sent from our own page in this browser, or its page is too old."""

    code = "accounts.form_refused"
    title = "The form could not be taken"

    def detail(self) -> str:
        return "Load the page again and send the form from there; cookies must be allowed."


@dataclass(kw_only=True, eq=False)
class FormUnreadable(BadRequest):
    """The form is not one that a page of ours sends."""

    code = "accounts.form_unreadable"
    title = "The form cannot be read"


class SignedOutMeanwhile(Exception):
    """The visitor's session has ended since the request began."""


@dataclass(slots=True)
class Visit:
    """One request of a page."""

    request: Request
    context: Context
    language: str
    form_secret: str
    visitor: Visitor | None = None
    form: dict[str, str] = field(default_factory=dict)
    cookies: list[tuple[str, str, int]] = field(default_factory=list)
    """To set with the answer: name, value, seconds; 0 seconds: take it back."""
    leaves: bool = False
    """The form of the page may end at another origin: an application's redirect URI."""

    @property
    def me(self) -> Visitor:
        assert self.visitor is not None, "the page is for who is signed in"
        return self.visitor

    @property
    def actor(self) -> str:
        return f"user:{self.visitor.user.user_id}" if self.visitor else "anyone"

    @property
    def now(self) -> int:
        return to_ms(self.context.clock.now())

    @property
    def address(self) -> str:
        return address_of(self.request)

    @property
    def browser(self) -> str:
        return self.request.headers.get("user-agent", "")

    @property
    def request_id(self) -> str:
        return request_id(self.request)

    @property
    def form_token(self) -> str:
        """What a form of this browser must send back."""
        return self.context.vault.hash(f"form {self.form_secret}").hex()

    def say(self, key: str, **facts: object) -> str:
        """A sentence in the visitor's language."""
        return words.say(self.language, key, **facts)

    def tell(self, problem: Problem) -> str:
        """What went wrong, in the visitor's language."""
        facts = {name: value for name, value in problem.facts().items() if name != "reason"}
        return words.problem(self.language, problem.code, problem.detail(), facts)

    def application_of(self, wanted: str) -> str:
        """Whom the sign-in is for, of the page that is wanted after it; empty for our own pages."""
        sealed = dict(parse_qsl(wanted.partition("?")[2])).get("for", "")
        try:
            return self.context.vault.open(bytes.fromhex(sealed), APPLICATION).decode()
        except (ValueError, VaultError):
            return ""

    @property
    def has_page(self) -> bool:
        """Whether something can be read at this path; of a form's, often nothing."""
        router, path = self.request.app.router, self.request.scope["path"]
        return self.request.method != "POST" or router.answers("GET", path)

    def in_language(self, code: str) -> str:
        """The address of this page in another language; of the first page, where this one answers
        a form and nothing can be read at its path."""
        if not self.has_page:
            return f"{HOME}?lang={code}"
        query = [(k, v) for k, v in self.request.query_params.multi_items() if k not in CHOICES]
        return f"?{urlencode([*query, ('lang', code)])}"

    def cookie(self, name: str) -> str:
        return self.request.cookies.get(cookie_name(self.context, name), "")

    def set_cookie(self, name: str, value: str, seconds: int) -> None:
        self.cookies.append((name, value, seconds))

    def leads_to(self, wanted: str) -> None:
        """The form of the page ends at `wanted`, which may send on to an application."""
        self.leaves = local(wanted).startswith("/oauth2/")

    def query(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    def page(self, template: str, status: int = 200, **facts: object) -> Response:
        html = render(template, visit=self, **facts)
        return Response(html, status, media_type="text/html")


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    method: str
    path: str
    handler: Handler
    who: Who
    limit: str = "address"
    """The rate limit that it counts against, per address."""
    foreign_form: bool = False
    """The form comes from elsewhere: it has no effect for the person who sends it."""

    def route(self) -> Route:
        async def answer(request: Request) -> Response:
            return await _answer(self, request)

        answer.template = self.path  # type: ignore[attr-defined]
        return Route(self.path, answer, methods=[self.method])


def go(where: str) -> Response:
    """On to another page of ours, by GET."""
    return RedirectResponse(where, 303)


def local(where: str) -> str:
    """`where`, when it is a page of ours; else the first page. Nobody is led elsewhere."""
    return where if LOCAL.fullmatch(where) and "//" not in where.partition("?")[0] else HOME


def sign_in_first(next_page: str) -> Response:
    return go(with_next(SIGN_IN, next_page))


def with_next(path: str, wanted: str) -> str:
    """The page at `path`, which leads on to `wanted`."""
    return f"{path}?next={quote(wanted, safe='')}" if wanted else path


def cookie_name(context: Context, name: str) -> str:
    """`__Host-` binds it to this very host (RFC 6265bis §4.1.3.2); it needs https."""
    secure = context.settings.base.startswith("https:")
    return f"__Host-comptoir_{name}" if secure else f"comptoir_{name}"


async def visitor_of(request: Request, context: Context) -> Visitor | None:
    """Who is signed in in the browser that sent this."""
    secret = request.cookies.get(cookie_name(context, "session"), "")
    if not secret:
        return None
    now = to_ms(context.clock.now())
    found = await context.db.read(lambda db: sessions.find_visitor(db, context.vault, secret, now))
    if found is not None and now - found.session.seen_at > sessions.SEEN_EVERY_MS:
        session_id = found.session.session_id
        await context.db.write(lambda work: people.see_session(work.db, session_id, work.now_ms))
    return found


async def visit_of(request: Request) -> Visit:
    context = context_of(request)
    visitor = await visitor_of(request, context)
    language = words.choose(
        request.query_params.get("ui_locales", "") or request.query_params.get("lang", ""),
        request.cookies.get(cookie_name(context, "language"), ""),
        visitor.user.language if visitor else "",
        request.headers.get("accept-language", ""),
    )
    visit = Visit(request, context, language, "", visitor)
    visit.form_secret = visit.cookie("form")
    asked = "ui_locales" in request.query_params and not visit.cookie("language")
    if asked or "lang" in request.query_params:  # an application's wish is no choice of theirs
        visit.set_cookie("language", language, YEAR)
    if not visit.form_secret:
        visit.form_secret = context.ids.token(16)
        visit.set_cookie("form", visit.form_secret, YEAR)
    return visit


async def _answer(page: Page, request: Request) -> Response:
    visit = await visit_of(request)
    try:
        visit.context.limits.take(request, (page.limit, visit.address))
        if page.method == "POST":
            await _read_form(visit, foreign=page.foreign_form)
            # It may have taken its time: is the session still there?
            visit.visitor = visit.visitor and await visitor_of(request, visit.context)
        response = _turned_away(page, visit) or await page.handler(visit)
    except SignedOutMeanwhile:
        response = sign_in_first(HOME)
    except Problem as problem:
        response = error_page(visit, problem)
    if page.foreign_form and visit.visitor is None:
        visit.cookies.clear()  # browsers send none along from elsewhere: ours stay as they are
    return finish(visit, response)


def signed_in_long_ago(visit: Visit) -> bool:
    """Whether somebody is signed in, but not `Who.JUST_SIGNED_IN`."""
    there = visit.visitor
    return there is not None and visit.now - there.session.authenticated_at > FRESH_MS


def _turned_away(page: Page, visit: Visit) -> Response | None:
    if page.who is Who.ANYONE:
        return None
    url = visit.request.url
    back = f"{url.path}?{url.query}".rstrip("?") if visit.has_page else HOME
    if visit.visitor is None:
        return sign_in_first(back)
    if page.who is Who.JUST_SIGNED_IN and signed_in_long_ago(visit):
        return sign_in_first(back)
    return None


async def _read_form(visit: Visit, *, foreign: bool) -> None:
    """Raises: FormRefused, FormUnreadable, BodyTooLarge."""
    request = visit.request
    origin = request.headers.get("origin")
    ours = {visit.context.settings.base, base_of(request)}
    if not foreign and origin is not None and origin not in {_origin(base) for base in ours}:
        raise FormRefused
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise FormUnreadable
    body = await read_body(request, limit=65536)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=100, errors="strict"
        )
    except ValueError as wrong:
        raise FormUnreadable from wrong
    visit.form = dict(pairs)
    if any("\0" in text for text in visit.form.values()):
        raise FormUnreadable
    if foreign:
        if len(visit.form) < len(pairs):  # a parameter came twice (RFC 6749 §3.1)
            raise FormUnreadable
        return
    # The cookie must have come with the form: a secret made just now protects nothing.
    given = visit.form.get("form_token", "")
    sent = bool(visit.cookie("form"))
    if not sent or not hmac.compare_digest(given.encode(), visit.form_token.encode()):
        raise FormRefused


def _origin(base: str) -> str:
    scheme, _, rest = base.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def error_page(visit: Visit, problem: Problem) -> Response:
    """What went wrong, as a page."""
    response = visit.page(
        "message.html",
        problem.status,
        title=visit.say("error.title"),
        text=visit.tell(problem),
        bad=True,
    )
    retry = problem.facts().get("retry_after")
    if retry is not None:
        response.headers["Retry-After"] = str(retry)
    return response


def finish(visit: Visit, response: Response) -> Response:
    """The headers of every page, and its cookies."""
    form_action = "" if visit.leaves else "; form-action 'self'"
    response.headers.update(
        {
            "Content-Security-Policy": (
                "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self';"
                f" connect-src 'self'; base-uri 'none'; frame-ancestors 'none'{form_action}"
            ),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            # Not `no-referrer`: with it browsers call our own forms' origin `null`.
            "Referrer-Policy": "same-origin",
        }
    )
    response.headers.setdefault("Cache-Control", "no-store")
    secure = visit.context.settings.base.startswith("https:")
    for name, value, seconds in visit.cookies:
        response.set_cookie(
            cookie_name(visit.context, name),
            value,
            max_age=seconds,
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )
    return response
