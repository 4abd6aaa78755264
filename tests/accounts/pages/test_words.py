"""Every page says everything in every language."""

import re
import string
from pathlib import Path

import comptoir.oauth
from comptoir.accounts import pages
from comptoir.accounts.pages import words

FOLDER = Path(pages.__file__).parent
SAID = re.compile(r"""(?:\bt|\bsay|_say)\(\s*["']([a-z_]+(?:\.[a-z_0-9-]+)+|[a-z]+)["']""")
MADE = tuple(
    f"{name}."
    for name in (
        "done language password mail problem role outcome method kind audit reason sure vendor.mode"
        " vendor.add client.overlap close.why close.see"
    ).split()
)
"""Beginnings of keys that are put together."""


def facts_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_language_has_the_same_sentences() -> None:
    first = words.catalogue(words.FIRST)
    for language in words.LANGUAGES:
        found = words.catalogue(language)
        assert found.keys() == first.keys()
        for key, sentence in found.items():
            assert sentence.strip()
            assert facts_of(sentence) == facts_of(first[key]), key


def test_every_sentence_is_said_and_there() -> None:
    sources = [*FOLDER.rglob("*.html"), *FOLDER.rglob("*.py")]
    sources += Path(comptoir.oauth.__file__).parent.glob("*.py")
    text = "\n".join(path.read_text("utf-8") for path in sources)
    said = set(SAID.findall(text))
    known = words.catalogue(words.FIRST).keys()
    assert said <= known
    unsaid = {key for key in known - said if not key.startswith(MADE) and f'"{key}"' not in text}
    assert not unsaid


def test_languages_are_chosen_as_the_person_wishes() -> None:
    assert words.choose("fr-FR,fr;q=0.9,en;q=0.8") == "fr"
    assert words.choose("de-DE,de;q=0.9,en;q=0.2,fr;q=0.7") == "fr"
    assert words.choose("", "en", "fr") == "en"
    assert words.choose("fr_CA") == "fr"
    assert words.choose("xx;q=nonsense", "") == "en"
