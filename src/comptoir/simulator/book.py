"""What the agent reads a store's contents from: a grown store, or given payloads."""

from dataclasses import dataclass, field
from typing import Protocol

from comptoir.prestashop.catalogue import catalogue
from comptoir.simulator.model import Data
from comptoir.simulator.rows_products import Ref
from comptoir.simulator.sources import SOURCES
from comptoir.simulator.truth import Shown, deduplicated, shown
from comptoir.simulator.wire import Properties, properties


class Book(Protocol):
    """The rows of one store, as the agent sends them."""

    def count(self, content: str, lang: str) -> int: ...

    def page(self, content: str, lang: str, offset: int, limit: int) -> list[Properties]:
        """Rows in the order of their key; a limit of 0 is none."""
        ...

    def found(self, content: str, lang: str, ids: list[str], limit: int) -> list[Properties]:
        """The rows of these outbox ids that still exist, at most `limit` (0: all)."""
        ...

    def truth(self, content: str) -> list[Shown]: ...


@dataclass(slots=True)
class GrownBook:
    data: Data
    _refs: dict[tuple[str, bool], tuple[int, list[Ref]]] = field(default_factory=dict)

    def count(self, content: str, lang: str) -> int:
        return len(self._all(content, lang))

    def page(self, content: str, lang: str, offset: int, limit: int) -> list[Properties]:
        refs = self._all(content, lang)
        end = offset + limit if limit else len(refs)
        return self._written(content, lang, refs[offset:end])

    def found(self, content: str, lang: str, ids: list[str], limit: int) -> list[Properties]:
        source = SOURCES[content]
        if source.localised(self.data) and lang not in self.data.profile.languages:
            return []
        refs = sorted({ref for object_id in ids for ref in source.wanted(self.data, object_id)})
        return self._written(content, lang, refs[:limit] if limit else refs)

    def truth(self, content: str) -> list[Shown]:
        """Every language in which a run is needed, the others in the shop's default language."""
        known = catalogue()[content]
        profile = self.data.profile
        languages = profile.languages if known.shape.per_language else profile.languages[:1]
        row = SOURCES[content].row
        every = (
            shown(known, row(self.data, ref, lang), profile)
            for lang in languages
            for ref in self._all(content, lang)
        )
        return deduplicated(known, every)

    def _all(self, content: str, lang: str) -> list[Ref]:
        source = SOURCES[content]
        spoken = lang in self.data.profile.languages or not source.localised(self.data)
        age, refs = self._refs.get((content, spoken), (-1, []))
        if age != self.data.changes:
            refs = list(source.refs(self.data)) if spoken else []
            self._refs[content, spoken] = (self.data.changes, refs)
        return refs

    def _written(self, content: str, lang: str, refs: list[Ref]) -> list[Properties]:
        profile = self.data.profile
        known = lang if lang in profile.languages else profile.default
        row = SOURCES[content].row
        return [properties(row(self.data, ref, known), profile) for ref in refs]
