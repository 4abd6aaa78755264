"""Stores and clients have a mode; answers are kept for requests that come again."""

import sqlalchemy as sa
from alembic import op

from comptoir.infra.db.tables import Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for table in ("shop", "client"):
        op.add_column(table, sa.Column("mode", Text(), nullable=False, server_default="live"))
    op.create_table(
        "kept_answer",
        sa.Column("shop_id", Text(), nullable=False),
        sa.Column("slot", Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "slot", name="pk_kept_answer"),
    )
    op.create_index("ix_kept_answer_created_at", "kept_answer", ["created_at"])
