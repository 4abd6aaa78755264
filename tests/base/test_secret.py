"""Secrets: one shape, a checksum that sees any typing error, a keyed hash."""

import hmac
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.base import secret

ALPHABET = string.ascii_letters + string.digits + "-_"
ENTROPY = st.binary(min_size=32, max_size=32)


@given(ENTROPY)
def test_the_shape(entropy: bytes) -> None:
    made = secret.make_secret("cs", entropy)

    assert re.fullmatch(r"cs_[A-Za-z0-9_-]{43}_[a-z2-7]{6}", made)
    assert 16 <= len(made) <= 72, "PrestaShop's recovery form takes no longer one"
    assert secret.looks_right(made)
    assert secret.make_secret("cs", entropy) == made


@given(ENTROPY, ENTROPY)
def test_other_entropy_gives_another_secret(one: bytes, other: bytes) -> None:
    same = secret.make_secret("cs", one) == secret.make_secret("cs", other)

    assert same == (one == other)


def test_less_entropy_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        secret.make_secret("cs", bytes(31))


def test_any_single_changed_character_is_seen() -> None:
    made = secret.make_secret("cs", bytes(range(32)))
    passed = [
        (place, letter)
        for place, right in enumerate(made)
        for letter in ALPHABET
        if letter != right and secret.looks_right(made[:place] + letter + made[place + 1 :])
    ]

    assert passed == []


@given(ENTROPY, st.integers(0, 52))
def test_a_missing_or_doubled_character_is_seen(entropy: bytes, place: int) -> None:
    made = secret.make_secret("cs", entropy)

    assert not secret.looks_right(made[:place] + made[place + 1 :])
    assert not secret.looks_right(made[:place] + made[place] + made[place:])


@given(st.text(st.characters(), max_size=80))
def test_no_text_breaks_the_check(text: str) -> None:
    secret.looks_right(text)
    secret.looks_right(f"cs_{text}")
    secret.looks_right(f"cs_{'A' * 43}_{text[:6]:6}")


def test_half_a_surrogate_pair_is_no_secret() -> None:
    assert not secret.looks_right(f"cs_{'A' * 43}_aaaaa\ud800")
    assert not secret.looks_right(f"cs_{'A' * 42}\ud800_aaaaaa")


@given(st.text(st.characters(codec="utf-8")), ENTROPY, ENTROPY)
def test_the_hash_depends_on_the_key(text: str, one: bytes, other: bytes) -> None:
    keyed = secret.KeyedHash(one)
    hashed = keyed.of(text)

    assert hashed == hmac.digest(one, text.encode(), "sha256")
    assert secret.same(hashed, keyed.of(text))
    assert secret.same(hashed, secret.KeyedHash(other).of(text)) == (one == other)


def test_any_text_can_be_hashed() -> None:
    assert len(secret.KeyedHash(b"k").of("\ud800")) == 32
