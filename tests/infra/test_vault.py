"""The vault: what is stored opens with the installation's key and with no other."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.infra.vault import KEY_FILE, Vault, VaultError, open_vault

KEY = "k" * 32
RACE = """
import pathlib, sys
from comptoir.infra.vault import open_vault
print("ready", flush=True)
sys.stdin.readline()
print(open_vault("", pathlib.Path(sys.argv[1])).hash("x").hex())
"""


@given(st.binary(max_size=200), st.text(st.characters(codec="utf-8"), max_size=20))
def test_what_is_sealed_opens(plain: bytes, purpose: str) -> None:
    vault = Vault(KEY)
    sealed = vault.seal(plain, purpose)

    assert vault.open(sealed, purpose) == plain
    assert Vault(KEY).open(sealed, purpose) == plain
    assert len(plain) < 8 or plain not in sealed
    assert vault.seal(plain, purpose) != sealed, "each sealing has its own nonce"


@given(st.binary(max_size=200), st.text(st.characters(codec="utf-8"), max_size=20))
def test_what_is_sealed_alike_looks_alike_and_opens_for_its_purpose(
    plain: bytes, purpose: str
) -> None:
    vault = Vault(KEY)
    sealed = vault.seal_alike(plain, purpose)

    assert Vault(KEY).seal_alike(plain, purpose) == sealed
    assert vault.open_alike(sealed, purpose) == plain
    assert len(plain) < 8 or plain not in sealed
    assert vault.open_alike(sealed, purpose + "x") is None
    assert Vault("K" + KEY).open_alike(sealed, purpose) is None
    for changed in (b"", sealed[:-1], sealed + b"x", bytes([sealed[0] ^ 1]) + sealed[1:]):
        assert vault.open_alike(changed, purpose) is None


@pytest.mark.parametrize("key", ["K" + "k" * 31, "k" * 33], ids=["another key", "a longer key"])
def test_another_key_opens_nothing_and_says_what_to_do(key: str) -> None:
    sealed = Vault(KEY).seal(b"x", "p")

    with pytest.raises(VaultError, match=r"COMPTOIR_SECRET_KEY.*secret\.key"):
        Vault(key).open(sealed, "p")


def test_another_purpose_or_a_changed_byte_opens_nothing() -> None:
    vault = Vault(KEY)
    sealed = vault.seal(b"hello", "p")
    changed = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]

    for wrong, purpose in [(sealed, "q"), (sealed[:-1], "p"), *((one, "p") for one in changed)]:
        with pytest.raises(VaultError):
            vault.open(wrong, purpose)


@pytest.mark.parametrize("stored", [b"", b"short", bytes(12), bytes(27)])
def test_something_else_in_its_place_is_a_vault_error(stored: bytes) -> None:
    with pytest.raises(VaultError):
        Vault(KEY).open(stored, "p")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(VaultError, match="32"):
        Vault("k" * 31)


def test_hashes_match_under_the_same_key_only() -> None:
    vault = Vault(KEY)
    stored = vault.hash("secret")

    assert vault.matches("secret", stored)
    assert not vault.matches("Secret", stored)
    assert not Vault("z" * 32).matches("secret", stored)
    assert not vault.matches("", b"\0" * 32)


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    first = open_vault("", data)
    file = data / KEY_FILE

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text().strip()) >= 32
    assert [path.name for path in data.iterdir()] == [KEY_FILE]
    assert open_vault("", data).matches("x", first.hash("x"))


def test_no_key_is_made_for_what_another_one_sealed(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="put it back"):
        open_vault("", tmp_path, used=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("found", [b"", b"\xff\xfe" * 20, b"too short"])
def test_a_file_without_a_key_is_named(tmp_path: Path, found: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(found)
    with pytest.raises(VaultError, match=KEY_FILE):
        open_vault("", tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == found


def test_a_given_key_makes_no_file(tmp_path: Path) -> None:
    open_vault(KEY, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_at_once_end_with_the_same_key(tmp_path: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(tmp_path / "data")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    found = {racer.communicate()[0] for racer in racers}

    assert len(found) == 1
    assert [racer.returncode for racer in racers] == [0] * 6
    assert [path.name for path in (tmp_path / "data").iterdir()] == [KEY_FILE]
