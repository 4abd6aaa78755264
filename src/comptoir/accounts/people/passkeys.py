"""Passkeys (Web Authentication Level 2): register them, and sign in with one instead of a
password. The authenticator checks the person (`userVerification`), so one is two factors."""

import ipaddress
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from comptoir.accounts.people.rules import User
from comptoir.accounts.people.tables import attempt, passkey
from comptoir.base import base64url
from comptoir.infra.db.dialect import insert_new
from comptoir.infra.vault import Vault, VaultError
from comptoir.infra.work import Work

SEALED = "passkey challenge"
KEEP_MS = 5 * 60_000
"""How long a page with a challenge may stay open."""
MOST = 20
"""Passkeys of one person."""
METHODS = ("hwk", "user")
"""RFC 8176: a key in hardware, and a test that the person is there."""
c = passkey.c


@dataclass(frozen=True, slots=True)
class Passkey:
    credential_id: str
    name: str
    created_at: int
    used_at: int | None


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys are good: the host of BASE, and no other."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser is asked for. `sealed` comes back with the answer."""

    options: str
    """JSON, for `navigator.credentials`."""
    sealed: str


class Challenge(msgspec.Struct):
    text: str
    at: int
    user_id: str = ""


def site_of(base: str) -> Site | None:
    """None where browsers have no passkeys: at a bare address, and without https but on
    localhost."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        secure = parts.scheme == "https" or host == "localhost"
        return Site(host, f"{parts.scheme}://{parts.netloc}") if secure else None
    return None


def passkeys_of(db: sa.Connection, user_id: str) -> list[Passkey]:
    rows = db.execute(
        sa.select(c.credential_id, c.name, c.created_at, c.used_at)
        .where(c.user_id == user_id)
        .order_by(c.created_at, c.credential_id)
    )
    return [Passkey(*row) for row in rows]


def _ceremony() -> ModuleType:
    """Loaded when the first passkey is asked for: it takes a sixth of a start."""
    return import_module("comptoir.accounts.people.ceremony")


def ask_for_new(
    vault: Vault, site: Site, user: User, known: list[Passkey], entropy: bytes, now: int
) -> Asked:
    """To register a passkey for a signed-in person."""
    ids = [key.credential_id for key in known]
    options = _ceremony().creation(site.host, user, ids, entropy)
    return Asked(options, _seal(vault, entropy, now, user.user_id))


def ask_for_any(vault: Vault, site: Site, entropy: bytes, now: int) -> Asked:
    """To sign in, whoever it is: the passkey says who."""
    return Asked(_ceremony().request(site.host, entropy), _seal(vault, entropy, now, ""))


def register(
    work: Work, vault: Vault, site: Site, user_id: str, sealed: str, answer: str, name: str
) -> bool:
    """Keep the new passkey. False when the answer does not fit what was asked."""
    challenge = _take(work, vault, sealed, user_id)
    if challenge is None or len(passkeys_of(work.db, user_id)) >= MOST:
        return False
    made = _ceremony().made(site.host, site.origin, challenge, answer)
    if made is None:
        return False
    credential_id, public_key, count = made
    values = {
        "credential_id": base64url.encode(credential_id),
        "user_id": user_id,
        "name": name.strip()[:60],
        "public_key": public_key,
        "sign_count": count,
        "created_at": work.now_ms,
    }
    if not insert_new(work.db, passkey, values):
        return False
    work.audit("user.passkey_added", user_id=user_id, name=values["name"])
    return True


def accept(work: Work, vault: Vault, site: Site, sealed: str, answer: str) -> str | None:
    """The id of the person whose passkey signed; None when it does not fit."""
    challenge = _take(work, vault, sealed, "")
    if challenge is None:
        return None
    credential_id = _named(answer)
    row = work.db.execute(
        sa.select(c.user_id, c.public_key, c.sign_count).where(c.credential_id == credential_id)
    ).first()
    if row is None:
        return None
    count = _ceremony().signed(
        site.host, site.origin, challenge, answer, row.public_key, row.sign_count
    )
    if count is None:
        return None
    used = {"sign_count": count, "used_at": work.now_ms}
    work.db.execute(passkey.update().where(c.credential_id == credential_id).values(used))
    return str(row.user_id)


class _Answer(msgspec.Struct):
    id: str


def _named(answer: str) -> str:
    """The id of the passkey that an answer names; empty when it names none that could be."""
    try:
        found = msgspec.json.decode(answer, type=_Answer).id
    except (msgspec.DecodeError, RecursionError):
        return ""
    return "" if "\0" in found else found  # PostgreSQL knows no such text


def remove(work: Work, user_id: str, credential_id: str) -> bool:
    """False when the person has no such passkey."""
    mine = (c.user_id == user_id, c.credential_id == credential_id)
    if not work.db.execute(passkey.delete().where(*mine)).rowcount:
        return False
    work.audit("user.passkey_removed", user_id=user_id)
    return True


def _seal(vault: Vault, challenge: bytes, now: int, user_id: str) -> str:
    asked = Challenge(base64url.encode(challenge), now, user_id)
    return vault.seal(msgspec.json.encode(asked), SEALED).hex()


def _take(work: Work, vault: Vault, sealed: str, user_id: str) -> bytes | None:
    """The challenge, which is good once and for a short time."""
    try:
        asked = msgspec.json.decode(vault.open(bytes.fromhex(sealed), SEALED), type=Challenge)
    except (ValueError, VaultError):
        return None
    if asked.user_id != user_id or work.now_ms - asked.at > KEEP_MS:
        return None
    slot = f"challenge/{vault.hash(asked.text).hex()}"
    if not insert_new(work.db, attempt, {"slot": slot, "failures": 0, "first_at": work.now_ms}):
        return None
    return base64url.decode(asked.text)
