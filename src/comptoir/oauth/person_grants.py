"""The grants in which a person takes part: authorization code and refresh token (RFC 6749 §4.1.3,
§6; RFC 7636 §4.6)."""

import hashlib
import re
from dataclasses import replace
from typing import Any

from starlette.requests import Request

from comptoir.accounts import Client, ClientKind, find_user
from comptoir.base import base64url
from comptoir.base.instant import to_ms
from comptoir.base.secret import same
from comptoir.infra.http.context import Context, request_id
from comptoir.infra.work import Work
from comptoir.oauth import authorizations
from comptoir.oauth.authorizations import Authorization
from comptoir.oauth.errors import (
    InvalidGrant,
    InvalidScope,
    InvalidTokenRequest,
    UnauthorizedClient,
)
from comptoir.oauth.request import OFFLINE, OPENID
from comptoir.oauth.tokens import tokens_of

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
Answer = dict[str, Any]


def challenge_of(verifier: str) -> str:
    """S256 (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64url.encode(digest)


async def authorization_code(
    request: Request, context: Context, client: Client, form: dict[str, str]
) -> Answer:
    """Raises: UnauthorizedClient, InvalidTokenRequest, InvalidGrant."""
    _require_person(client, "authorization_code")
    code = form.get("code", "")
    if not code:
        raise InvalidTokenRequest(reason="code is missing")

    def unit(work: Work) -> tuple[Authorization, str] | None:
        used = authorizations.use_code(work, context.vault, code, client.client_id)
        if used is None:
            return None
        made = authorizations.find(work.db, used.authorization_id)
        fits = (
            form.get("redirect_uri", "") == used.redirect_uri
            and _verified(form.get("code_verifier", ""), used.challenge)
            and made is not None
            and find_user(work.db, made.user_id) is not None
        )
        if made is None or not fits:
            # Whoever tried it did not begin this sign-in (RFC 9700 §4.5): nobody gets anything.
            authorizations.end(work, used.authorization_id, "a code did not fit")
            return None
        return made, _refresh_token(work, context, made)

    return await _answer(request, context, client, unit)


async def refresh(
    request: Request, context: Context, client: Client, form: dict[str, str]
) -> Answer:
    """Each refresh token is good once; its answer holds the next one. A narrower `scope` narrows
    the access token alone (RFC 6749 §6).

    Raises: UnauthorizedClient, InvalidTokenRequest, InvalidGrant, InvalidScope.
    """
    _require_person(client, "refresh_token")
    token = form.get("refresh_token", "")
    if not token:
        raise InvalidTokenRequest(reason="refresh_token is missing")
    wanted, now = form.get("scope", "").split(), to_ms(context.clock.now())
    held = await context.db.read(
        lambda db: authorizations.of_refresh_token(db, context.vault, token, now)
    )
    if held is not None and held.client_id == client.client_id:
        for scope in wanted:
            if scope not in held.scopes:
                raise InvalidScope(scope=scope)

    def unit(work: Work) -> tuple[Authorization, str] | None:
        mine = authorizations.use_refresh_token(work, context.vault, token, client.client_id)
        made = authorizations.find(work.db, mine) if mine else None
        if made is None or find_user(work.db, made.user_id) is None:
            return None
        scopes = tuple(scope for scope in made.scopes if scope in wanted) or made.scopes
        return replace(made, scopes=scopes), _refresh_token(work, context, made)

    return await _answer(request, context, client, unit)


def _require_person(client: Client, grant_type: str) -> None:
    if client.kind is ClientKind.VENDOR:
        raise UnauthorizedClient(grant_type=grant_type)


def _verified(verifier: str, challenge: str) -> bool:
    if not VERIFIER.fullmatch(verifier):
        return False
    return same(challenge_of(verifier).encode(), challenge.encode())


def _refresh_token(work: Work, context: Context, made: Authorization) -> str:
    if OFFLINE not in made.scopes:
        return ""
    return authorizations.add_refresh_token(
        work, context.vault, made.authorization_id, made.client_id
    )


async def _answer(request: Request, context: Context, client: Client, unit: Any) -> Answer:
    """Run `unit`, which may end an authorization and still give nothing. Raises: InvalidGrant."""
    done: tuple[Authorization, str] | None = await context.db.write(
        unit, actor=f"client:{client.client_id}", request_id=request_id(request)
    )
    if done is None:
        raise InvalidGrant
    made, refresh_token = done
    tokens = tokens_of(context)
    access_token = await tokens.issue_for_person(made)
    answer: Answer = {
        "access_token": access_token,
        "expires_in": tokens.lifetime,
        "scope": " ".join(made.scopes),
        "token_type": "bearer",
    }
    if refresh_token:
        answer["refresh_token"] = refresh_token
    if OPENID in made.scopes:
        answer["id_token"] = await tokens.issue_id_token(made, access_token)
    return answer
