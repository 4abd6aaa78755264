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
        return f"grant_type {self.grant_type!r} is not supported: use client_credentials."


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
