"""Wrong passwords and codes are counted, so that nobody can try them all, and so that nobody can
lock the owner out (OWASP, "Device cookies"): a browser in which the person signed in before is
counted by itself; all unknown browsers together share one count per address. Who is locked out of
an unknown browser can still use a passkey or reset the password by mail.
"""

import msgspec
import sqlalchemy as sa

from comptoir.accounts.people.errors import TooManyAttempts
from comptoir.accounts.people.rules import email_key
from comptoir.accounts.people.tables import attempt
from comptoir.infra.db.dialect import lock_store, upsert
from comptoir.infra.vault import Vault, VaultError
from comptoir.infra.work import Work

MOST = 10
WINDOW_MS = 15 * 60_000
DEVICE = "device cookie"


class Device(msgspec.Struct):
    """What the cookie of a browser holds, sealed: it names who signed in there."""

    device_id: str
    email_hash: str


def device_cookie(work: Work, vault: Vault, email: str) -> str:
    """For the browser in which the person has just signed in."""
    device = Device(work.ids.token(16), vault.hash(f"device {email_key(email)}").hex())
    return vault.seal(msgspec.json.encode(device), DEVICE).hex()


def slot_of(vault: Vault, email: str, cookie: str) -> str:
    """Where the attempts to sign in as `email` from a browser with this cookie are counted."""
    mine = vault.hash(f"device {email_key(email)}").hex()
    try:
        device = msgspec.json.decode(vault.open(bytes.fromhex(cookie), DEVICE), type=Device)
        known = device.email_hash == mine
    except (ValueError, VaultError, msgspec.DecodeError):
        known = False
    return f"device/{device.device_id}" if known else f"email/{mine}"


def take(work: Work, slot: str, most: int = MOST) -> None:
    """Count an attempt before it is looked at: attempts at the same time count too.

    Raises: TooManyAttempts.
    """
    lock_store(work.db, slot)
    c = attempt.c
    row = work.db.execute(sa.select(c.failures, c.first_at).where(c.slot == slot)).first()
    fresh = row is None or row.first_at <= work.now_ms - WINDOW_MS
    count, first = (0, work.now_ms) if fresh or row is None else (row.failures, row.first_at)
    if count >= most:
        left = max(1000, first + WINDOW_MS - work.now_ms)
        raise TooManyAttempts(retry_after=-(-left // 1000))
    upsert(work.db, attempt, {"slot": slot, "failures": count + 1, "first_at": first})


def clear(work: Work, slot: str) -> None:
    """The attempt was right: what was counted before it is forgotten."""
    work.db.execute(attempt.delete().where(attempt.c.slot == slot))


def forget(work: Work) -> None:
    work.db.execute(attempt.delete().where(attempt.c.first_at <= work.now_ms - WINDOW_MS))
