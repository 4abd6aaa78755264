"""Tokens that were taken back before their end."""

import sqlalchemy as sa
from alembic import op

from comptoir.infra.db.tables import Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "revoked_token",
        sa.Column("jti", Text(), nullable=False),
        sa.Column("client_id", Text(), nullable=False, server_default=""),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jti", name="pk_revoked_token"),
    )
    op.create_index("ix_revoked_token_expires_at", "revoked_token", ["expires_at"])
