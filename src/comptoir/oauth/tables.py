"""Tables of oauth: the signing keys, encrypted, and the tokens that were taken back."""

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

revoked_token = sa.Table(
    "revoked_token",
    metadata,
    key("jti"),
    text("client_id"),
    instant("revoked_at", nullable=False),
    instant("expires_at", nullable=False),
    sa.Index("ix_revoked_token_expires_at", "expires_at"),
)
