"""Mails that are still to be sent."""

import sqlalchemy as sa
from alembic import op

from comptoir.infra.db.tables import Text

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "mail_queue",
        sa.Column("id", Text(), nullable=False),
        sa.Column("recipient", Text(), nullable=False, server_default=""),
        sa.Column("subject", Text(), nullable=False, server_default=""),
        sa.Column("text", Text(), nullable=False, server_default=""),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mail_queue"),
    )
    op.create_index("ix_mail_queue_due_at", "mail_queue", ["due_at"])
