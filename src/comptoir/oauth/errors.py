"""What the authorization server refuses. Codes are those of RFC 6749 §5.2 and RFC 8707 §2."""

from dataclasses import dataclass

from comptoir.base.errors import BadRequest, Unauthorized


@dataclass(kw_only=True, eq=False)
class InvalidClient(Unauthorized):
    """Client authentication failed (RFC 6749 §5.2)."""

    code = "invalid_client"
    title = "Client authentication failed"

    reason: str

    def detail(self) -> str:
        return f"Client authentication failed: {self.reason}"


@dataclass(kw_only=True, eq=False)
class InvalidTokenRequest(BadRequest):
    """A parameter is missing, repeated or unreadable (RFC 6749 §5.2)."""

    code = "invalid_request"
    title = "The token request cannot be read"

    reason: str

    def detail(self) -> str:
        return self.reason


@dataclass(kw_only=True, eq=False)
class UnsupportedGrantType(BadRequest):
    """The grant type is not one this server gives (RFC 6749 §5.2)."""

    code = "unsupported_grant_type"
    title = "Unsupported grant type"

    grant_type: str

    def detail(self) -> str:
        return (
            f"grant_type {self.grant_type[:100]!r} is not supported: use client_credentials,"
            " authorization_code or refresh_token."
        )


@dataclass(kw_only=True, eq=False)
class InvalidScope(BadRequest):
    """A scope that the client may not have (RFC 6749 §5.2).

    The text names the scope: `ps_accounts` looks for the literal `shop.verified` in it, marks
    the store unverified and asks again without (spec/accounts.md §1.4.3).
    """

    code = "invalid_scope"
    title = "The scope is not allowed"

    scope: str

    def detail(self) -> str:
        return f"The OAuth 2.0 Client is not allowed to request scope '{self.scope}'."


@dataclass(kw_only=True, eq=False)
class InvalidTarget(BadRequest):
    """An audience that the client may not name (RFC 8707 §2)."""

    code = "invalid_target"
    title = "The audience is not allowed"

    audience: str

    def detail(self) -> str:
        return f"Requested audience '{self.audience}' is not one that this client may name."


@dataclass(kw_only=True, eq=False)
class InvalidGrant(BadRequest):
    """The code or refresh token is no good: unknown, used, too old, another client's, or it does
    not fit the redirect URI or the code verifier (RFC 6749 §5.2). Never says which."""

    code = "invalid_grant"
    title = "The code or refresh token is not valid"

    def detail(self) -> str:
        return (
            "The code or refresh token is not valid: unknown, used, too old or another client's,"
            " or redirect_uri or code_verifier do not fit. Begin again at the authorization"
            " endpoint."
        )


@dataclass(kw_only=True, eq=False)
class UnauthorizedClient(BadRequest):
    """The client is not one for this grant type (RFC 6749 §5.2)."""

    code = "unauthorized_client"
    title = "The client may not use this grant type"

    grant_type: str

    def detail(self) -> str:
        return f"This client may not use grant_type {self.grant_type}."


@dataclass(kw_only=True, eq=False)
class AuthorizationRefused(Exception):
    """A request at the authorization endpoint that ends with an error at the application's
    redirect URI (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6)."""

    error: str
    reason: str


@dataclass(kw_only=True, eq=False)
class RequestRefused(BadRequest):
    """An authorization request of a store that is not verified: anybody can make one, so nobody is
    sent on to it before they have signed in (RFC 9700 §4.11.2)."""

    code = "oauth.request_refused"
    title = "The store's request is refused"

    error: str
    why: str

    def detail(self) -> str:
        return f"The store's request is refused ({self.error}): {self.why}. Verify the store first."


@dataclass(kw_only=True, eq=False)
class ApplicationUnknown(BadRequest):
    """The authorization request names no client of ours: nobody is sent back anywhere
    (RFC 6749 §4.1.2.1)."""

    code = "oauth.application_unknown"
    title = "The application is not known here"

    def detail(self) -> str:
        return "The application that sent you here is not known: its client_id is missing or wrong."


@dataclass(kw_only=True, eq=False)
class RedirectMismatch(BadRequest):
    """The redirect URI is not one of the client's, letter by letter: nobody is sent there
    (RFC 9700 §4.1.3, §4.11)."""

    code = "oauth.redirect_mismatch"
    title = "The address to go back to is not the application's"

    def detail(self) -> str:
        return (
            "The address to go back to (redirect_uri) is not one that this application has"
            " registered, letter by letter. Of a store it follows from its back office's address."
        )


@dataclass(kw_only=True, eq=False)
class ParameterUnreadable(BadRequest):
    """A parameter is too long, or not text in UTF-8. Nobody is sent back anywhere with a part of
    it: what comes back to an application comes back as it was."""

    code = "oauth.parameter_unreadable"
    title = "A parameter cannot be read"

    def detail(self) -> str:
        return (
            "A parameter of the request cannot be read: each is text in UTF-8 without NUL, of 2048"
            " characters at most, and there are 100 at most."
        )


@dataclass(kw_only=True, eq=False)
class ParameterRepeated(BadRequest):
    """A parameter came twice: it is not clear which one counts (RFC 6749 §3.1)."""

    code = "oauth.parameter_repeated"
    title = "A parameter came twice"

    name: str

    def detail(self) -> str:
        return f"The parameter {self.name[:100]} came twice."
