"""Parameters of the pages that applications send browsers to: each once, and whole."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from comptoir.oauth.errors import ParameterRepeated, ParameterUnreadable

MOST = 100
LONGEST = 2048
"""Characters of a parameter."""
LONGEST_TOKEN = 8192
"""Characters of one that is a token of ours; `tokens.MOST` says the same."""


def of_query(query: str) -> dict[str, str]:
    """Raises: ParameterRepeated (RFC 6749 §3.1), ParameterUnreadable."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST, errors="strict")
    except ValueError as wrong:
        raise ParameterUnreadable from wrong
    given: dict[str, str] = {}
    for name, text in pairs:
        if name in given:
            raise ParameterRepeated(name=name)
        given[name] = text
    check(given)
    return given


def check(given: Mapping[str, str]) -> None:
    """Nothing is cut off and nothing is left out: an address must be the registered one letter by
    letter, and `state` goes back as it came. Raises: ParameterUnreadable."""
    for name, text in given.items():
        longest = LONGEST_TOKEN if name == "id_token_hint" else LONGEST
        if "\0" in name + text or len(text) > longest:
            raise ParameterUnreadable
