"""POST /oauth2/revoke (RFC 7009) and /oauth2/introspect (RFC 7662)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from comptoir.accounts import Client
from comptoir.base.instant import to_ms
from comptoir.infra.http.auth import Caller, TokenInvalid
from comptoir.infra.http.context import Context, request_id
from comptoir.infra.http.endpoint import json_response
from comptoir.infra.work import Work
from comptoir.oauth import authorizations, revocation
from comptoir.oauth.errors import InvalidClient, InvalidTokenRequest
from comptoir.oauth.rules import own_audiences
from comptoir.oauth.token_endpoint import client_and_form
from comptoir.oauth.tokens import tokens_of

SHOWN = ("iss", "sub", "aud", "client_id", "iat", "nbf", "exp", "jti", "mode")


async def _asked(request: Request, context: Context) -> tuple[Client, str, dict[str, Any] | None]:
    """The client, the token it asks about, and what that says if it is good.

    `token_type_hint` may be wrong (RFC 7009 §2.1): there is one type.

    Raises: InvalidClient, InvalidTokenRequest.
    """
    client, form = await client_and_form(request, context)
    token = form.get("token", "")
    if not token:
        raise InvalidTokenRequest(reason="token is missing")
    try:
        return client, token, await tokens_of(context).read(token)
    except TokenInvalid:
        return client, token, None


async def revoke(request: Request, context: Context, _: Caller | None) -> Response:
    """A token that is no good already is as its holder wants it: 200 (RFC 7009 §2.2)."""
    client, token, claims = await _asked(request, context)
    await _end_refresh_token(request, context, client, token)
    if claims is not None:
        if claims.get("client_id") != client.client_id:
            raise InvalidTokenRequest(reason="the token was issued to another client")
        await context.db.write(
            lambda work: revocation.revoke(
                work, str(claims["jti"]), client.client_id, claims["exp"] * 1000
            ),
            actor=f"client:{client.client_id}",
            request_id=request_id(request),
        )
        tokens_of(context).forget(token, str(claims["jti"]))
    return Response(status_code=200, headers={"cache-control": "no-store"})


async def _end_refresh_token(
    request: Request, context: Context, client: Client, token: str
) -> None:
    """With a refresh token all of its authorization ends (RFC 7009 §2.1)."""

    def unit(work: Work) -> None:
        made = authorizations.of_refresh_token(work.db, context.vault, token, work.now_ms)
        if made is not None and made.client_id == client.client_id:
            authorizations.end(work, made.authorization_id, "revoked by its client")

    if token.startswith(f"{authorizations.REFRESH}_"):
        actor = f"client:{client.client_id}"
        await context.db.write(unit, actor=actor, request_id=request_id(request))


async def introspect(request: Request, context: Context, _: Caller | None) -> Response:
    """A client learns about tokens that it got itself, and about those that are meant for it; of
    any other no more than of one that does not exist (RFC 7662 §2.2)."""
    client, token, claims = await _asked(request, context)
    if client.public:
        raise InvalidClient(reason="a public client has no secret: only others may introspect")
    found: dict[str, Any] = {"active": False}
    now = to_ms(context.clock.now())
    made = await context.db.read(
        lambda db: authorizations.of_refresh_token(db, context.vault, token, now)
    )
    if made is not None and made.client_id == client.client_id:
        found = {
            "active": True,
            "token_type": "refresh_token",
            "scope": " ".join(made.scopes),
            "client_id": made.client_id,
            "sub": made.user_id,
            "iss": context.settings.base,
        }
    if claims is not None and _may_know(client, claims):
        found = {"active": True, "token_type": "Bearer", "scope": " ".join(claims.get("scp", ()))}
        found.update({name: claims[name] for name in SHOWN if name in claims})
    return json_response(found, cache_control="no-store", pragma="no-cache")


def _may_know(client: Client, claims: dict[str, Any]) -> bool:
    issued_to_it = claims.get("client_id") == client.client_id
    return issued_to_it or not set(own_audiences(client)).isdisjoint(claims.get("aud", ()))
