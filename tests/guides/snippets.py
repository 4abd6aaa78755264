"""The snippets of the guides: what stands in indented or fenced blocks, in order."""

import re
from dataclasses import dataclass

from tests.fixtures import REPO

GUIDES = REPO / "docs" / "guides"
NAMES = re.compile(
    r"\b(BASE|UUID|STORE_TOKEN|CLIENT_ID|CLIENT_SECRET|TOKEN|PASSWORD|SECRET)\b|/var/lib/comptoir"
)


@dataclass(frozen=True)
class Snippet:
    """One command of a guide, its continued lines joined."""

    guide: str
    line: int
    text: str

    def filled(self, values: dict[str, str]) -> str:
        """The command with the names that stand for something replaced by it."""
        return NAMES.sub(lambda found: values[found.group()], self.text)


def snippets(guide: str) -> list[Snippet]:
    """Every command of a guide; fenced blocks in another language are none."""
    found: list[Snippet] = []
    fenced, begun = "", 0
    lines: list[str] = []
    for number, line in enumerate((GUIDES / guide).read_text("utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = "" if fenced else (line[3:].strip() or "sh")
            continue
        inside = fenced in ("sh", "bash", "console") if fenced else line.startswith("    ")
        if not inside or not line.strip():
            continue
        begun = begun or number
        text = line.strip().removeprefix("$ ")
        lines.append(text)
        if not text.endswith("\\"):
            found.append(Snippet(guide, begun, "\n".join(lines)))
            lines, begun = [], 0
    return found
