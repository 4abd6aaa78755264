"""An authorization request: read and judged (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core
§3.1.2.1). Pure."""

import re
from collections.abc import Collection, Mapping

import msgspec

from comptoir.infra.http.auth import is_ours
from comptoir.oauth.errors import AuthorizationRefused

OPENID, OFFLINE = "openid", "offline_access"
SCOPES = (OPENID, OFFLINE, "profile", "email")
PROMPTS = ("none", "login", "consent", "select_account", "create")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""Of S256: 32 bytes in base64url (RFC 7636 §4.2)."""
JUST_MS = 60_000
"""How long a sign-in that was made for a request satisfies it: time to follow the redirect, and no
more, or the address of the request would skip the next sign-in."""
SIGN_UP = "prompt:create"


class AuthorizationRequest(msgspec.Struct, frozen=True):
    """What an application asks for, checked."""

    client_id: str
    redirect_uri: str
    challenge: str
    scopes: list[str]
    began_at: int
    """Milliseconds: a sign-in since then was made for this request."""
    state: str | None = None
    nonce: str = ""
    audiences: list[str] = []
    prompts: list[str] = []
    max_age: int | None = None
    languages: str = ""
    login_hint: str = ""
    hinted_user: str = ""
    """`sub` of the `id_token_hint`."""
    sign_up: bool = False

    def made_for(self, authenticated_at: int, now: int) -> bool:
        """Whether the sign-in of that instant was made for this very request: then it is good,
        however small `max_age` is."""
        return authenticated_at >= self.began_at and now - authenticated_at <= JUST_MS

    def must_sign_in(self, authenticated_at: int, now: int) -> bool:
        """Whether the sign-in of that instant is not good enough for this request."""
        age = now - authenticated_at
        if self.made_for(authenticated_at, now):
            return False
        again = bool({"login", "select_account", "create"} & set(self.prompts))
        return again or (self.max_age is not None and age > self.max_age * 1000)


def read_request(
    given: Mapping[str, str], *, base: str, aliases: Collection[str], now: int, hinted: str
) -> AuthorizationRequest:
    """`given`: the parameters of a request whose client and redirect URI are right.

    Raises: AuthorizationRefused.
    """
    for name in ("request", "request_uri"):
        if given.get(name):
            raise AuthorizationRefused(error=f"{name}_not_supported", reason=f"{name} is not taken")
    if given.get("response_type") != "code":
        error = "unsupported_response_type" if given.get("response_type") else "invalid_request"
        raise AuthorizationRefused(error=error, reason="response_type must be code")
    if given.get("response_mode", "query") not in ("query", ""):
        raise AuthorizationRefused(error="invalid_request", reason="response_mode must be query")
    _check_challenge(given)
    scopes = list(dict.fromkeys(given.get("scope", "").split()))
    if wrong := [scope for scope in scopes if scope not in SCOPES]:
        raise AuthorizationRefused(error="invalid_scope", reason=f"unknown scope {wrong[0][:100]}")
    audiences = list(dict.fromkeys(given.get("audience", "").split()))
    if foreign := [name for name in audiences if not is_ours(name, base, aliases)]:
        reason = f"audience {foreign[0][:100]} is not an API of this server"
        raise AuthorizationRefused(error="invalid_target", reason=reason)
    prompts = given.get("prompt", "").split()
    if set(prompts) - set(PROMPTS) or ("none" in prompts and len(prompts) > 1):
        reason = "prompt must be none, or some of login, consent, select_account, create"
        raise AuthorizationRefused(error="invalid_request", reason=reason)
    return AuthorizationRequest(
        client_id=given["client_id"],
        redirect_uri=given["redirect_uri"],
        challenge=given["code_challenge"],
        scopes=scopes,
        began_at=now,
        state=given.get("state"),
        nonce=given.get("nonce", ""),
        audiences=audiences,
        prompts=prompts,
        max_age=_max_age(given.get("max_age", "")),
        languages=given.get("ui_locales", "")[:100],
        login_hint=given.get("login_hint", "")[:254],
        hinted_user=hinted,
        sign_up="create" in prompts or SIGN_UP in given.get("acr_values", "").split(),
    )


def _check_challenge(given: Mapping[str, str]) -> None:
    """S256 for every client; `plain`, also by leaving the method out, is no protection
    (RFC 9700 §2.1.1, RFC 7636 §7.2)."""
    if given.get("code_challenge_method") != "S256":
        raise AuthorizationRefused(
            error="invalid_request", reason="code_challenge_method must be S256 (PKCE)"
        )
    if not CHALLENGE.fullmatch(given.get("code_challenge", "")):
        raise AuthorizationRefused(
            error="invalid_request", reason="code_challenge must be 43 characters of base64url"
        )


def _max_age(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise AuthorizationRefused(error="invalid_request", reason="max_age must be seconds")
    return int(text)
