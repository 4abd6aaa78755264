"""Discovery, keys and tokens over HTTP."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from comptoir.accounts import LANGUAGES
from comptoir.infra.http.auth import SCOPES as VENDOR_SCOPES
from comptoir.infra.http.auth import Access, Caller
from comptoir.infra.http.context import Context, base_of
from comptoir.infra.http.endpoint import Endpoint, Param, json_response
from comptoir.oauth import authorize, sign_out
from comptoir.oauth.errors import (
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    InvalidTarget,
    InvalidTokenRequest,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from comptoir.oauth.keys import ALGORITHM
from comptoir.oauth.request import PROMPTS, SCOPES
from comptoir.oauth.rules import SHOP_VERIFIED
from comptoir.oauth.token_check import introspect, revoke
from comptoir.oauth.token_endpoint import token
from comptoir.oauth.tokens import tokens_of
from comptoir.oauth.userinfo import userinfo

JWKS = "/.well-known/jwks.json"
CACHED = "public, max-age=300"
AUTHENTICATION = ["client_secret_basic", "client_secret_post"]
GRANT_TYPES = ("client_credentials", "authorization_code", "refresh_token")
CLAIMS = (
    "iss sub aud exp iat auth_time nonce amr azp at_hash sid email email_verified name given_name"
    " family_name picture preferred_username locale"
).split()


def metadata(issuer: str, base: str, *, people: bool) -> dict[str, Any]:
    """RFC 8414 §2. An endpoint that this server does not have is not published: `people`, whether
    anybody can sign in.

    Who came by a host alias is led to endpoints there: the module uses them as they are, and may
    know no other name of ours. Browsers are not: nobody has told them of the alias. The issuer is
    the one that tokens name; the module never checks it (spec/accounts.md §1.4.1).
    """
    return {
        "issuer": issuer,
        **(_browsers(issuer) if people else {}),
        "token_endpoint": f"{base}/oauth2/token",
        "userinfo_endpoint": f"{base}/oauth2/userinfo",
        "jwks_uri": f"{base}{JWKS}",
        "revocation_endpoint": f"{base}/oauth2/revoke",
        "introspection_endpoint": f"{base}/oauth2/introspect",
        "grant_types_supported": list(GRANT_TYPES if people else GRANT_TYPES[:1]),
        "response_types_supported": ["code"] if people else [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": [*AUTHENTICATION, "none"],
        "revocation_endpoint_auth_methods_supported": [*AUTHENTICATION, "none"],
        "introspection_endpoint_auth_methods_supported": AUTHENTICATION,
        "scopes_supported": [
            *(SCOPES if people else ()),
            SHOP_VERIFIED,
            *VENDOR_SCOPES.values(),
        ],
    }


def _browsers(issuer: str) -> dict[str, Any]:
    return {
        "authorization_endpoint": f"{issuer}{authorize.PATH}",
        "end_session_endpoint": f"{issuer}{sign_out.PATH}",
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": CLAIMS,
        "prompt_values_supported": list(PROMPTS),
        "ui_locales_supported": list(LANGUAGES),
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


async def discovery(request: Request, context: Context, _: Caller | None) -> Response:
    settings = context.settings
    found = metadata(settings.base, base_of(request), people=settings.runs("accounts"))
    return json_response(found, cache_control=CACHED)


async def jwks(_: Request, context: Context, __: Caller | None) -> Response:
    return json_response({"keys": await tokens_of(context).public_keys()}, cache_control=CACHED)


FORM = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": list(GRANT_TYPES)},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string"},
        "scope": {"type": "string", "description": "Blank-separated; may be empty."},
        "audience": {
            "type": "string",
            "description": "Blank-separated: the API and `tech-vendor/<name>` or `store/<id>`.",
        },
        "code": {"type": "string", "description": "With `authorization_code`."},
        "redirect_uri": {"type": "string", "description": "The one the code was asked with."},
        "code_verifier": {"type": "string", "description": "43 to 128 characters (PKCE)."},
        "refresh_token": {"type": "string", "description": "Good once."},
    },
}
ANSWER = {
    "type": "object",
    "required": ["access_token", "expires_in", "token_type"],
    "properties": {
        "access_token": {"type": "string"},
        "expires_in": {"type": "integer"},
        "scope": {"type": "string"},
        "token_type": {"type": "string"},
        "refresh_token": {"type": "string", "description": "With the scope `offline_access`."},
        "id_token": {"type": "string", "description": "With the scope `openid`."},
    },
}
PERSON = {
    "type": "object",
    "required": ["sub", "email", "email_verified", "name"],
    "properties": {
        **{
            name: {"type": "string"}
            for name in (
                "sub email name firstname lastname given_name family_name picture"
                " preferred_username locale"
            ).split()
        },
        "email_verified": {"type": "boolean"},
    },
}
METADATA = {
    "type": "object",
    "required": ["issuer", "token_endpoint", "jwks_uri"],
    "properties": {
        "issuer": {"type": "string"},
        "token_endpoint": {"type": "string"},
        "jwks_uri": {"type": "string"},
        "grant_types_supported": {"type": "array", "items": {"type": "string"}},
    },
}
KEYS = {
    "type": "object",
    "required": ["keys"],
    "properties": {
        "keys": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kty", "kid", "alg"],
                "properties": {
                    name: {"type": "string"} for name in ("kty", "kid", "alg", "use", "n", "e")
                },
            },
        }
    },
}
TOKEN_FORM = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": {"type": "string"},
        "token_type_hint": {"type": "string", "description": "Ignored: there is one type."},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string"},
    },
}
TOKEN_EXAMPLE = {"token": "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"}
INTROSPECTION = {
    "type": "object",
    "required": ["active"],
    "properties": {
        "active": {"type": "boolean"},
        **{name: {"type": "string"} for name in ("client_id", "sub", "iss", "jti", "scope")},
        "token_type": {"type": "string"},
        "mode": {"type": "string"},
        "aud": {"type": "array", "items": {"type": "string"}},
        **{name: {"type": "integer"} for name in ("iat", "nbf", "exp")},
    },
}
CLIENT = Param("Authorization", "header", about="Basic, unless the form has the secret")

ENDPOINTS = [
    Endpoint(
        "GET",
        path,
        discovery,
        Access.ANYONE,
        "oauth",
        "Metadata of the authorization server",
        answers={200: METADATA},
        name=name,
        cors=True,
    )
    for path, name in (
        ("/.well-known/openid-configuration", "getOpenidConfiguration"),
        ("/.well-known/oauth-authorization-server", "getAuthorizationServerMetadata"),
    )
]
ENDPOINTS += [
    Endpoint(
        "GET",
        JWKS,
        jwks,
        Access.ANYONE,
        "oauth",
        "Public keys that tokens are signed with",
        answers={200: KEYS},
        name="getJwks",
        cors=True,
    ),
    Endpoint(
        "POST",
        "/oauth2/token",
        token,
        Access.ANYONE,
        "oauth",
        "Get tokens: with client credentials, a code, or a refresh token",
        about=(
            "The client authenticates with Basic, or with client_id and client_secret in the form."
            " Stores name the audience `store/<own id>`, vendors `tech-vendor/<own name>`."
            " A public client sends its client_id alone. Codes and refresh tokens are good once:"
            " what comes a second time ends everything its first use got."
        ),
        params=(CLIENT,),
        body=FORM,
        body_kind="application/x-www-form-urlencoded",
        body_example={
            "grant_type": "client_credentials",
            "audience": "https://api.cloudsync.prestashop.com tech-vendor/acme",
        },
        answers={200: ANSWER},
        takes_no_key="a kept answer would hold tokens; codes are good once anyway",
        errors=(
            InvalidTokenRequest,
            InvalidClient,
            InvalidScope,
            InvalidTarget,
            InvalidGrant,
            UnauthorizedClient,
            UnsupportedGrantType,
        ),
        name="createToken",
        cors=True,
        limit="token",
    ),
    Endpoint(
        "POST",
        "/oauth2/revoke",
        revoke,
        Access.ANYONE,
        "oauth",
        "Take a token back before its end (RFC 7009)",
        about=(
            "The client that got the token authenticates as at the token endpoint. A token that is"
            " no good, whatever the reason, is answered 200 too. Other processes of this server"
            " refuse the token within 5 seconds."
        ),
        params=(CLIENT,),
        body=TOKEN_FORM,
        body_kind="application/x-www-form-urlencoded",
        body_example=TOKEN_EXAMPLE,
        answers={200: "The token is no good any more."},
        takes_no_key="doing it again changes nothing",
        errors=(InvalidTokenRequest, InvalidClient),
        name="revokeToken",
        cors=True,
        limit="token",
    ),
    Endpoint(
        "POST",
        "/oauth2/introspect",
        introspect,
        Access.ANYONE,
        "oauth",
        "What a token says, and whether it is good (RFC 7662)",
        about=(
            "For tokens that the client got itself, and for those whose audience names it; any"
            " other is answered as one that is not active."
        ),
        params=(CLIENT,),
        body=TOKEN_FORM,
        body_kind="application/x-www-form-urlencoded",
        body_example=TOKEN_EXAMPLE,
        answers={200: INTROSPECTION},
        answer_example={
            "active": True,
            "token_type": "Bearer",
            "scope": "",
            "iss": "https://comptoir.example",
            "sub": "v_7Hq2",
            "client_id": "v_7Hq2",
            "aud": ["https://api.cloudsync.prestashop.com", "tech-vendor/acme"],
            "iat": 1_767_225_600,
            "nbf": 1_767_225_600,
            "exp": 1_767_229_200,
            "jti": "5b0c7f0e-4d2e-4b39-9a55-0f0c6a3f8f00",
            "mode": "live",
        },
        takes_no_key="it changes nothing, and a kept answer would call a revoked token active",
        errors=(InvalidTokenRequest, InvalidClient),
        name="introspectToken",
        limit="token",
    ),
]
ENDPOINTS += [
    Endpoint(
        method,
        "/oauth2/userinfo",
        userinfo,
        Access.USER,
        "oauth",
        "Who the person is",
        answers={200: PERSON},
        answer_example={
            "sub": "hV5bXr0Zk2mT8sQyLw3nPdC7uEaF",
            "email": "merchant@shop.example",
            "email_verified": True,
            "name": "Ada Merchant",
            "firstname": "Ada",
            "lastname": "Merchant",
            "given_name": "Ada",
            "family_name": "Merchant",
            "picture": "",
            "preferred_username": "hV5bXr0Zk2mT8sQyLw3nPdC7uEaF",
        },
        takes_no_key="it reads and changes nothing at all" if method == "POST" else "",
        name=name,
        cors=True,
    )
    for method, name in (("GET", "getUserinfo"), ("POST", "postUserinfo"))
]
