"""Tables of the infrastructure itself, and the metadata that every capability's tables join."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Text(sa.types.TypeDecorator[str]):
    """Text that sorts by code point on both engines: collation C on PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[str]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Text(collation="C"))
        return dialect.type_descriptor(sa.Text())


def key(name: str) -> sa.Column[str]:
    """A text column of the primary key."""
    return sa.Column(name, Text, primary_key=True, nullable=False)


def text(name: str, default: str | None = "") -> sa.Column[str]:
    """A text that is never null, empty by default."""
    return sa.Column(name, Text, nullable=False, server_default=default)


def instant(name: str, *, nullable: bool = True) -> sa.Column[int]:
    """Milliseconds since the epoch, UTC."""
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def number(name: str, default: int | None = 0) -> sa.Column[int]:
    return sa.Column(
        name,
        sa.BigInteger,
        nullable=default is None,
        server_default=None if default is None else str(default),
    )


def flag(name: str, *, default: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.text(str(default).lower()))


outbox = sa.Table(
    "outbox",
    metadata,
    key("shop_id"),
    key("id"),
    text("topic"),
    text("body", "{}"),
    instant("created_at", nullable=False),
    number("attempts"),
    instant("due_at"),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    key("shop_id"),
    key("id"),
    text("organisation_id"),
    instant("at", nullable=False),
    text("actor"),
    text("action"),
    text("facts", "{}"),
    text("request_id"),
    sa.Index("ix_audit_log_organisation_id", "organisation_id"),
)

kept_answer = sa.Table(
    "kept_answer",
    metadata,
    key("shop_id"),
    key("slot"),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    instant("created_at", nullable=False),
    sa.Index("ix_kept_answer_created_at", "created_at"),
)
"""Answers to requests with an `Idempotency-Key` (`infra/http/idempotency.py`)."""

mail_queue = sa.Table(
    "mail_queue",
    metadata,
    key("id"),
    text("recipient"),
    text("subject"),
    text("text"),
    instant("created_at", nullable=False),
    number("attempts"),
    instant("due_at", nullable=False),
    sa.Index("ix_mail_queue_due_at", "due_at"),
)
"""Mails that are still to be sent (`infra/mail_queue.py`)."""
