"""Passwords: Argon2id with the parameters of RFC 9106 §4 (low memory), off the event loop."""

import asyncio
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

AT_ONCE = 2
"""Each takes 64 MiB for a moment: more at once would make a flood of sign-ins a flood of memory."""
_hasher = PasswordHasher()
_turns = threading.BoundedSemaphore(AT_ONCE)


def hash_now(password: str) -> str:
    """For commands; a server uses `hash_password`."""
    return _hasher.hash(_plain(password))


async def hash_password(password: str) -> str:
    """The text to store: algorithm, parameters, salt and hash."""
    return await asyncio.to_thread(_in_turn_hash, password)


async def password_matches(stored: str, password: str) -> bool:
    """Whether it is the password. Takes as long when nothing is stored: nobody can tell by the
    time whether there is an account."""
    return await asyncio.to_thread(_in_turn_check, stored, password)


def _in_turn_hash(password: str) -> str:
    with _turns:
        return hash_now(password)


def _in_turn_check(stored: str, password: str) -> bool:
    with _turns:
        try:
            return _hasher.verify(stored or _nobody(), _plain(password)) and bool(stored)
        except (Argon2Error, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody's password")


def _plain(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
