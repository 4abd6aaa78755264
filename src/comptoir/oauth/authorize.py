"""The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2): a browser comes from an
application, the person signs in, and the browser goes back with a code.

No consent is asked for: the applications are the operator's, the vendors' and the stores' own
(spec/accounts.md §1.4.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import msgspec
from starlette.responses import RedirectResponse, Response

from comptoir.accounts import (
    APPLICATION,
    Client,
    Page,
    Shop,
    Visit,
    Visitor,
    Who,
    is_member,
    redirect_uris,
    session_is_there,
)
from comptoir.infra.http.auth import TokenInvalid
from comptoir.infra.vault import VaultError
from comptoir.infra.work import Work
from comptoir.oauth import authorizations, parameters
from comptoir.oauth.applications import find_application, label
from comptoir.oauth.authorizations import Authorization
from comptoir.oauth.errors import (
    ApplicationUnknown,
    AuthorizationRefused,
    RedirectMismatch,
    RequestRefused,
)
from comptoir.oauth.request import AuthorizationRequest, read_request
from comptoir.oauth.tokens import tokens_of

PATH = "/oauth2/authorize"
SEALED = "authorization request"
KEEP_MS = 3_600_000
"""How long the person has to sign in, or to make an account first."""


async def authorize(visit: Visit) -> Response:
    """A new request; or one that was sealed, and continues after a sign-in."""
    sealed = visit.query("flow")
    if sealed:
        return await _continue(visit, _opened(visit, sealed))
    return await _begin(visit, parameters.of_query(visit.request.url.query))


async def authorize_by_post(visit: Visit) -> Response:
    """The same parameters in a form of the application's (OpenID Connect Core §3.1.2.1). The
    browser sent no cookie with it: it comes again by GET."""
    given = visit.form
    parameters.check(given)
    application = await _application(visit, given)
    try:
        request = await _read(visit, given)
    except AuthorizationRefused as refused:
        return _back(visit, application, given.get("state"), refused)
    return RedirectResponse(f"{PATH}?flow={_sealed(visit, request)}", 303)


async def _begin(visit: Visit, given: Mapping[str, str]) -> Response:
    application = await _application(visit, given)
    try:
        request = await _read(visit, given)
    except AuthorizationRefused as refused:
        return _back(visit, application, given.get("state"), refused)
    return await _continue(visit, request)


@dataclass(frozen=True, slots=True)
class Application:
    """Who sent the browser here, and where it goes back to."""

    client: Client
    shop: Shop | None
    redirect_uri: str

    @property
    def label(self) -> str:
        return label(self.client, self.shop, [self.redirect_uri])


async def _application(visit: Visit, given: Mapping[str, str]) -> Application:
    """Raises: ApplicationUnknown, RedirectMismatch."""
    client_id = given.get("client_id", "")
    client, shop = await visit.context.db.read(lambda db: find_application(db, client_id))
    if client is None or client.revoked_at is not None:
        raise ApplicationUnknown
    if given.get("redirect_uri", "") not in redirect_uris(client, shop):
        raise RedirectMismatch
    return Application(client, shop, given["redirect_uri"])


async def _read(visit: Visit, given: Mapping[str, str]) -> AuthorizationRequest:
    """Raises: AuthorizationRefused."""
    settings, hinted = visit.context.settings, ""
    if given.get("id_token_hint"):
        try:
            claims = await tokens_of(visit.context).read_hint(given["id_token_hint"])
        except TokenInvalid as wrong:
            raise AuthorizationRefused(
                error="invalid_request", reason="id_token_hint is no id token of this server"
            ) from wrong
        hinted = str(claims.get("sub", ""))
    return read_request(
        given, base=settings.base, aliases=settings.host_aliases, now=visit.now, hinted=hinted
    )


def _sealed(visit: Visit, request: AuthorizationRequest) -> str:
    return visit.context.vault.seal(msgspec.json.encode(request), SEALED).hex()


def _opened(visit: Visit, sealed: str) -> AuthorizationRequest:
    """Raises: ApplicationUnknown, when it was not sealed here, or too long ago."""
    try:
        plain = visit.context.vault.open(bytes.fromhex(sealed), SEALED)
        request = msgspec.json.decode(plain, type=AuthorizationRequest)
    except (ValueError, VaultError) as wrong:
        raise ApplicationUnknown from wrong
    if visit.now - request.began_at > KEEP_MS:
        raise ApplicationUnknown
    return request


async def _continue(visit: Visit, request: AuthorizationRequest) -> Response:
    # Looked at again: while the person signed in, the store may have moved.
    given = {"client_id": request.client_id, "redirect_uri": request.redirect_uri}
    application = await _application(visit, given)
    visitor = visit.visitor
    code = ""
    if visitor and not await _must_sign_in(visit, visitor, request, application.shop):
        code = await _let_in(visit, visitor, request)
    if code:
        return _redirect(visit, request.redirect_uri, request.state, {"code": code})
    if "none" in request.prompts:
        refused = AuthorizationRefused(error="login_required", reason="nobody is signed in")
        return _back(visit, application, request.state, refused)
    return _to_sign_in(visit, request, application)


async def _must_sign_in(
    visit: Visit, visitor: Visitor, request: AuthorizationRequest, shop: Shop | None
) -> bool:
    """Also whoever comes to a store that is not of their organisations: anybody can make a store,
    so a link alone must not tell it who they are (RFC 9700 §4.11.2). The sign-in page says whose
    store it is."""
    user_id, at = visitor.user.user_id, visitor.session.authenticated_at
    if request.hinted_user not in ("", user_id) or request.must_sign_in(at, visit.now):
        return True
    if shop is None or request.made_for(at, visit.now):
        return False
    owner = shop.organisation_id
    return not await visit.context.db.read(lambda db: is_member(db, owner, user_id))


def _to_sign_in(visit: Visit, request: AuthorizationRequest, application: Application) -> Response:
    shown = visit.context.vault.seal(application.label[:200].encode(), APPLICATION).hex()
    query = {"next": f"{PATH}?flow={_sealed(visit, request)}&for={shown}"}
    if request.languages:
        query["ui_locales"] = request.languages
    if request.login_hint:
        query["login_hint"] = request.login_hint
    page = "sign-up" if request.sign_up else "sign-in"
    return RedirectResponse(f"/account/{page}?{urlencode(query, quote_via=quote)}", 303)


async def _let_in(visit: Visit, visitor: Visitor, request: AuthorizationRequest) -> str:
    """The code for the application; empty when the session has ended since the request began."""

    def unit(work: Work) -> str:
        if not session_is_there(work, visitor.session):
            return ""
        made = Authorization(
            authorization_id=work.ids.uuid(),
            client_id=request.client_id,
            user_id=visitor.user.user_id,
            session_id=visitor.session.session_id,
            scopes=tuple(request.scopes),
            audiences=tuple(request.audiences),
            nonce=request.nonce,
            methods=visitor.session.methods,
            authenticated_at=visitor.session.authenticated_at,
        )
        return authorizations.authorize(
            work, visit.context.vault, made, request.redirect_uri, request.challenge
        )

    return await visit.context.db.write(unit, actor=visit.actor, request_id=visit.request_id)


def _back(
    visit: Visit, application: Application, state: str | None, refused: AuthorizationRefused
) -> Response:
    """Raises: RequestRefused, for a store that anybody may have made."""
    if application.shop is not None and not application.shop.verified:
        raise RequestRefused(error=refused.error, why=refused.reason)
    facts = {"error": refused.error, "error_description": refused.reason}
    return _redirect(visit, application.redirect_uri, state, facts)


def _redirect(
    visit: Visit, redirect_uri: str, state: str | None, facts: dict[str, str]
) -> Response:
    """303: the form of a sign-in is not sent on to the application (RFC 9700 §4.12). `iss` says
    which server answers (RFC 9207)."""
    query = dict(facts)
    if state is not None:
        query["state"] = state
    query["iss"] = visit.context.settings.base
    mark = "&" if "?" in redirect_uri else "?"
    where = f"{redirect_uri}{mark}{urlencode(query, quote_via=quote)}"
    return RedirectResponse(where, 303)


PAGES = [
    Page("GET", PATH, authorize, Who.ANYONE),
    Page("POST", PATH, authorize_by_post, Who.ANYONE, foreign_form=True),
]
