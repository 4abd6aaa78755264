"""POST /oauth2/token: client authentication, and the client-credentials grant (RFC 6749 §4.4)."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from comptoir.accounts import (
    UNTIL_USED,
    Client,
    ClientKind,
    end_previous_secret,
    find_clients,
)
from comptoir.base.instant import to_ms
from comptoir.infra.http.auth import Caller
from comptoir.infra.http.context import Context
from comptoir.infra.http.endpoint import json_response, read_body
from comptoir.oauth import person_grants
from comptoir.oauth.errors import (
    InvalidClient,
    InvalidTokenRequest,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from comptoir.oauth.rules import decide
from comptoir.oauth.tokens import tokens_of

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Credentials:
    client_id: str
    secret: str


def read_form(body: bytes) -> dict[str, str]:
    """The form's members. Empty ones count as given: stores send `scope=`.

    Raises:
        InvalidTokenRequest: not a form, or a member comes twice (RFC 6749 §3.2).
    """
    try:
        parts = body.decode("utf-8").split("&", MOST_FIELDS)
    except UnicodeDecodeError as wrong:
        raise InvalidTokenRequest(reason="the body is not a form in UTF-8") from wrong
    if len(parts) > MOST_FIELDS:
        raise InvalidTokenRequest(reason=f"there are more than {MOST_FIELDS} parameters in it")
    form: dict[str, str] = {}
    for part in parts:  # `parse_qsl` takes twice as long
        if not part:
            continue
        name, _, value = part.partition("=")
        if "%" in part or "+" in part:
            name, value = unquote_plus(name), unquote_plus(value)
        if "\0" in name or "\0" in value:
            raise InvalidTokenRequest(reason="there is a NUL character in the form")
        if name in form:
            raise InvalidTokenRequest(reason=f"the parameter {name!r} is repeated")
        form[name] = value
    return form


def read_credentials(authorization: str, form: dict[str, str]) -> Credentials:
    """Client id and secret, from Basic or from the body (RFC 6749 §2.3.1).

    Both are form-encoded in Basic; who does not encode them is understood as well, for ours hold
    letters, digits, `-` and `_` only. A client id repeated in the form beside Basic is accepted
    when it is the same one.

    Raises:
        InvalidClient, InvalidTokenRequest.
    """
    scheme, _, rest = authorization.partition(" ")
    if not authorization:
        if not form.get("client_id"):
            raise InvalidClient(reason="no client_id came, neither in Basic nor in the form")
        return Credentials(form["client_id"], form.get("client_secret", ""))
    if scheme.lower() != "basic":
        raise InvalidClient(reason="the Authorization header is not Basic")
    try:
        client_id, colon, secret = (
            base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        )
    except (binascii.Error, UnicodeDecodeError) as wrong:
        raise InvalidClient(reason="the Basic credentials are not base64") from wrong
    if not colon or "\0" in unquote_plus(client_id):
        raise InvalidClient(reason="the Basic credentials are not a client_id, a colon, a secret")
    client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    repeated = form.get("client_id")
    if repeated and repeated != client_id:
        raise InvalidClient(reason="the client_id in the form differs from the one in Basic")
    if form.get("client_secret"):
        raise InvalidTokenRequest(reason="client_secret came both in Basic and in the form")
    return Credentials(client_id, secret)


async def authenticate(context: Context, given: Credentials, *, refreshing: bool) -> Client:
    """The client that this is. A public one has no secret. A store's own client sends none with a
    refresh token, which is bound to it and good once (spec/accounts.md §1.4.3).

    Raises: InvalidClient, the same for an unknown client and a wrong secret.
    """
    client = await context.db.look_up(find_clients, given.client_id)
    now = to_ms(context.clock.now())
    right = _knows_secret(context, client, given.secret, now)
    if client is not None and not given.secret:
        right = client.public or (refreshing and client.kind is ClientKind.STORE)
    if client is None or not right or client.revoked_at is not None:
        raise InvalidClient(reason="unknown client, or a wrong client_secret")
    until_used = client.previous_until == UNTIL_USED
    if until_used and context.vault.matches(given.secret, client.secret_hash):
        await context.db.write(
            lambda work: end_previous_secret(work, client.client_id),
            actor=f"client:{client.client_id}",
        )
    return client


def _knows_secret(context: Context, client: Client | None, secret: str, now: int) -> bool:
    """Takes as long for a client that there is not."""
    stored = (client.secret_hash if client else b"") or bytes(32)
    right = context.vault.matches(secret, stored)
    if client is not None and client.previous_until is not None and client.previous_until > now:
        right = context.vault.matches(secret, client.previous_secret_hash) or right
    return right


async def client_and_form(request: Request, context: Context) -> tuple[Client, dict[str, str]]:
    """Who asks, authenticated, and what was sent.

    Raises: InvalidClient, InvalidTokenRequest.
    """
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if kind != FORM:
        raise InvalidTokenRequest(reason=f"send the parameters as {FORM}, not as {kind}")
    form = read_form(await read_body(request, limit=65536))
    client = await authenticate(
        context,
        read_credentials(request.headers.get("authorization", ""), form),
        refreshing=form.get("grant_type") == "refresh_token",
    )
    return client, form


async def token(request: Request, context: Context, _: Caller | None) -> Response:
    client, form = await client_and_form(request, context)
    grant_type = form.get("grant_type", "")
    if not grant_type:
        raise InvalidTokenRequest(reason="grant_type is missing")
    if grant_type == "client_credentials":
        answer = await _client_credentials(context, client, form)
    elif grant_type == "authorization_code":
        answer = await person_grants.authorization_code(request, context, client, form)
    elif grant_type == "refresh_token":
        answer = await person_grants.refresh(request, context, client, form)
    else:
        raise UnsupportedGrantType(grant_type=grant_type)
    return json_response(answer, cache_control="no-store", pragma="no-cache")


async def _client_credentials(
    context: Context, client: Client, form: dict[str, str]
) -> dict[str, Any]:
    if client.kind is ClientKind.APPLICATION:
        raise UnauthorizedClient(grant_type="client_credentials")
    grant = decide(
        client,
        form.get("audience", ""),
        form.get("scope", ""),
        base=context.settings.base,
        verified=client.verified,
        aliases=context.settings.host_aliases,
    )
    tokens = tokens_of(context)
    return {
        "access_token": await tokens.issue(client.client_id, grant),
        "expires_in": tokens.lifetime,
        "scope": " ".join(grant.scopes),
        "token_type": "bearer",
    }
