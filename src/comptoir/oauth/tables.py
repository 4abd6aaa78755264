"""Tables of oauth: the signing keys, encrypted, what people let applications do, and the tokens
that were taken back."""

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
    instant("signs_from"),
    instant("ends_at"),
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

authorization = sa.Table(
    "authorization",
    metadata,
    key("authorization_id"),
    text("client_id"),
    text("user_id"),
    text("session_id"),
    text("scopes"),
    text("audiences"),
    text("nonce"),
    text("methods"),
    instant("authenticated_at", nullable=False),
    instant("created_at", nullable=False),
    instant("ended_at"),
    sa.Index("ix_authorization_user_id", "user_id"),
    sa.Index("ix_authorization_session_id", "session_id"),
    sa.Index("ix_authorization_created_at", "created_at"),
)
"""A person let an application in. Codes, refresh tokens and access tokens hang on it."""

authorization_code = sa.Table(
    "authorization_code",
    metadata,
    sa.Column("code_hash", sa.LargeBinary, primary_key=True),
    text("authorization_id"),
    text("client_id"),
    text("redirect_uri"),
    text("challenge"),
    instant("expires_at", nullable=False),
    instant("used_at"),
    sa.Index("ix_authorization_code_expires_at", "expires_at"),
)

refresh_token = sa.Table(
    "refresh_token",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    text("authorization_id"),
    text("client_id"),
    instant("expires_at", nullable=False),
    instant("used_at"),
    sa.Index("ix_refresh_token_authorization_id", "authorization_id"),
    sa.Index("ix_refresh_token_expires_at", "expires_at"),
)
