"""What people let applications do: made by a sign-in, used by a code, kept by refresh tokens.

A code is good once, and so is each refresh token. One that comes a second time has been stolen, or
its first user was the thief: everything that hangs on its authorization ends (RFC 6749 §4.1.2,
RFC 9700 §4.14.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from comptoir.base.secret import make_secret
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work
from comptoir.oauth import revocation
from comptoir.oauth.tables import authorization, authorization_code, refresh_token

CODE, REFRESH = "ac", "rt"
CODE_MS = 60_000
"""RFC 6749 §4.1.2 recommends ten minutes at most; a browser follows the redirect at once."""
CLOCKS_DIFFER_MS = 60_000
"""Of servers on one database, at most."""
KEEP_CODE_MS = 86_400_000
"""A used code is remembered for a day: so long is its replay noticed."""
REFRESH_MS = 60 * 86_400_000
"""A refresh token that is not used for so long is no good any more."""
a, ac, rt = authorization.c, authorization_code.c, refresh_token.c


@dataclass(frozen=True, slots=True)
class Authorization:
    """Times in milliseconds since the epoch."""

    authorization_id: str
    client_id: str
    user_id: str
    session_id: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    nonce: str
    methods: tuple[str, ...]
    authenticated_at: int
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Code:
    authorization_id: str
    client_id: str
    redirect_uri: str
    challenge: str


def authorize(
    work: Work, vault: Vault, made: Authorization, redirect_uri: str, challenge: str
) -> str:
    """Remember that the person let the application in. Returns the code for it."""
    values = {
        "authorization_id": made.authorization_id,
        "client_id": made.client_id,
        "user_id": made.user_id,
        "session_id": made.session_id,
        "scopes": " ".join(made.scopes),
        "audiences": " ".join(made.audiences),
        "nonce": made.nonce,
        "methods": " ".join(made.methods),
        "authenticated_at": made.authenticated_at,
        "created_at": work.now_ms,
    }
    work.db.execute(authorization.insert().values(values))
    code = make_secret(CODE, work.ids.entropy())
    work.db.execute(
        authorization_code.insert().values(
            code_hash=vault.hash(code),
            authorization_id=made.authorization_id,
            client_id=made.client_id,
            redirect_uri=redirect_uri,
            challenge=challenge,
            expires_at=work.now_ms + CODE_MS,
        )
    )
    work.audit(
        "authorization.made",
        user_id=made.user_id,
        client_id=made.client_id,
        authorization_id=made.authorization_id,
    )
    return code


def use_code(work: Work, vault: Vault, code: str, client_id: str) -> Code | None:
    """The code, which is used up now; None when it is no good. Of a code that comes again, what
    its first use got ends. Another client's is left as it is: that client still may use it."""
    mine = (ac.code_hash == vault.hash(code), ac.client_id == client_id)
    fresh = authorization_code.update().where(
        *mine, ac.used_at.is_(None), ac.expires_at > work.now_ms
    )
    first = work.db.execute(fresh.values(used_at=work.now_ms)).rowcount == 1
    row = work.db.execute(
        sa.select(
            ac.authorization_id, ac.client_id, ac.redirect_uri, ac.challenge, ac.used_at
        ).where(*mine)
    ).first()
    if row is None:
        return None
    if not first:
        if row.used_at is not None:
            end(work, row.authorization_id, "a code came twice")
        return None
    return Code(row.authorization_id, row.client_id, row.redirect_uri, row.challenge)


def add_refresh_token(work: Work, vault: Vault, authorization_id: str, client_id: str) -> str:
    token = make_secret(REFRESH, work.ids.entropy())
    work.db.execute(
        refresh_token.insert().values(
            token_hash=vault.hash(token),
            authorization_id=authorization_id,
            client_id=client_id,
            expires_at=work.now_ms + REFRESH_MS,
        )
    )
    return token


def use_refresh_token(work: Work, vault: Vault, token: str, client_id: str) -> str | None:
    """The id of its authorization; the token is used up now. None when it is no good; one that
    comes again ends its authorization."""
    mine = (rt.token_hash == vault.hash(token), rt.client_id == client_id)
    fresh = refresh_token.update().where(*mine, rt.used_at.is_(None), rt.expires_at > work.now_ms)
    first = work.db.execute(fresh.values(used_at=work.now_ms)).rowcount == 1
    row = work.db.execute(sa.select(rt.authorization_id, rt.used_at).where(*mine)).first()
    if row is None:
        return None
    if not first and row.used_at is not None:
        end(work, row.authorization_id, "a refresh token came twice")
    return row.authorization_id if first else None


def of_refresh_token(db: sa.Connection, vault: Vault, token: str, now: int) -> Authorization | None:
    """The authorization of a refresh token that is good at `now`; None when it has ended."""
    good = (rt.token_hash == vault.hash(token), rt.used_at.is_(None), rt.expires_at > now)
    found = db.execute(sa.select(rt.authorization_id).where(*good)).scalar()
    return find(db, found) if found else None


def find(db: sa.Connection, authorization_id: str) -> Authorization | None:
    """None when there is none, or it has ended."""
    live = (a.authorization_id == authorization_id, a.ended_at.is_(None))
    row = db.execute(sa.select(authorization).where(*live)).first()
    if row is None:
        return None
    return Authorization(
        row.authorization_id,
        row.client_id,
        row.user_id,
        row.session_id,
        tuple(row.scopes.split()),
        tuple(row.audiences.split()),
        row.nonce,
        tuple(row.methods.split()),
        row.authenticated_at,
        row.ended_at,
    )


def held_by(
    db: sa.Connection, user_id: str, now: int, lifetime_ms: int
) -> list[tuple[str, int, int]]:
    """The applications that may still act for the person: the id of each, and when they let it in
    for the first and for the last time (milliseconds). The last one first. `lifetime_ms`: of an
    access token."""
    token = sa.exists().where(
        rt.authorization_id == a.authorization_id, rt.used_at.is_(None), rt.expires_at > now
    )
    recent = a.created_at > now - lifetime_ms - CODE_MS  # its access token may be good yet
    last = sa.func.max(a.created_at)
    rows = db.execute(
        sa.select(a.client_id, sa.func.min(a.created_at), last)
        .where(a.user_id == user_id, a.ended_at.is_(None), sa.or_(token, recent))
        .group_by(a.client_id)
        .order_by(last.desc())
    )
    return [(client_id, since, latest) for client_id, since, latest in rows.all()]


def end(work: Work, authorization_id: str, reason: str) -> None:
    """Its tokens are no good any more: refresh tokens at once, access tokens within 5 s in every
    process. Safe to repeat."""
    ended = authorization.update().where(
        a.authorization_id == authorization_id, a.ended_at.is_(None)
    )
    if work.db.execute(ended.values(ended_at=work.now_ms)).rowcount:
        work.audit("authorization.ended", authorization_id=authorization_id, reason=reason)
    revocation.revoke_authorization(work, authorization_id)


def end_all_of(
    work: Work, user_id: str, until: int, session_ids: Sequence[str], reason: str
) -> None:
    """Whatever any application holds of the person since before that instant (milliseconds), or by
    one of these sessions, which are over. Clocks go back, and those of two servers differ: what was
    made in the future was made before."""
    made_before = sa.or_(
        a.created_at <= until,
        a.created_at > work.now_ms + CLOCKS_DIFFER_MS,
        a.session_id.in_(session_ids),
    )
    theirs = (a.user_id == user_id, made_before, a.ended_at.is_(None))
    live = sa.select(a.authorization_id).where(*theirs)
    for row in work.db.execute(live).all():
        end(work, row.authorization_id, reason)


def end_all_at(work: Work, user_id: str, client_id: str, reason: str) -> None:
    """Whatever this application holds of the person."""
    theirs = (a.user_id == user_id, a.client_id == client_id, a.ended_at.is_(None))
    for row in work.db.execute(sa.select(a.authorization_id).where(*theirs)).all():
        end(work, row.authorization_id, reason)


def end_of_session(work: Work, session_ids: Sequence[str]) -> None:
    """The sessions are over: what was allowed without `offline_access` ends with them (OpenID
    Connect Core §11)."""
    live = sa.select(a.authorization_id, a.scopes).where(
        a.session_id.in_(session_ids), a.ended_at.is_(None)
    )
    for row in work.db.execute(live).all():
        if "offline_access" not in row.scopes.split():
            end(work, row.authorization_id, "the session is over")


def forget(work: Work) -> None:
    """Drop codes and refresh tokens that are no good any more, and authorizations without any."""
    work.db.execute(authorization_code.delete().where(ac.expires_at < work.now_ms - KEEP_CODE_MS))
    work.db.execute(refresh_token.delete().where(rt.expires_at < work.now_ms - KEEP_CODE_MS))
    old = a.created_at < work.now_ms - KEEP_CODE_MS
    held = sa.exists().where(rt.authorization_id == a.authorization_id)
    # Not `exists`: there is no index that finds the codes of one, only these few codes in all.
    codeless = a.authorization_id.not_in(sa.select(ac.authorization_id))
    work.db.execute(authorization.delete().where(old, ~held, codeless))
