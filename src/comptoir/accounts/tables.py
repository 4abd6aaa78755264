"""Tables of accounts. Organisations are the root: vendors, stores and clients belong to one."""

import sqlalchemy as sa

from comptoir.infra.db.tables import flag, instant, key, metadata, number, text

organisation = sa.Table(
    "organisation",
    metadata,
    key("organisation_id"),
    text("name"),
    instant("created_at", nullable=False),
)

shop = sa.Table(
    "shop",
    metadata,
    key("shop_id"),
    text("organisation_id"),
    text("client_id"),
    text("name"),
    text("frontend_url"),
    text("back_office_url"),
    text("multi_shop_id"),
    flag("verified"),
    text("error_code"),
    text("point_of_contact_uuid", None),
    text("point_of_contact_email", None),
    text("prestashop_version"),
    text("module_version"),
    instant("created_at", nullable=False),
    instant("updated_at", nullable=False),
    instant("verified_at"),
    instant("unverified_at"),
    text("mode", "live"),
    sa.Column("legacy_key", sa.LargeBinary),
    number("legacy_generation"),
    text("clone_url"),
    sa.Index("ix_shop_clone_url", "clone_url"),
    sa.Index("ix_shop_frontend_url", "frontend_url"),
    sa.Index("ix_shop_organisation_id", "organisation_id"),
    sa.Index("ix_shop_point_of_contact_uuid", "point_of_contact_uuid"),
)
shop.c.point_of_contact_uuid.nullable = True
shop.c.point_of_contact_email.nullable = True

pending_link = sa.Table(
    "pending_link",
    metadata,
    key("shop_id"),
    text("client_id"),
    text("organisation_id"),
    text("frontend_url"),
    text("owner_before"),
    flag("made"),
    instant("over_at", nullable=False),
    sa.Index("ix_pending_link_frontend_url", "frontend_url"),
)
"""Links that stores with `ps_accounts` 5 to 7 are being told of."""

client = sa.Table(
    "client",
    metadata,
    key("client_id"),
    text("organisation_id"),
    text("kind"),
    text("shop_id"),
    text("vendor"),
    sa.Column("secret_hash", sa.LargeBinary, nullable=False),
    instant("created_at", nullable=False),
    instant("revoked_at"),
    text("mode", "live"),
    text("name"),
    flag("public"),
    text("redirect_uris", "[]"),
    text("post_logout_uris", "[]"),
    sa.Column("previous_secret_hash", sa.LargeBinary),
    instant("previous_until"),
    text("scopes"),
    sa.Index("ix_client_vendor", "vendor"),
)

vendor = sa.Table(
    "vendor",
    metadata,
    key("vendor"),
    text("organisation_id"),
    instant("created_at", nullable=False),
    sa.Index("ix_vendor_organisation_id", "organisation_id"),
)

module = sa.Table(
    "module",
    metadata,
    key("module"),
    text("vendor"),
    text("contents", "[]"),
    instant("created_at", nullable=False),
    instant("updated_at", nullable=False),
    sa.Index("ix_module_vendor", "vendor"),
)

consent = sa.Table(
    "consent",
    metadata,
    key("shop_id"),
    key("module"),
    key("content"),
    instant("granted_at", nullable=False),
    instant("withdrawn_at"),
)
