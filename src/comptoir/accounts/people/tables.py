"""Tables of people. None of them belongs to a store."""

import sqlalchemy as sa

from comptoir.infra.db.tables import instant, key, metadata, number, text

user_account = sa.Table(
    "user_account",
    metadata,
    key("user_id"),
    text("email"),
    text("email_key"),
    text("password_hash"),
    text("first_name"),
    text("last_name"),
    text("language"),
    sa.Column("totp_sealed", sa.LargeBinary),
    number("totp_step"),
    instant("created_at", nullable=False),
    instant("updated_at", nullable=False),
    sa.Index("ix_user_account_email_key", "email_key", unique=True),
)
"""`email_key` is the address as it is looked for; `totp_step` the last 30 s a code was good for."""

session = sa.Table(
    "session",
    metadata,
    sa.Column("secret_hash", sa.LargeBinary, primary_key=True),
    text("session_id"),
    text("user_id"),
    text("methods"),
    text("address"),
    text("browser"),
    instant("created_at", nullable=False),
    instant("authenticated_at", nullable=False),
    instant("seen_at", nullable=False),
    instant("expires_at", nullable=False),
    sa.Index("ix_session_user_id", "user_id"),
    sa.Index("ix_session_session_id", "session_id"),
    sa.Index("ix_session_expires_at", "expires_at"),
)

mail_code = sa.Table(
    "mail_code",
    metadata,
    sa.Column("flow_hash", sa.LargeBinary, primary_key=True),
    text("purpose"),
    text("email_key"),
    sa.Column("code_hash", sa.LargeBinary, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    number("attempts"),
    instant("created_at", nullable=False),
    instant("expires_at", nullable=False),
    sa.Index("ix_mail_code_expires_at", "expires_at"),
)
"""A code that was sent by mail, and what becomes true when it is typed in."""

attempt = sa.Table(
    "attempt",
    metadata,
    key("slot"),
    number("failures"),
    instant("first_at", nullable=False),
    sa.Index("ix_attempt_first_at", "first_at"),
)
"""Wrong passwords and codes, counted per slot (`throttle.py`)."""

sent_form = sa.Table(
    "sent_form",
    metadata,
    sa.Column("form_hash", sa.LargeBinary, primary_key=True),
    instant("sent_at", nullable=False),
    sa.Index("ix_sent_form_sent_at", "sent_at"),
)
"""Forms that must not have their effect twice (`forms.py`)."""

passkey = sa.Table(
    "passkey",
    metadata,
    key("credential_id"),
    text("user_id"),
    text("name"),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    number("sign_count"),
    instant("created_at", nullable=False),
    instant("used_at"),
    sa.Index("ix_passkey_user_id", "user_id"),
)

recovery_code = sa.Table(
    "recovery_code",
    metadata,
    key("user_id"),
    sa.Column("code_hash", sa.LargeBinary, primary_key=True),
    instant("created_at", nullable=False),
    instant("used_at"),
)

member = sa.Table(
    "member",
    metadata,
    key("organisation_id"),
    key("user_id"),
    text("role"),
    instant("created_at", nullable=False),
    sa.Index("ix_member_user_id", "user_id"),
)

invitation = sa.Table(
    "invitation",
    metadata,
    key("organisation_id"),
    key("invitation_id"),
    text("email"),
    text("email_key"),
    text("role"),
    text("invited_by"),
    text("outcome"),
    instant("created_at", nullable=False),
    instant("expires_at", nullable=False),
    instant("ended_at"),
    sa.Index("ix_invitation_email_key", "email_key"),
)
"""`outcome`: empty while it waits, then accepted, declined or withdrawn."""

store_transfer = sa.Table(
    "store_transfer",
    metadata,
    key("shop_id"),
    key("transfer_id"),
    text("from_organisation_id"),
    text("email"),
    text("email_key"),
    text("offered_by"),
    text("outcome"),
    instant("created_at", nullable=False),
    instant("expires_at", nullable=False),
    instant("ended_at"),
    sa.Index("ix_store_transfer_email_key", "email_key"),
)
