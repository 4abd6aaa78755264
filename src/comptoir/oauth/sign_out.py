"""The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0): an application signs the
person out here and gets the browser back."""

from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from comptoir.accounts import Page, Visit, Who, post_logout_uris, sign_out_here
from comptoir.infra.http.auth import TokenInvalid
from comptoir.oauth import parameters
from comptoir.oauth.applications import find_application
from comptoir.oauth.errors import RedirectMismatch
from comptoir.oauth.tokens import tokens_of

PATH = "/oauth2/sign-out"
CONFIRM = f"{PATH}/confirm"


async def by_get(visit: Visit) -> Response:
    return await _sign_out(visit, parameters.of_query(visit.request.url.query))


async def by_post(visit: Visit) -> Response:
    parameters.check(visit.form)
    return await _sign_out(visit, visit.form)


async def _sign_out(visit: Visit, given: dict[str, str]) -> Response:
    """With an id token of this very person nobody is asked; else anybody's link could sign people
    out (§2)."""
    hint = await _hint(visit, given.get("id_token_hint", ""))
    client_id = given.get("client_id", "") or hint.get("azp", "")
    where = await _where(visit, str(client_id), hint, given)
    visitor = visit.visitor
    if visitor is None:
        return _done(visit, where)
    theirs = hint.get("sub") == visitor.user.user_id
    if not theirs:
        return visit.page("sign-out.html", action=CONFIRM, email=visitor.user.email)
    await sign_out_here(visit)
    return _done(visit, where)


async def confirmed(visit: Visit) -> Response:
    """The person said so, on our own page."""
    if visit.visitor is not None:
        await sign_out_here(visit)
    return _done(visit, "")


async def _hint(visit: Visit, id_token: str) -> dict[str, object]:
    """What the id token says; nothing when it is none of ours."""
    if not id_token:
        return {}
    try:
        return await tokens_of(visit.context).read_hint(id_token)
    except TokenInvalid:
        return {}


async def _where(
    visit: Visit, client_id: str, hint: dict[str, object], given: dict[str, str]
) -> str:
    """Where the browser goes then: only to what the client has registered. Empty: to no
    application. Raises: RedirectMismatch."""
    wanted = given.get("post_logout_redirect_uri", "")
    if not wanted:
        return ""

    client, shop = await visit.context.db.read(lambda db: find_application(db, client_id))
    other = bool(hint) and hint.get("azp") != client_id
    if client is None or client.revoked_at is not None or other:
        raise RedirectMismatch
    if wanted not in post_logout_uris(client, shop):
        raise RedirectMismatch
    state = given.get("state")
    if state is None:
        return wanted
    mark = "&" if "?" in wanted else "?"
    return f"{wanted}{mark}{urlencode({'state': state}, quote_via=quote)}"


def _done(visit: Visit, where: str) -> Response:
    if where:
        return RedirectResponse(where, 303)
    title, text = visit.say("signed_out.title"), visit.say("signed_out.text")
    return visit.page("message.html", title=title, text=text, bad=False)


PAGES = [
    Page("GET", PATH, by_get, Who.ANYONE),
    Page("POST", PATH, by_post, Who.ANYONE, foreign_form=True),
    Page("POST", CONFIRM, confirmed, Who.ANYONE),
]
