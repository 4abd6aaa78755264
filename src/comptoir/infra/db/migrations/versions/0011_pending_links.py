"""Links that stores with `ps_accounts` 5 to 7 are being told of."""

import sqlalchemy as sa
from alembic import op

from comptoir.infra.db.tables import Text

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "pending_link",
        sa.Column("shop_id", Text(), nullable=False),
        sa.Column("client_id", Text(), nullable=False, server_default=""),
        sa.Column("organisation_id", Text(), nullable=False, server_default=""),
        sa.Column("frontend_url", Text(), nullable=False, server_default=""),
        sa.Column("owner_before", Text(), nullable=False, server_default=""),
        sa.Column("made", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("over_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", name="pk_pending_link"),
    )
    op.create_index("ix_pending_link_frontend_url", "pending_link", ["frontend_url"])
