"""Secrets at rest: encrypted, or stored as a keyed hash. One installation key makes both."""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from comptoir.base.secret import KeyedHash, same

KEY_FILE = "secret.key"
SHORTEST = 32
"""Characters of a key, at least."""


class VaultError(Exception):
    """The key does not open what is stored. The text says what to do."""


class Vault:
    """Encryption (AES-256-GCM, AES-128-SIV) and keyed hashing under `COMPTOIR_SECRET_KEY`."""

    def __init__(self, secret_key: str) -> None:
        if len(secret_key) < SHORTEST:
            raise VaultError(
                f"COMPTOIR_SECRET_KEY is too short: give {SHORTEST} characters or more"
            )
        material = secret_key.encode()
        self._cipher = AESGCM(_derive(material, b"comptoir encryption 1"))
        self._same = AESSIV(_derive(material, b"comptoir deterministic encryption 1"))
        self._hash = KeyedHash(_derive(material, b"comptoir hashing 1"))

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Encrypt. The same `purpose` must be named to open it again."""
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises: VaultError."""
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], purpose.encode())
        except (InvalidTag, ValueError) as wrong:
            raise VaultError(
                "what is stored was encrypted with another key: start with the"
                " COMPTOIR_SECRET_KEY (or DIR/secret.key) that this database was made with"
            ) from wrong

    def seal_alike(self, plain: bytes, purpose: str) -> bytes:
        """Encrypt (AES-SIV) so that equal texts look equal: for what is shown, not for secrets."""
        return self._same.encrypt(plain, [purpose.encode()])

    def open_alike(self, sealed: bytes, purpose: str) -> bytes | None:
        """None if it was not sealed here, for this purpose."""
        try:
            return self._same.decrypt(sealed, [purpose.encode()])
        except (InvalidTag, ValueError):
            return None

    def hash(self, secret: str) -> bytes:
        return self._hash.of(secret)

    def matches(self, secret: str, stored: bytes) -> bool:
        return same(self.hash(secret), stored)


def open_vault(secret_key: str, data: Path, *, used: bool = False) -> Vault:
    """The vault of this installation; makes `DIR/secret.key` (mode 600) on first start.

    Two processes starting at once end with the same key: the file appears whole or not at all.

    `used`: something was written before: another key would open nothing of it.

    Raises: VaultError.
    """
    if secret_key:
        return Vault(secret_key)
    path = data / KEY_FILE
    if not path.exists():
        if used:
            raise VaultError(
                f"there is no {path}: put it back, or set COMPTOIR_SECRET_KEY to what was in it"
            )
        keep_key(data, secrets.token_urlsafe(48))
    return Vault(read_key(path))


def read_key(path: Path) -> str:
    """The key in a file. Raises: VaultError, when it cannot be one."""
    try:
        key = path.read_text("ascii").strip()
    except UnicodeDecodeError:
        key = ""
    if len(key) < SHORTEST:
        raise VaultError(f"{path} holds no key: put back the one that this installation had")
    return key


def keep_key(data: Path, key: str) -> bool:
    """Write `DIR/secret.key`, mode 600, unless it is there. Returns whether it was written."""
    data.mkdir(parents=True, exist_ok=True)
    draft = data / f".{KEY_FILE}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, data / KEY_FILE)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _derive(material: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(material)
