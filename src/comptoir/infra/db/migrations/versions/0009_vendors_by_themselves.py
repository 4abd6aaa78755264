"""What a client is limited to, the forms that were sent, and the vendors of an organisation."""

import sqlalchemy as sa
from alembic import op

from comptoir.infra.db.tables import Text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("client", sa.Column("scopes", Text(), nullable=False, server_default=""))
    op.create_table(
        "sent_form",
        sa.Column("form_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("form_hash", name="pk_sent_form"),
    )
    op.create_index("ix_sent_form_sent_at", "sent_form", ["sent_at"])
    op.create_index("ix_vendor_organisation_id", "vendor", ["organisation_id"])
