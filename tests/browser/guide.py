"""A reader who does what a guide says, and nothing else: the guide itself is the script.

In the text, `<http://…>` is opened, **bold** is pressed, `*label*: ` before a value in backquotes
is filled in, other *italics* are looked for, pictures are taken, commands are run. The value `CODE`
is what the last command printed. A private window lasts until the next heading.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.guides.snippets import GUIDES, Snippet, snippets

TOKEN = re.compile(
    r"!\[(?P<alt>[^\]]*)\]\(pictures/(?P<picture>[\w.-]+)\)"
    r"|<(?P<open>https?://[^>]+)>"
    r"|\*\*(?P<press>[^*]+)\*\*"
    r"|\*(?P<label>[^*]+)\*\s?: `(?P<value>[^`]+)`"
    r"|\*(?P<see>[^*]+)\*"
    r"|(?P<private>private window|fenêtre privée)"
    r"|^## (?P<heading>.+)",
    re.MULTILINE,
)
LEGEND = re.compile(r"^(What is \*\*bold|Ce qui est en \*\*gras).*?\n\n", re.MULTILINE | re.DOTALL)
"""What the guide says about its own way of writing."""


@dataclass(frozen=True)
class Step:
    """One thing to do. `kind`: heading, private, open, press, fill, see, picture, run."""

    line: int
    kind: str
    what: str
    value: str = ""
    snippet: Snippet | None = field(default=None, compare=False)


def steps(guide: str) -> list[Step]:
    """Everything that a guide says to do, in order."""
    text = (GUIDES / guide).read_text("utf-8")
    blank = LEGEND.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
    prose = "\n".join("" if line.startswith("    ") else line for line in blank.split("\n"))
    found = [Step(one.line, "run", one.text, snippet=one) for one in snippets(guide)]
    found += _prose(prose)
    return sorted(found, key=lambda step: step.line)


def _prose(text: str) -> Iterator[Step]:
    for token in TOKEN.finditer(text):
        line = text.count("\n", 0, token.start()) + 1
        named = {name: " ".join(said.split()) for name, said in token.groupdict().items() if said}
        if "label" in named:
            yield Step(line, "fill", named["label"], named["value"])
        elif "picture" in named:
            yield Step(line, "picture", named["picture"], named.get("alt", ""))
        else:
            ((kind, what),) = named.items()
            yield Step(line, kind, what)
