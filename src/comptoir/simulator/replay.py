"""A store that sends given records: real ones, replayed through the agent's protocol."""

from dataclasses import dataclass

from comptoir.prestashop.catalogue import catalogue
from comptoir.simulator.truth import Shown
from comptoir.simulator.wire import Properties

PER_LANGUAGE = {"products": "iso_code", "categories": "iso_code"}


class TruthUnknownError(NotImplementedError):
    """A replayed store knows what it sends, not what is meant by it."""


@dataclass(slots=True)
class ReplayBook:
    """Payloads by content, in the order given."""

    payloads: dict[str, list[Properties]]

    def count(self, content: str, lang: str) -> int:
        return len(self._rows(content, lang))

    def page(self, content: str, lang: str, offset: int, limit: int) -> list[Properties]:
        rows = self._rows(content, lang)
        return rows[offset : offset + limit if limit else len(rows)]

    def found(self, content: str, lang: str, ids: list[str], limit: int) -> list[Properties]:
        wanted = set(ids)
        shape = catalogue()[content].shape
        names = shape.outbox_id or shape.key
        rows = [
            row
            for row in self._rows(content, lang)
            if "-".join(str(row.get(name, "")) for name in names) in wanted
        ]
        return rows[:limit] if limit else rows

    def truth(self, content: str) -> list[Shown]:
        raise TruthUnknownError(f"{content}: a replayed store has payloads but no tables")

    def _rows(self, content: str, lang: str) -> list[Properties]:
        rows = self.payloads.get(content, [])
        name = PER_LANGUAGE.get(content)
        return [row for row in rows if row.get(name) == lang] if name else rows
