"""Signing keys: RSA, made once, kept encrypted, loaded once per process.

A key id is never reused for another key: stores cache the key set without expiry and look again
only for an unknown id (spec/accounts.md §1.4.2).
"""

import asyncio

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey

from comptoir.infra.database import Database
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work
from comptoir.oauth.tables import signing_key

ALGORITHM = "RS256"
BITS = 2048
PURPOSE = "oauth signing key"


class KeyRing:
    """All keys of the installation. The newest that is not retired signs."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._keys: dict[str, RSAKey] = {}
        self._signing = ""
        self._loading = asyncio.Lock()

    async def signing(self) -> RSAKey:
        if not self._signing:
            await self._load()
        return self._keys[self._signing]

    async def find(self, kid: str) -> RSAKey | None:
        """The key of that id; looks at the database again when it is not known yet."""
        if kid not in self._keys:
            await self._load()
        return self._keys.get(kid)

    async def public(self) -> list[dict[str, object]]:
        """The public key set: each with `kid`, `kty`, `alg` and `use` (RFC 7517 §4)."""
        await self._load()
        shown = []
        for kid, key in self._keys.items():
            member: dict[str, object] = dict(key.as_dict(private=False))
            member.update(kid=kid, alg=ALGORITHM, use="sig")
            shown.append(member)
        return shown

    async def _load(self) -> None:
        async with self._loading:
            rows = await self._database.read(_rows)
            if not any(row.retired_at is None for row in rows):
                fresh = await asyncio.to_thread(_make)
                await self._database.write(lambda work: self._add(work, fresh))
                rows = await self._database.read(_rows)
            for row in rows:
                if row.kid not in self._keys:
                    pem = self._vault.open(row.sealed, PURPOSE)
                    self._keys[row.kid] = RSAKey.import_key(pem, {"kid": row.kid})
                if row.retired_at is None:
                    self._signing = row.kid

    def _add(self, work: Work, pem: bytes) -> None:
        """Another process may have been first: then its key stands."""
        lock_store(work.db, PURPOSE)  # no store has this name: whoever makes a key takes turns
        active = sa.select(signing_key.c.kid).where(signing_key.c.retired_at.is_(None))
        if work.db.execute(active).first() is None:
            kid = f"comptoir-{work.now:%Y%m%d}-{work.ids.token(9)}"
            work.db.execute(
                signing_key.insert().values(
                    kid=kid,
                    algorithm=ALGORITHM,
                    sealed=self._vault.seal(pem, PURPOSE),
                    created_at=work.now_ms,
                )
            )
            work.audit("signing_key.created", kid=kid)


def check_keys(db: sa.Connection, vault: Vault) -> None:
    """That the stored keys open: better at the start than at the first token.

    Raises:
        VaultError: they were sealed with another installation key.
    """
    for row in _rows(db):
        vault.open(row.sealed, PURPOSE)


def _rows(db: sa.Connection) -> list[sa.Row[tuple[object, ...]]]:
    order = (signing_key.c.created_at, signing_key.c.kid)
    return list(db.execute(sa.select(signing_key).order_by(*order)))


def _make() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
