"""A `config.php` as PHP reads it: a file that returns an array of literals."""

import re
from typing import Any

TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/)
    | (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_]+)
    | (?P<mark>=>|[\[\],;])""",
    re.VERBOSE | re.DOTALL,
)
WORDS = {"true": True, "false": False, "null": None}


class PhpUnreadable(Exception):
    """Not a file that returns an array of literals. The text says where it stops to be one."""


def read_array(text: str) -> dict[str, Any]:
    """The array that the file returns, which must have names for keys.

    Raises: PhpUnreadable.
    """
    opening = "<?php\n"
    if not text.startswith(opening):
        raise PhpUnreadable("it does not begin with <?php on a line of its own")
    reader = _Reader(_tokens(text, len(opening)))
    reader.take("return")
    found = reader.value()
    reader.take(";")
    if reader.left or not isinstance(found, dict):
        raise PhpUnreadable("it does not return an array with names and then end")
    return found


def _tokens(text: str, at: int) -> list[str]:
    found = []
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            raise PhpUnreadable(f"character {at}: {text[at : at + 20]!r}")
        if token.lastgroup != "blank":
            found.append(token.group())
        at = token.end()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.left = tokens[::-1]

    def take(self, *wanted: str) -> str:
        """The next token, which must be one of `wanted`; without any: whichever it is."""
        token = self.left.pop() if self.left else "the end"
        if wanted and token not in wanted:
            raise PhpUnreadable(f"{token} where {' or '.join(wanted)} should be")
        return token

    def value(self) -> Any:
        token = self.take()
        if token == "[":  # noqa: S105
            return self._array()
        if token.startswith("'"):
            return re.sub(r"\\([\\'])", r"\1", token[1:-1])
        if token.lower() in WORDS:
            return WORDS[token.lower()]
        try:
            return float(token) if "." in token else int(token)
        except ValueError:
            raise PhpUnreadable(f"{token} is no literal") from None

    def _array(self) -> dict[str, Any] | list[Any]:
        items: list[Any] = []
        named: dict[str, Any] = {}
        while self.left and self.left[-1] != "]":
            value = self.value()
            if self.left and self.left[-1] == "=>":
                self.take()
                named[str(value)] = self.value()
            else:
                items.append(value)
            if self.left and self.left[-1] != "]":
                self.take(",")
        self.take("]")
        if named and items:
            raise PhpUnreadable("an array with names for some of its values only")
        return items or named
