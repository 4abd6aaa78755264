"""Tables of oauth: the signing keys, encrypted."""

import sqlalchemy as sa

from comptoir.infra.db.tables import instant, key, metadata, text

signing_key = sa.Table(
    "signing_key",
    metadata,
    key("kid"),
    text("algorithm"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    instant("created_at", nullable=False),
    instant("retired_at"),
)
