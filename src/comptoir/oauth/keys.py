"""The signing keys as a process has them: RSA, decrypted once, looked up again every few seconds.

A key id is never reused for another key: stores cache the key set without expiry and look again
only for an unknown id (spec/accounts.md §1.4.2). Which key signs when: `key_schedule`.
"""

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc.jwk import RSAKey

from comptoir.base import base64url
from comptoir.base.clock import Clock, monotonic
from comptoir.base.instant import to_ms
from comptoir.infra.database import Database
from comptoir.infra.http.rate import RateLimited, RateLimiter
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work
from comptoir.oauth import key_store
from comptoir.oauth.key_schedule import SigningKey, signing_at
from comptoir.oauth.rotation import PURPOSE, add_key, make_key

ALGORITHM = key_store.ALGORITHM
FRESH = 5.0
"""Seconds for which the keys are not looked up again: so soon does a process follow another one."""
_PADDING, _DIGEST = padding.PKCS1v15(), hashes.SHA256()
IN_A_ROW = 16
"""Signatures, of a third of a millisecond each, before anything else has its turn."""
GUESSES = 60
"""Looks for a key id that is not known, per minute: a token with a made-up id costs no more."""


@dataclass(slots=True)
class _Loaded:
    row: SigningKey
    key: RSAKey
    private: Any
    head: str
    """The header of the tokens that it signs, encoded, and the dot after it."""


class _Row:
    """Tokens that are asked for at once are signed in a row: from the second on, what signs is in
    the processor's caches."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[tuple[Any, bytes, asyncio.Future[bytes]]] = []

    async def sign(self, private: Any, plain: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # one that was ended may have left something
            self._loop, self._waiting = loop, []
        if not self._waiting:
            loop.call_soon(self._turn, loop)
        mine: asyncio.Future[bytes] = loop.create_future()
        self._waiting.append((private, plain, mine))
        return await mine

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        now, self._waiting = self._waiting[:IN_A_ROW], self._waiting[IN_A_ROW:]
        if self._waiting:
            loop.call_soon(self._turn, loop)
        for private, plain, waits in now:
            if waits.done():  # nobody waits any more
                continue
            try:
                waits.set_result(private.sign(plain, _PADDING, _DIGEST))
            except Exception as failure:  # noqa: BLE001 - told to the one who waits
                waits.set_exception(failure)


class KeyRing:
    """All good keys of the installation."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """`now`: seconds, for the age of what was looked up."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._now = now
        self._keys: dict[str, _Loaded] = {}
        self._looked_at = -math.inf
        self._looking = asyncio.Lock()
        self._guesses = RateLimiter(GUESSES, now)
        self._row = _Row()

    async def signing(self) -> RSAKey:
        return (await self._signing()).key

    async def sign(self, claims: bytes) -> str:
        """A JWT (RFC 7519) of these claims, which are JSON."""
        chosen = await self._signing()
        plain = chosen.head + base64url.encode(claims)
        signature = await self._row.sign(chosen.private, plain.encode())
        return f"{plain}.{base64url.encode(signature)}"

    async def _signing(self) -> _Loaded:
        if self._is_stale():
            await self._refresh()
        chosen = signing_at([known.row for known in self._keys.values()], self._now_ms())
        if chosen is None:  # the last one has just ended
            await self._look()
            chosen = signing_at([known.row for known in self._keys.values()], self._now_ms())
            assert chosen is not None
        return self._keys[chosen.kid]

    async def find(self, kid: str) -> RSAKey | None:
        """The key of that id, if it is good; looks again for one that is not known yet."""
        await self._refresh()
        if kid not in self._keys and self._may_guess():
            await self._look()
        known = self._keys.get(kid)
        return known.key if known is not None and known.row.is_good(self._now_ms()) else None

    async def public(self) -> list[dict[str, object]]:
        """The public key set: each with `kid`, `kty`, `alg` and `use` (RFC 7517 §4)."""
        await self._refresh()
        shown = []
        for kid, known in self._keys.items():
            if known.row.is_good(self._now_ms()):
                member: dict[str, object] = dict(known.key.as_dict(private=False))
                member.update(kid=kid, alg=ALGORITHM, use="sig")
                shown.append(member)
        return shown

    def _now_ms(self) -> int:
        return to_ms(self._clock.now())

    def _may_guess(self) -> bool:
        try:
            self._guesses.take("")
        except RateLimited:
            return False
        return True

    def _is_stale(self) -> bool:
        return self._now() - self._looked_at >= FRESH

    async def _refresh(self) -> None:
        if self._is_stale():
            async with self._looking:
                if self._is_stale():
                    await self._read()

    async def _look(self) -> None:
        async with self._looking:
            await self._read()

    async def _read(self) -> None:
        started = self._now()
        rows = await self._database.read(key_store.all_keys)
        if signing_at(rows, self._now_ms()) is None:
            fresh = await asyncio.to_thread(make_key)
            await self._database.write(lambda work: self._first(work, fresh))
            rows = await self._database.read(key_store.all_keys)
        found: dict[str, _Loaded] = {}
        for row in rows:
            if row.is_good(self._now_ms()):
                known = self._keys.get(row.kid)
                if known is None:
                    known = self._open(row)
                known.row = row
                found[row.kid] = known
        self._keys, self._looked_at = found, started

    def _open(self, row: SigningKey) -> _Loaded:
        key = RSAKey.import_key(self._vault.open(row.sealed, PURPOSE), {"kid": row.kid})
        header = json.dumps({"alg": ALGORITHM, "typ": "JWT", "kid": row.kid})
        return _Loaded(row, key, key.private_key, base64url.encode(header.encode()) + ".")

    def _first(self, work: Work, fresh: bytes) -> None:
        """Another process may have been first: then its key stands."""
        if signing_at(key_store.keys_to_change(work.db), work.now_ms) is None:
            add_key(work, self._vault, fresh, signs_from=work.now_ms)


def check_keys(db: sa.Connection, vault: Vault) -> None:
    """That the stored keys open: better at the start than at the first token.

    Raises:
        VaultError: they were sealed with another installation key.
    """
    for sealed in key_store.sealed_keys(db):
        vault.open(sealed, PURPOSE)
