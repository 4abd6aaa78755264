"""Bodies of the routes that stores with `ps_accounts` 5 to 7 call, and of migration."""

import msgspec

from comptoir.accounts.legacy.rules import front_url
from comptoir.accounts.legacy.tokens import Pair
from comptoir.accounts.rules import Place, Shop
from comptoir.accounts.schemas import ProofAnnounced


class Migration(ProofAnnounced, rename="camel"):
    """`fromVersion`: the version that the store had, `0` when it does not know."""

    from_version: str | int | float | None = "0"


class Tokens(msgspec.Struct, rename="camel"):
    token: str
    refresh_token: str

    @classmethod
    def of(cls, pair: Pair) -> "Tokens":
        return cls(pair.token, pair.refresh_token)


class StoreTokens(msgspec.Struct, rename="camel", omit_defaults=True):
    """`pointOfContact` is absent when nobody is the store's point of contact."""

    shop: Tokens
    point_of_contact: Tokens | None = None


class V7Tokens(msgspec.Struct, rename="camel"):
    """Those of the user are empty when nobody owns the store."""

    shop_token: str
    shop_refresh_token: str
    user_token: str
    user_refresh_token: str


class Refreshed(msgspec.Struct):
    """`token` and `id_token` are the same."""

    token: str
    refresh_token: str
    id_token: str


class UserRefreshed(msgspec.Struct, rename="camel"):
    id_token: str
    refresh_token: str
    token: str


class ModuleUpdated(msgspec.Struct, rename="camel"):
    """`shopId` is the store's own number, which the token makes needless."""

    version: str
    shop_id: int | str | None = None


class Described(msgspec.Struct, rename="camel"):
    """What is absent stays as it is. `domainSsl`: as version 5 names `sslDomain`."""

    name: str | None = None
    shop_id: int | str | None = None
    domain: str | None = None
    ssl_domain: str | None = None
    domain_ssl: str | None = None
    physical_uri: str | None = None
    virtual_uri: str | None = None
    bo_base_url: str | None = None

    def place(self, shop: Shop) -> Place:
        at = front_url(
            (self.domain or "").strip(),
            (self.ssl_domain or self.domain_ssl or "").strip(),
            (self.physical_uri or "").strip(),
            (self.virtual_uri or "").strip(),
        )
        return Place(
            name=(self.name or "").strip()[:250],
            frontend_url=at or shop.frontend_url,
            back_office_url=(self.bo_base_url or "").strip().rstrip("/"),
            multi_shop_id=shop.multi_shop_id,
        )


class Inviting(msgspec.Struct, rename="camel"):
    user_id: str
    user_email: str
    user_name: str
    company_name: str


class Invited(msgspec.Struct, rename="camel"):
    shop_url: str
    shop_id: str


class Invitation(msgspec.Struct):
    inviting: Inviting = msgspec.field(name="from")
    invited: Invited = msgspec.field(name="to")
    status: str


class Invitations(msgspec.Struct):
    invitations: list[Invitation]


class Done(msgspec.Struct):
    status: str = "ok"
