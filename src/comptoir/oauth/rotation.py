"""Signing keys in turn: the next one is published; one that has ended is destroyed.

By schedule, from the worker; at once, from the command line (docs/decisions/0014).
"""

import asyncio

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from comptoir.infra.http.context import Context
from comptoir.infra.settings import Settings
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work
from comptoir.oauth import key_store
from comptoir.oauth.key_schedule import (
    DAY_MS,
    Policy,
    SigningKey,
    is_due,
    next_after,
    signing_at,
)

BITS = 2048
PURPOSE = "oauth signing key"
STORE_CALL_LIFETIME = 300
"""Seconds that a token for one of our calls to a store lasts."""
LEGACY_LIFETIME = 3600
"""Seconds that a token for `ps_accounts` 5 to 7 lasts."""
LEEWAY = 30
"""Seconds that a clock may be off."""


def policy_of(settings: Settings) -> Policy:
    longest = max(settings.token_lifetime, STORE_CALL_LIFETIME, LEGACY_LIFETIME) + LEEWAY
    return Policy(
        period_ms=settings.signing_key_days * DAY_MS,
        ahead_ms=settings.signing_key_ahead * 1000,
        lasts_ms=longest * 1000,
    )


def make_key() -> bytes:
    """A new private key. Takes some 100 ms: call it outside of a transaction."""
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


async def rotate_keys(context: Context) -> None:
    """What the schedule asks for now. Safe to repeat, by many processes at once."""
    policy, vault = policy_of(context.settings), context.vault
    now = int(context.clock.now().timestamp() * 1000)
    keys = await context.db.read(key_store.all_keys)
    fresh = await asyncio.to_thread(make_key) if is_due(keys, now, policy) else b""
    await context.db.write(lambda work: keep_schedule(work, vault, policy, fresh))


def keep_schedule(work: Work, vault: Vault, policy: Policy, fresh: bytes) -> None:
    """Publish the next key, made before (empty: none was), if it is due; end what is over."""
    keys = key_store.keys_to_change(work.db)
    for key in keys:
        _keep(work, key, policy)
    if fresh and is_due(keys, work.now_ms, policy):
        _publish(work, vault, policy, keys, fresh)


def publish_next(work: Work, vault: Vault, policy: Policy, fresh: bytes) -> SigningKey:
    """Rotate before the schedule does. The key that waits already, if one does: no third one."""
    keys = key_store.keys_to_change(work.db)
    waiting = next_after(keys, work.now_ms)
    return waiting or _publish(work, vault, policy, keys, fresh)


def revoke_all(work: Work, vault: Vault, fresh: bytes) -> tuple[SigningKey, list[str]]:
    """A new key signs at once; no other is good any more, nor what it signed: for a leak.

    Returns the new key and the ids of those that ended.
    """
    now, ended = work.now_ms, []
    for key in key_store.keys_to_change(work.db):
        if key.is_good(now):
            retired = now if key.retired_at is None else min(key.retired_at, now)
            key_store.change(work.db, key.kid, retired_at=retired, ends_at=now, sealed=b"")
            work.audit("signing_key.revoked", kid=key.kid)
            ended.append(key.kid)
    return add_key(work, vault, fresh, signs_from=now), ended


def add_key(work: Work, vault: Vault, fresh: bytes, *, signs_from: int) -> SigningKey:
    made = SigningKey(
        kid=f"comptoir-{work.now:%Y%m%d}-{work.ids.token(9)}",
        sealed=vault.seal(fresh, PURPOSE),
        created_at=work.now_ms,
        signs_from=signs_from,
    )
    key_store.add(work.db, made)
    work.audit("signing_key.created", kid=made.kid, signs_from=signs_from)
    return made


def list_keys(db: sa.Connection) -> list[SigningKey]:
    """Every key there ever was, the oldest first."""
    return key_store.all_keys(db)


def _publish(
    work: Work, vault: Vault, policy: Policy, keys: list[SigningKey], fresh: bytes
) -> SigningKey:
    now, current = work.now_ms, signing_at(keys, work.now_ms)
    if current is None:
        return add_key(work, vault, fresh, signs_from=now)
    turn = now + policy.ahead_ms
    ends = turn + policy.lasts_ms
    key_store.change(work.db, current.kid, retired_at=turn, ends_at=ends)
    return add_key(work, vault, fresh, signs_from=turn)


def _keep(work: Work, key: SigningKey, policy: Policy) -> None:
    """Destroy the private half of a key that has ended. While it signs, tokens may have become
    longer: then it stays longer."""
    now = work.now_ms
    if not key.sealed or key.retired_at is None or key.ends_at is None:
        return
    if now >= key.ends_at:
        key_store.change(work.db, key.kid, sealed=b"")
        work.audit("signing_key.destroyed", kid=key.kid)
    elif now < key.retired_at and key.retired_at + policy.lasts_ms > key.ends_at:
        key_store.change(work.db, key.kid, ends_at=key.retired_at + policy.lasts_ms)
