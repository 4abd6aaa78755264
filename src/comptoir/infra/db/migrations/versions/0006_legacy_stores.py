"""Stores with `ps_accounts` 5 to 7: their key, and how often their link changed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("shop", sa.Column("legacy_key", sa.LargeBinary(), nullable=True))
    op.add_column(
        "shop",
        sa.Column("legacy_generation", sa.BigInteger(), nullable=False, server_default="0"),
    )
