"""What pages say, in each language: `words/*.en.json` and translations with the same keys."""

import json
import re
from functools import cache
from importlib import resources

FIRST = "en"
LANGUAGES = ("en", "fr")
WISH = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*(?:\s*;\s*q=([0-9.]+))?")


@cache
def catalogue(language: str) -> dict[str, str]:
    """Key → sentence."""
    found: dict[str, str] = {}
    for file in resources.files("comptoir.accounts.pages").joinpath("words").iterdir():
        if file.name.endswith(f".{language}.json"):
            found.update(json.loads(file.read_text("utf-8")))
    return found


def say(language: str, key: str, **facts: object) -> str:
    """The sentence, with `{name}` replaced. Raises KeyError for a key that no language has."""
    sentence: str = catalogue(language)[key]
    return sentence.format_map(facts)


def problem(language: str, code: str, text: str, facts: dict[str, object]) -> str:
    """A problem in the visitor's words; its own when no language has some for it."""
    key = f"problem.{code}"
    return say(language, key, **facts) if key in catalogue(language) else text


def choose(*wishes: str) -> str:
    """The first language of ours among the wishes: `ui_locales`, a cookie, `Accept-Language`."""
    for wish in wishes:
        weighed = [
            (-float(q or 1), code.lower())
            for code, q in WISH.findall(wish)
            if (q or "1").replace(".", "", 1).isdigit()
        ]
        for _, code in sorted(weighed, key=lambda found: found[0]):
            if code in LANGUAGES:
                return str(code)
    return FIRST
