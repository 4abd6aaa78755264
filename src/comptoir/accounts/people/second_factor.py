"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes on paper."""

import base64
import hmac
import string
from datetime import timedelta

import pyotp
import sqlalchemy as sa

from comptoir.accounts.people import store
from comptoir.accounts.people.tables import recovery_code
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

PURPOSE = "totp secret"
ISSUER = "Comptoir"
STEP = 30
"""Seconds a code is good for (RFC 6238 §4.1); one step early or late is accepted (§5.2)."""
CODES = 10
c = recovery_code.c


def secret_from(entropy: bytes) -> str:
    """160 random bits in base32 (RFC 4226 §4, R6)."""
    return base64.b32encode(entropy[:20]).decode()


def address_of(secret: str, email: str) -> str:
    """The `otpauth:` address that authenticator apps read from a QR code."""
    return pyotp.TOTP(secret, name=email, issuer=ISSUER).provisioning_uri()


def step_of(secret: str, code: str, work: Work) -> int | None:
    """The 30 s step in which the code is right; None when it is wrong now."""
    plain = "".join(ch for ch in code if ch in string.digits)
    otp = pyotp.TOTP(secret)
    for step in (0, -1, 1):
        at = work.now + timedelta(seconds=step * STEP)
        if hmac.compare_digest(otp.at(at), plain):
            return otp.timecode(at)
    return None


def turn_on(work: Work, vault: Vault, user_id: str, secret: str, code: str) -> list[str] | None:
    """From now on a code is asked for. Returns the recovery codes, shown once; None when the code
    does not fit the secret, or it is on already: nothing takes the place of a secret in use."""
    step = step_of(secret, code, work)
    if step is None:
        return None
    sealed = vault.seal(secret.encode(), f"{PURPOSE} {user_id}")
    if not store.set_totp(work.db, user_id, sealed, step, work.now_ms):
        return None
    work.audit("user.second_factor_on", user_id=user_id)
    return renew_recovery_codes(work, vault, user_id)


def turn_off(work: Work, user_id: str) -> None:
    store.change_user(work.db, user_id, work.now_ms, totp_sealed=None, totp_step=0)
    work.db.execute(recovery_code.delete().where(c.user_id == user_id))
    work.audit("user.second_factor_off", user_id=user_id)


def renew_recovery_codes(work: Work, vault: Vault, user_id: str) -> list[str]:
    """Ten new ones; the old ones are worth nothing any more, also when it is done twice at once."""
    lock_store(work.db, f"recovery codes of {user_id}")
    work.db.execute(recovery_code.delete().where(c.user_id == user_id))
    codes = []
    for _ in range(CODES):
        text = base64.b32encode(work.ids.entropy()[:10]).decode().lower()
        codes.append("-".join(text[at : at + 4] for at in range(0, 16, 4)))
        hashed = vault.hash(f"recovery {user_id} {text}")
        work.db.execute(
            recovery_code.insert().values(user_id=user_id, code_hash=hashed, created_at=work.now_ms)
        )
    work.audit("user.recovery_codes_made", user_id=user_id)
    return codes


def accept(work: Work, vault: Vault, user_id: str, code: str) -> bool:
    """Whether the code is right and unused (RFC 6238 §5.2); it is used now."""
    stored = store.totp(work.db, user_id)
    if stored is None:
        return False
    secret = vault.open(stored[0], f"{PURPOSE} {user_id}").decode()
    step = step_of(secret, code, work)
    if step is not None:
        return store.use_totp_step(work.db, user_id, step)
    plain = "".join(ch for ch in code.lower() if ch.isalnum())
    mine = (c.user_id == user_id, c.code_hash == vault.hash(f"recovery {user_id} {plain}"))
    used = recovery_code.update().where(*mine, c.used_at.is_(None)).values(used_at=work.now_ms)
    if work.db.execute(used).rowcount != 1:
        return False
    work.audit("user.recovery_code_used", user_id=user_id)
    return True


def codes_left(db: sa.Connection, user_id: str) -> int:
    mine = (c.user_id == user_id, c.used_at.is_(None))
    return int(db.execute(sa.select(sa.func.count()).where(*mine)).scalar() or 0)
