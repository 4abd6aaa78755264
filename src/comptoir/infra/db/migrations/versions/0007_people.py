"""People, their sessions and organisations, and what they let applications do."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from comptoir.infra.db.tables import Text

revision = "0007"
down_revision = "0006"


def key(name: str) -> sa.Column[str]:
    return sa.Column(name, Text(), nullable=False)


def text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, Text(), nullable=False, server_default=default)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def binary(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def make(name: str, primary: list[str], *columns: sa.Column[Any], **indexes: bool) -> None:
    """`indexes`: column → whether it is unique."""
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*primary, name=f"pk_{name}"))
    for column, unique in indexes.items():
        op.create_index(f"ix_{name}_{column}", name, [column], unique=unique)


def upgrade() -> None:
    _people()
    _proofs()
    _organisations()
    _applications()
    _authorizations()


def _people() -> None:
    make(
        "user_account",
        ["user_id"],
        key("user_id"),
        text("email"),
        text("email_key"),
        text("password_hash"),
        text("first_name"),
        text("last_name"),
        text("language"),
        binary("totp_sealed", nullable=True),
        number("totp_step"),
        instant("created_at"),
        instant("updated_at"),
        email_key=True,
    )
    make(
        "session",
        ["secret_hash"],
        binary("secret_hash"),
        text("session_id"),
        text("user_id"),
        text("methods"),
        text("address"),
        text("browser"),
        instant("created_at"),
        instant("authenticated_at"),
        instant("seen_at"),
        instant("expires_at"),
        user_id=False,
        session_id=False,
        expires_at=False,
    )
    make(
        "mail_code",
        ["flow_hash"],
        binary("flow_hash"),
        text("purpose"),
        text("email_key"),
        binary("code_hash"),
        binary("sealed"),
        number("attempts"),
        instant("created_at"),
        instant("expires_at"),
        expires_at=False,
    )


def _proofs() -> None:
    make(
        "attempt",
        ["slot"],
        key("slot"),
        number("failures"),
        instant("first_at"),
        first_at=False,
    )
    make(
        "passkey",
        ["credential_id"],
        key("credential_id"),
        text("user_id"),
        text("name"),
        binary("public_key"),
        number("sign_count"),
        instant("created_at"),
        instant("used_at", nullable=True),
        user_id=False,
    )
    make(
        "recovery_code",
        ["user_id", "code_hash"],
        key("user_id"),
        binary("code_hash"),
        instant("created_at"),
        instant("used_at", nullable=True),
    )


def _organisations() -> None:
    make(
        "member",
        ["organisation_id", "user_id"],
        key("organisation_id"),
        key("user_id"),
        text("role"),
        instant("created_at"),
        user_id=False,
    )
    make(
        "invitation",
        ["organisation_id", "invitation_id"],
        key("organisation_id"),
        key("invitation_id"),
        text("email"),
        text("email_key"),
        text("role"),
        text("invited_by"),
        text("outcome"),
        instant("created_at"),
        instant("expires_at"),
        instant("ended_at", nullable=True),
        email_key=False,
    )
    make(
        "store_transfer",
        ["shop_id", "transfer_id"],
        key("shop_id"),
        key("transfer_id"),
        text("from_organisation_id"),
        text("email"),
        text("email_key"),
        text("offered_by"),
        text("outcome"),
        instant("created_at"),
        instant("expires_at"),
        instant("ended_at", nullable=True),
        email_key=False,
    )
    op.create_index("ix_shop_organisation_id", "shop", ["organisation_id"])
    op.create_index("ix_shop_point_of_contact_uuid", "shop", ["point_of_contact_uuid"])
    op.create_index("ix_audit_log_organisation_id", "audit_log", ["organisation_id"])


def _applications() -> None:
    op.add_column("client", text("name"))
    op.add_column(
        "client", sa.Column("public", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.add_column("client", text("redirect_uris", "[]"))
    op.add_column("client", text("post_logout_uris", "[]"))
    op.add_column("client", binary("previous_secret_hash", nullable=True))
    op.add_column("client", instant("previous_until", nullable=True))
    op.create_index("ix_client_vendor", "client", ["vendor"])


def _authorizations() -> None:
    make(
        "authorization",
        ["authorization_id"],
        key("authorization_id"),
        text("client_id"),
        text("user_id"),
        text("session_id"),
        text("scopes"),
        text("audiences"),
        text("nonce"),
        text("methods"),
        instant("authenticated_at"),
        instant("created_at"),
        instant("ended_at", nullable=True),
        user_id=False,
        session_id=False,
        created_at=False,
    )
    make(
        "authorization_code",
        ["code_hash"],
        binary("code_hash"),
        text("authorization_id"),
        text("client_id"),
        text("redirect_uri"),
        text("challenge"),
        instant("expires_at"),
        instant("used_at", nullable=True),
        expires_at=False,
    )
    make(
        "refresh_token",
        ["token_hash"],
        binary("token_hash"),
        text("authorization_id"),
        text("client_id"),
        instant("expires_at"),
        instant("used_at", nullable=True),
        authorization_id=False,
        expires_at=False,
    )
