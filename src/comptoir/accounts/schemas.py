"""Bodies of the Accounts API: what stores send (read with tolerance) and what they get."""

from typing import Annotated

import msgspec

from comptoir.accounts.rules import Module, Place, Shop
from comptoir.base.instant import format_instant, shown
from comptoir.infra.http.endpoint import decode_json


class Described(msgspec.Struct, rename="camel"):
    """What a store says of itself. `multiShopId` comes as a number or as text."""

    frontend_url: Annotated[str, msgspec.Meta(examples=["https://shop.example"])]
    back_office_url: str = ""
    multi_shop_id: int | str | None = None
    name: str | None = None

    def place(self) -> Place:
        return Place(
            name=(self.name or "").strip()[:250],
            frontend_url=self.frontend_url.strip().rstrip("/"),
            back_office_url=self.back_office_url.strip().rstrip("/"),
            multi_shop_id="" if self.multi_shop_id is None else str(self.multi_shop_id),
        )


class ProofAnnounced(Described, rename="camel"):
    """`proof`: 64 lower-case hexadecimal characters that the store keeps in its database."""

    proof: str = ""


class Identity(msgspec.Struct, rename="camel"):
    """A new identity. The secret is shown once."""

    cloud_shop_id: str
    client_id: str
    client_secret: str


class Status(msgspec.Struct, rename="camel"):
    """The eleven fields, always all of them: an absent one would keep its cached value."""

    cloud_shop_id: str
    is_verified: bool
    frontend_url: str
    back_office_url: str
    shop_verification_error_code: str
    point_of_contact_uuid: str | None
    point_of_contact_email: str | None
    created_at: str
    updated_at: str
    verified_at: str | None
    unverified_at: str | None

    @classmethod
    def of(cls, shop: Shop) -> "Status":
        return cls(
            cloud_shop_id=shop.shop_id,
            is_verified=shop.verified,
            frontend_url=shop.frontend_url,
            back_office_url=shop.back_office_url,
            shop_verification_error_code=shop.error_code,
            point_of_contact_uuid=shop.point_of_contact_uuid,
            point_of_contact_email=shop.point_of_contact_email,
            created_at=format_instant(shop.created_at),
            updated_at=format_instant(shop.updated_at),
            verified_at=shown(shop.verified_at),
            unverified_at=shown(shop.unverified_at),
        )


class BackOffice(msgspec.Struct, rename="camel"):
    back_office_url: str
    multi_shop_id: int | str | None = None


class ContactWanted(msgspec.Struct, rename="camel"):
    """The access token of the person who signed in to the store."""

    point_of_contact_jwt: Annotated[
        str, msgspec.Meta(examples=["eyJhbGciOiJSUzI1NiJ9.e30.c2ln"])
    ] = msgspec.field(name="pointOfContactJWT")


class TokenToVerify(msgspec.Struct):
    token: str


class Healthy(msgspec.Struct):
    status: str = "ok"


class Granted(msgspec.Struct, rename="camel"):
    """One content that the module asks for."""

    shop_content: str
    """snake_case."""
    granted: bool
    granted_at: str | None = None


class ConsentState(msgspec.Struct, rename="camel"):
    """What a store lets a module read."""

    shop_id: str
    module: str
    vendor: str
    shop_contents: list[Granted]


class ConsentWanted(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The contents to share, kebab or snake, and no others; left out: everything the module asks
    for. Other members are refused: a misspelt one must not share everything."""

    shop_contents: list[str] | None = None


def read_consent(body: bytes) -> ConsentWanted:
    """Raises: BodyUnreadable."""
    return decode_json(body, ConsentWanted, strict=True)


def consent_state(shop_id: str, module: Module, granted: dict[str, int]) -> ConsentState:
    """Every content the module asks for, granted or not, in catalogue order."""
    contents = [
        Granted(name, name in granted, shown(granted.get(name))) for name in module.contents
    ]
    return ConsentState(shop_id, module.name, module.vendor, contents)
