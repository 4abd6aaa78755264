"""Ids of rows: the natural key in URL-safe text, and the form of it that sorts like numbers do.

Clients put the id into a path without escaping it (spec/rawapi.md §3), so it is made of letters,
digits, `-`, `_` and `.` only. Sorted as text, `10` would come before `9`; `sort_key` gives a text
whose byte order is the natural order, the same on every database.
"""

import re
from collections.abc import Sequence

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_DIGITS = re.compile(r"[0-9]+")
_PLAIN = re.compile(r"[A-Za-z0-9_-]*")


def row_id(parts: Sequence[str]) -> str:
    """The parts joined by `-`. Other characters become `.` and their UTF-8 bytes in hex."""
    text = "-".join(parts)
    return text if _PLAIN.fullmatch(text) else _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return "." + found.group().encode("utf-8", "surrogatepass").hex().upper()


def sort_key(identifier: str) -> str:
    """A text that sorts where `identifier` belongs: runs of digits compare as numbers.

    Each run of digits gets its length in front, as a letter: `9` → `a9`, `10` → `b10`,
    `12-0-en` → `b12-a0-en`. Different ids give different keys: the letter before a run follows
    from the run.
    """
    return _DIGITS.sub(_lengthen, identifier)


def _lengthen(found: re.Match[str]) -> str:
    run = found.group()
    many, rest = divmod(len(run) - 1, 25)
    return "z" * many + chr(97 + rest) + run


def plain_number(text: str) -> bool:
    """Whether it is of ASCII digits only."""
    return text.isascii() and text.isdigit()


def sort_keys(identifiers: Sequence[str]) -> list[str]:
    """`sort_key` of each; quicker where all are numbers."""
    if plain_number("".join(identifiers)) and max(map(len, identifiers)) <= 25:
        return [_LENGTHS[len(number)] + number for number in identifiers]
    return [sort_key(identifier) for identifier in identifiers]


_LENGTHS = [chr(96 + length) for length in range(26)]
