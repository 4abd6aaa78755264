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
    password_mark: str = ""
    """Of the password that was good then (`users.password_mark`)."""


def device_cookie(work: Work, vault: Vault, email: str, mark: str) -> str:
    """For the browser in which the person has just signed in. `mark`: of their password now."""
    device = Device(work.ids.token(16), vault.hash(f"device {email_key(email)}").hex(), mark)
    return vault.seal(msgspec.json.encode(device), DEVICE).hex()


def slot_of(vault: Vault, email: str, cookie: str, mark: str) -> str:
    """Where the attempts to sign in as `email` from a browser with this cookie are counted.

    All browsers that knew another password than that of `mark` share one count: whoever took many
    cookies while they knew it has no more attempts than others at the next."""
    mine = vault.hash(f"device {email_key(email)}").hex()
    try:
        device = msgspec.json.decode(vault.open(bytes.fromhex(cookie), DEVICE), type=Device)
        known = device.email_hash == mine
    except (ValueError, VaultError, msgspec.DecodeError):
        known = False
    if not known:
        return f"email/{mine}"
    return f"device/{device.device_id}" if device.password_mark == mark else f"devices/{mine}"


def take(work: Work, slot: str, most: int = MOST) -> None:
    """Count an attempt before it is looked at: attempts at the same time count too.

    Raises: TooManyAttempts.
    """
    lock_store(work.db, slot)
    c = attempt.c
    row = work.db.execute(sa.select(c.failures, c.first_at).where(c.slot == slot)).first()
    # Either way: the clock may have gone back. By less it is no sign of that: who waited for their
    # turn has an earlier instant than who had theirs.
    fresh = row is None or abs(work.now_ms - row.first_at) >= WINDOW_MS
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
