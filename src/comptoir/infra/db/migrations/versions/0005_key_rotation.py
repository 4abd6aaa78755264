"""When a signing key begins to sign, and when it leaves the set."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("signing_key", sa.Column("signs_from", sa.BigInteger(), nullable=True))
    op.add_column("signing_key", sa.Column("ends_at", sa.BigInteger(), nullable=True))
