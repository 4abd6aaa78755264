"""The number of live rows of each content, kept; keys of unchanged rows that a full run met."""

import sqlalchemy as sa
from alembic import op

from comptoir.infra.db.tables import Text

revision = "0002"
down_revision = "0001"

CONTENTS = """
    bundles carriers carrier_details carrier_taxes carts cart_products cart_rules categories
    currencies customers custom_product_carriers employees images image_types languages
    manufacturers modules orders order_carriers order_cart_rules order_details
    order_status_history products product_suppliers info specific_prices stocks stock_movements
    stores suppliers taxonomies themes translations wishlists wishlist_products
""".split()


def upgrade() -> None:
    op.create_table(
        "row_count",
        sa.Column("shop_id", Text, nullable=False),
        sa.Column("content", Text, nullable=False),
        sa.Column("live", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("shop_id", "content", name="pk_row_count"),
    )
    op.create_table(
        "row_met",
        sa.Column("shop_id", Text, nullable=False),
        sa.Column("run_id", Text, nullable=False),
        sa.Column("pass", sa.BigInteger, nullable=False),
        sa.Column("part", sa.BigInteger, nullable=False),
        sa.Column("content", Text, nullable=False, server_default=sa.text("''")),
        sa.Column("sort_ids", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "run_id", "pass", "part", name="pk_row_met"),
    )
    for name in ("written", "unchanged"):
        column = sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
        op.add_column("sync_run", column)
    for content in CONTENTS:
        op.execute(
            f"INSERT INTO row_count (shop_id, content, live)"
            f" SELECT shop_id, '{content}', count(*) FROM raw_{content}"
            f" WHERE removed_at IS NULL GROUP BY shop_id"
        )
