"""Codes sent by mail: 8 digits that show that an address is read by who typed it.

The browser that asked holds the flow's secret in a cookie, the mail holds the code: neither is
enough. There is no link with a secret in it, which would stand in logs and histories and be opened
by scanners of mail.
"""

from dataclasses import dataclass
from enum import Enum

import msgspec
import sqlalchemy as sa

from comptoir.accounts.people import throttle
from comptoir.accounts.people.rules import email_key
from comptoir.accounts.people.tables import mail_code
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

KEEP_MS = 30 * 60_000
TRIES = 5
"""Codes that may be tried in one flow: of 10^8, so that guessing is hopeless."""
MOST_MAILS = 5
"""Mails to one address within the throttle's window."""
DIGITS = 8
c = mail_code.c


class Purpose(Enum):
    SIGN_UP = "sign-up"
    RESET = "reset"
    EMAIL = "email"


class Promise(msgspec.Struct):
    """What becomes true when the code comes back. Sealed in the database."""

    email: str
    user_id: str = ""
    password_hash: str = ""
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    flow: str
    code: str


def begin(work: Work, vault: Vault, purpose: Purpose, promise: Promise, flow: str = "") -> Begun:
    """A new flow, or a new code for one that is there. The caller sends the code.

    Raises:
        TooManyAttempts: too many mails to this address.
    """
    key = email_key(promise.email)
    throttle.take(work, f"mail/{vault.hash(f'mail {key}').hex()}", MOST_MAILS)
    flow = flow or work.ids.token(32)
    code = f"{int.from_bytes(work.ids.entropy()) % 10**DIGITS:0{DIGITS}}"
    flow_hash = vault.hash(f"flow {flow}")
    work.db.execute(mail_code.delete().where(c.flow_hash == flow_hash))
    work.db.execute(
        mail_code.insert().values(
            flow_hash=flow_hash,
            purpose=purpose.value,
            email_key=key,
            code_hash=vault.hash(f"code {flow} {code}"),
            sealed=vault.seal(msgspec.json.encode(promise), "mail code"),
            created_at=work.now_ms,
            expires_at=work.now_ms + KEEP_MS,
        )
    )
    return Begun(flow, code)


def promised(
    db: sa.Connection, vault: Vault, purpose: Purpose, flow: str, now: int
) -> Promise | None:
    """What the flow promises, whatever code comes; None when it has ended."""
    mine = (c.flow_hash == vault.hash(f"flow {flow}"), c.purpose == purpose.value)
    row = db.execute(sa.select(c.sealed).where(*mine, c.expires_at > now)).first()
    return msgspec.json.decode(vault.open(row.sealed, "mail code"), type=Promise) if row else None


def are_used_up(db: sa.Connection, vault: Vault, flow: str) -> bool:
    """Whether the tries of the flow's code are."""
    mine = c.flow_hash == vault.hash(f"flow {flow}")
    return (db.execute(sa.select(c.attempts).where(mine)).scalar() or 0) >= TRIES


def redeem(work: Work, vault: Vault, purpose: Purpose, flow: str, code: str) -> Promise | None:
    """What was promised, when the code is right: then the flow is over. A wrong one is counted;
    after `TRIES` the flow is over too. Raises nothing: the count must be kept."""
    mine = (c.flow_hash == vault.hash(f"flow {flow}"), c.purpose == purpose.value)
    counted = mail_code.update().where(*mine, c.expires_at > work.now_ms, c.attempts < TRIES)
    if not work.db.execute(counted.values(attempts=c.attempts + 1)).rowcount:
        return None
    row = work.db.execute(sa.select(c.code_hash, c.sealed).where(*mine)).one()
    plain = "".join(ch for ch in code if ch.isdigit())
    if not vault.matches(f"code {flow} {plain}", row.code_hash):
        return None
    work.db.execute(mail_code.delete().where(*mine))
    return msgspec.json.decode(vault.open(row.sealed, "mail code"), type=Promise)


def end_all(work: Work, purpose: Purpose, email: str) -> None:
    """Other codes for the same, also those that another browser asked for, are worth nothing."""
    same = (c.email_key == email_key(email), c.purpose == purpose.value)
    work.db.execute(mail_code.delete().where(*same))


def forget(work: Work) -> None:
    work.db.execute(mail_code.delete().where(c.expires_at <= work.now_ms))
