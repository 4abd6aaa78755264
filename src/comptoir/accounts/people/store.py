"""SQL of users and sessions."""

import sqlalchemy as sa

from comptoir.accounts.people import tables
from comptoir.accounts.people.rules import Session, User, Visitor
from comptoir.infra.db.dialect import insert_new, lock_store

u, s = tables.user_account.c, tables.session.c
_USER = [
    u.user_id,
    u.email,
    u.first_name,
    u.last_name,
    u.language,
    (u.password_hash != "").label("has_password"),
    u.totp_sealed.is_not(None).label("has_totp"),
]
_SESSION = [
    s.session_id,
    s.user_id,
    s.methods,
    s.address,
    s.browser,
    s.created_at,
    s.authenticated_at,
    s.seen_at,
    s.expires_at,
]


def _user(row: sa.Row[tuple[object, ...]]) -> User:
    values = row._asdict()
    names = ("user_id", "email", "first_name", "last_name", "language", "has_password", "has_totp")
    return User(**{name: values[name] for name in names})


def _session(row: sa.Row[tuple[object, ...]]) -> Session:
    values = row._asdict()
    found = {column.name: values[column.name] for column in _SESSION}
    return Session(**{**found, "methods": tuple(found["methods"].split())})


def find_user(db: sa.Connection, user_id: str) -> User | None:
    row = db.execute(sa.select(*_USER).where(u.user_id == user_id)).first()
    return _user(row) if row else None


def find_user_by_email(db: sa.Connection, email_key: str) -> User | None:
    if "\0" in email_key:
        return None
    row = db.execute(sa.select(*_USER).where(u.email_key == email_key)).first()
    return _user(row) if row else None


def all_users(db: sa.Connection) -> list[User]:
    return [_user(row) for row in db.execute(sa.select(*_USER).order_by(u.created_at, u.user_id))]


def lock_person(db: sa.Connection, user_id: str) -> None:
    """Whoever signs in as this person, acts as them, changes what they prove themselves with, where
    they are a member or what is theirs, waits for who does so already, until commit."""
    lock_store(db, f"person {user_id}")


def take_user_by_email(db: sa.Connection, email_key: str) -> User | None:
    """The person, for who changes something of theirs: they take turns (`lock_person`)."""
    found = find_user_by_email(db, email_key)
    if found is None:
        return None
    lock_person(db, found.user_id)
    return find_user(db, found.user_id)


def password_hash(db: sa.Connection, user_id: str) -> str:
    """Empty when there is none."""
    found = db.execute(sa.select(u.password_hash).where(u.user_id == user_id)).scalar()
    return str(found or "")


def totp(db: sa.Connection, user_id: str) -> tuple[bytes, int] | None:
    """The sealed secret and the last step that a code was good for."""
    row = db.execute(sa.select(u.totp_sealed, u.totp_step).where(u.user_id == user_id)).first()
    return (row.totp_sealed, row.totp_step) if row and row.totp_sealed else None


def add_user(db: sa.Connection, user: User, email_key: str, hashed: str, now: int) -> bool:
    """False when the address has an account already."""
    values = {
        "user_id": user.user_id,
        "email": user.email,
        "email_key": email_key,
        "password_hash": hashed,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "language": user.language,
        "created_at": now,
        "updated_at": now,
    }
    return insert_new(db, tables.user_account, values)


def change_user(db: sa.Connection, user_id: str, now: int, **values: object) -> None:
    db.execute(
        tables.user_account.update().where(u.user_id == user_id).values(updated_at=now, **values)
    )


def remove_user(db: sa.Connection, user_id: str) -> None:
    """And all that they proved themselves with."""
    for table in (tables.passkey, tables.recovery_code, tables.user_account):
        db.execute(table.delete().where(table.c.user_id == user_id))


def set_totp(db: sa.Connection, user_id: str, sealed: bytes, step: int, now: int) -> bool:
    """Whether there was no secret; this one is the person's now."""
    none = (u.user_id == user_id, u.totp_sealed.is_(None))
    values = {"totp_sealed": sealed, "totp_step": step, "updated_at": now}
    done = db.execute(tables.user_account.update().where(*none).values(values))
    return done.rowcount == 1


def use_totp_step(db: sa.Connection, user_id: str, step: int) -> bool:
    """Whether the step was still unused; it is used now."""
    later = (u.user_id == user_id, u.totp_step < step)
    done = db.execute(tables.user_account.update().where(*later).values(totp_step=step))
    return done.rowcount == 1


def add_session(db: sa.Connection, secret_hash: bytes, session: Session) -> None:
    values = {column.name: getattr(session, column.name) for column in _SESSION}
    values["methods"] = " ".join(session.methods)
    db.execute(tables.session.insert().values(secret_hash=secret_hash, **values))


def find_visitor(
    db: sa.Connection, secret_hash: bytes, now: int, idle_since: int
) -> Visitor | None:
    """The session with that secret and its person, unless it has ended."""
    joined = tables.session.join(tables.user_account, u.user_id == s.user_id)
    columns = [*_SESSION, *(c for c in _USER if c.name != "user_id")]
    row = db.execute(
        sa.select(*columns)
        .select_from(joined)
        .where(s.secret_hash == secret_hash, s.expires_at > now, s.seen_at > idle_since)
    ).first()
    return Visitor(_user(row), _session(row)) if row else None


def sessions_of(db: sa.Connection, user_id: str, now: int, idle_since: int) -> list[Session]:
    """Those that have not ended, the latest first."""
    live = (s.user_id == user_id, s.expires_at > now, s.seen_at > idle_since)
    return [
        _session(row)
        for row in db.execute(
            sa.select(*_SESSION).where(*live).order_by(s.seen_at.desc(), s.session_id)
        )
    ]


def has_session(db: sa.Connection, session: Session) -> bool:
    """Whether nobody has ended it, nor signed in again in its browser."""
    same = (s.session_id == session.session_id, s.created_at == session.created_at)
    return db.execute(sa.select(s.session_id).where(*same)).first() is not None


def see_session(db: sa.Connection, session_id: str, now: int) -> None:
    db.execute(tables.session.update().where(s.session_id == session_id).values(seen_at=now))


def end_sessions(db: sa.Connection, user_id: str, *, only: str = "", but: str = "") -> list[str]:
    """End the sessions of a person: `only` one of them, or all `but` one. Returns the ids of those
    that ended by this, and not by somebody else at the same time."""
    which = [s.user_id == user_id]
    if only:
        which.append(s.session_id == only)
    if but:
        which.append(s.session_id != but)
    ended = tables.session.delete().where(*which).returning(s.session_id)
    return list(db.execute(ended).scalars())


def forget_ended(db: sa.Connection, now: int, idle_since: int) -> None:
    db.execute(tables.session.delete().where(sa.or_(s.expires_at <= now, s.seen_at <= idle_since)))
