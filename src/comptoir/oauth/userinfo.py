"""GET and POST /oauth2/userinfo (OpenID Connect Core §5.3)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from comptoir.accounts import User, find_user
from comptoir.infra.http.auth import Caller, InsufficientScope, TokenInvalid
from comptoir.infra.http.context import Context
from comptoir.infra.http.endpoint import json_response
from comptoir.oauth.request import OPENID


async def userinfo(_: Request, context: Context, caller: Caller | None) -> Response:
    """Raises: TokenInvalid, when the person's account is gone; InsufficientScope."""
    assert caller is not None
    if OPENID not in caller.scopes:
        raise InsufficientScope(needed=OPENID)
    user = await context.db.read(lambda db: find_user(db, caller.user_id))
    if user is None:
        raise TokenInvalid(reason="the account that it is about is gone")
    return json_response(claims_of(user), cache_control="no-store")


def claims_of(user: User) -> dict[str, Any]:
    """What stores read: `sub`, `email`, `email_verified`, `name`, `firstname`, `lastname`,
    `picture` (spec/accounts.md §1.4.5); and the standard names of the same."""
    return {
        "sub": user.user_id,
        "email": user.email,
        "email_verified": True,
        "name": user.name or user.email,
        "firstname": user.first_name,
        "lastname": user.last_name,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "picture": "",
        "preferred_username": user.user_id,
        **({"locale": user.language} if user.language else {}),
    }
