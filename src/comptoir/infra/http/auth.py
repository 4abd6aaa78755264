"""Who calls, and who may: every endpoint names its access."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from starlette.requests import Request

from comptoir.base.errors import Forbidden, Unauthorized
from comptoir.base.mode import Mode

LITERALS = frozenset(
    {
        "https://api.cloudsync.prestashop.com",
        "https://distribution.prestashop.net",
        "distribution.prestashop.net",
    }
)
"""PrestaShop's own audiences: clients written for it name them, whatever server answers."""


SCOPES = {"raw": "raw.read", "reporting": "reporting.read", "sync": "sync.write"}
"""API → the scope that a vendor's token needs for it, when the token is limited to some."""


class Access(Enum):
    """Who may call an endpoint. Kind of caller first; what it may see is the handler's part."""

    ANYONE = "anyone"
    STORE = "store"
    """A store's access token (audience `store/<id>`)."""
    VENDOR = "vendor"
    """A tech vendor's access token (audience `tech-vendor/<name>`)."""
    USER = "user"
    """The access token that an application got when a person signed in to it."""
    V7_STORE = "v7 store"
    """The access token of a store with `ps_accounts` 7 (audience `shop_<id>`)."""
    LEGACY_STORE = "legacy store"
    """A store's legacy token, or the access token of one with `ps_accounts` 7."""
    LEGACY_OWNER = "legacy owner"
    """The legacy token of the person to whom a store is linked."""
    ANY_STORE = "any store"
    """Whatever a store's `ps_accounts`, of any version, gives to other modules as its token."""


LEGACY = (Access.LEGACY_STORE, Access.LEGACY_OWNER, Access.ANY_STORE)
"""Where a legacy token is looked at."""
OPENS: Mapping[Access, Collection[Access]] = {
    Access.LEGACY_STORE: (Access.LEGACY_STORE, Access.V7_STORE),
    Access.ANY_STORE: (Access.STORE, Access.LEGACY_STORE, Access.V7_STORE),
}
"""What opens an endpoint of this access; any other is opened by its own kind alone."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a valid access token of ours."""

    kind: Access
    client_id: str
    shop_id: str = ""
    """Set for a store: the id in its `store/<id>` or `shop_<id>` audience. In a legacy token, an
    owner's as well: the store that got it."""
    vendor: str = ""
    """Set for a vendor: the name in its `tech-vendor/<name>` audience."""
    user_id: str = ""
    """Set for a user: the person who signed in to the application `client_id`. Set for the owner
    of a store with `ps_accounts` 5 to 7."""
    audiences: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    """Of a vendor's token: the APIs that it opens; without any, all of them."""
    mode: Mode = Mode.LIVE
    """Of a vendor's token: it opens stores of this mode alone."""
    generation: int | None = None
    """Of a legacy token: how often the link of its store had changed when it was made."""

    @property
    def actor(self) -> str:
        """For the audit log."""
        if self.kind is Access.VENDOR:
            return f"vendor:{self.vendor}"
        return f"user:{self.user_id}" if self.user_id else f"store:{self.shop_id}"


class Authenticator(Protocol):
    """Turns a bearer token into a caller. `oauth` implements it; wiring hands it over."""

    async def authenticate(self, token: str) -> Caller:
        """Raises: TokenInvalid."""
        ...

    async def authenticate_legacy(self, token: str) -> Caller:
        """The holder of a legacy token (spec/accounts.md §3.4). Raises: TokenInvalid."""
        ...


class Signer(Protocol):
    """Signs the tokens that we send to stores (spec/accounts.md §2.1). `oauth` implements it."""

    async def ready(self) -> None:
        """Load the keys, or make the first one. Raises: VaultError."""
        ...

    async def sign_store_call(self, shop_id: str, scope: str) -> str: ...

    async def sign_legacy(self, claims: Mapping[str, object]) -> str:
        """A legacy token (spec/accounts.md §3.4) that says `claims`, for an hour."""
        ...


@dataclass(kw_only=True, eq=False)
class TokenMissing(Unauthorized):
    """No bearer token came with a request that needs one."""

    code = "infra.token_missing"
    title = "An access token is needed"

    def detail(self) -> str:
        return (
            "Send the header 'Authorization: Bearer <access token>'; POST /oauth2/token gives one."
        )


@dataclass(kw_only=True, eq=False)
class TokenInvalid(Unauthorized):
    """The bearer token is not one of ours, has expired, or does not name this API."""

    code = "infra.token_invalid"
    title = "The access token is not valid here"

    reason: str

    def detail(self) -> str:
        return f"The access token is not valid here: {self.reason}. Ask POST /oauth2/token for one."


@dataclass(kw_only=True, eq=False)
class WrongKindOfToken(Forbidden):
    """A valid token of another kind: a store's where a vendor's is needed, or the reverse."""

    code = "infra.wrong_kind_of_token"
    title = "This kind of token may not call this endpoint"

    needed: str

    def detail(self) -> str:
        return f"This endpoint needs a {self.needed}'s access token."


@dataclass(kw_only=True, eq=False)
class InsufficientScope(Forbidden):
    """The token is limited to other APIs or purposes than this one (RFC 6750 §3.1)."""

    code = "infra.insufficient_scope"
    title = "The token is limited to other APIs"

    needed: str

    def detail(self) -> str:
        return (
            f"This endpoint needs a token with the scope {self.needed}: ask for it at POST"
            " /oauth2/token, if the client may have it."
        )


@dataclass(kw_only=True, eq=False)
class ForeignStore(Forbidden):
    """The token belongs to another store than the one in the path."""

    code = "infra.foreign_store"
    title = "The token belongs to another store"

    def detail(self) -> str:
        return "The token's audience names another store than this request."


def is_ours(audience: str, base: str, aliases: Collection[str] = ()) -> bool:
    """Whether an audience names one of our APIs: BASE or a path below it, a host that is an alias
    of ours, or PrestaShop's literal."""
    plain = audience.rstrip("/")
    if plain == base or plain.startswith(base + "/") or plain in LITERALS:
        return True
    scheme, _, rest = plain.partition("://")
    host = rest.partition("/")[0].partition(":")[0]
    return scheme in ("http", "https") and host.lower() in aliases


def bearer(request: Request) -> str:
    """Raises: TokenMissing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenMissing
    return token.strip()


async def identify(request: Request, access: Access, authenticator: Authenticator) -> Caller | None:
    """The caller, checked against what the endpoint allows; None where anyone may call.

    Raises:
        TokenMissing, TokenInvalid, WrongKindOfToken.
    """
    if access is Access.ANYONE:
        return None
    caller = await _holder(bearer(request), access, authenticator)
    if caller.kind not in OPENS.get(access, (access,)):
        raise WrongKindOfToken(needed=access.value)
    return caller


async def _holder(token: str, access: Access, authenticator: Authenticator) -> Caller:
    """Legacy tokens are looked at where they open something, and nowhere else.

    Raises: TokenInvalid.
    """
    try:
        return await authenticator.authenticate(token)
    except TokenInvalid:
        if access not in LEGACY:
            raise
    return await authenticator.authenticate_legacy(token)


def require_audience(caller: Caller, base: str, aliases: Collection[str] = ()) -> None:
    """The token was asked for one of our APIs, not only to say who the store is.

    Raises: TokenInvalid.
    """
    if not any(is_ours(audience, base, aliases) for audience in caller.audiences):
        raise TokenInvalid(reason="its audience does not name this API")


def require_scope(caller: Caller, api: str) -> None:
    """A vendor's token without scopes opens every API; one with scopes those that they name.

    Raises: InsufficientScope.
    """
    if caller.kind is not Access.VENDOR or not caller.scopes:
        return
    needed = SCOPES.get(api, api)
    if needed not in caller.scopes:
        raise InsufficientScope(needed=needed)


def require_store(caller: Caller, shop_id: str) -> None:
    """Raises: ForeignStore."""
    if caller.shop_id != shop_id:
        raise ForeignStore
