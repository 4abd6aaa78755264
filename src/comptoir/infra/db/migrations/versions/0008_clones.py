"""Where a copy of a store answers that has the store's identity."""

import sqlalchemy as sa
from alembic import op

from comptoir.infra.db.tables import Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("shop", sa.Column("clone_url", Text(), nullable=False, server_default=""))
    op.create_index("ix_shop_clone_url", "shop", ["clone_url"])
