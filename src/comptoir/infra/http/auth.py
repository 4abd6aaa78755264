"""Who calls, and who may: every endpoint names its access."""

from collections.abc import Collection
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


class Access(Enum):
    """Who may call an endpoint. Kind of caller first; what it may see is the handler's part."""

    ANYONE = "anyone"
    STORE = "store"
    """A store's access token (audience `store/<id>`)."""
    VENDOR = "vendor"
    """A tech vendor's access token (audience `tech-vendor/<name>`)."""
    USER = "user"
    """The access token that an application got when a person signed in to it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a valid access token of ours."""

    kind: Access
    client_id: str
    shop_id: str = ""
    """Set for a store: the id in its `store/<id>` audience."""
    vendor: str = ""
    """Set for a vendor: the name in its `tech-vendor/<name>` audience."""
    user_id: str = ""
    """Set for a user: the person who signed in to the application `client_id`."""
    audiences: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    mode: Mode = Mode.LIVE
    """Of a vendor's token: it opens stores of this mode alone."""

    @property
    def actor(self) -> str:
        """For the audit log."""
        names = {Access.STORE: self.shop_id, Access.VENDOR: self.vendor, Access.USER: self.user_id}
        return f"{self.kind.value}:{names.get(self.kind, '')}"


class Authenticator(Protocol):
    """Turns a bearer token into a caller. `oauth` implements it; wiring hands it over."""

    async def authenticate(self, token: str) -> Caller:
        """Raises: TokenInvalid."""
        ...


class Signer(Protocol):
    """Signs the tokens that we send to stores (spec/accounts.md §2.1). `oauth` implements it."""

    async def ready(self) -> None:
        """Load the keys, or make the first one. Raises: VaultError."""
        ...

    async def sign_store_call(self, shop_id: str, scope: str) -> str: ...


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
    caller = await authenticator.authenticate(bearer(request))
    if caller.kind is not access:
        raise WrongKindOfToken(needed=access.value)
    return caller


def require_audience(caller: Caller, base: str, aliases: Collection[str] = ()) -> None:
    """The token was asked for one of our APIs, not only to say who the store is.

    Raises: TokenInvalid.
    """
    if not any(is_ours(audience, base, aliases) for audience in caller.audiences):
        raise TokenInvalid(reason="its audience does not name this API")


def require_store(caller: Caller, shop_id: str) -> None:
    """Raises: ForeignStore."""
    if caller.shop_id != shop_id:
        raise ForeignStore
