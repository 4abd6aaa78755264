"""What may be wrong with a store, switched on by name."""

import random
from dataclasses import dataclass, field

from comptoir.simulator.world import World

DEFECTS = {
    "lost-changes": "one change in twenty is never recorded (spec/eventbus.md §3.4)",
    "unavailable": "in maintenance for the first calls: 503 and HTML, then recovers",
    "job-refused": "the first content calls answer 454 without asking the cloud",
    "slow": "every fourth content call answers after half a minute",
    "truncated-upload": "every fifth upload ends before its closing boundary",
    "duplicated-batch": "every third page is sent twice",
    "shuffled-pages": "rows come and go while a full run pages through them",
    "redirect": "the first calls are redirected to another host name",
    "stuck": "a full run never advances, whatever the cloud answers",
}


@dataclass(slots=True)
class Mischief:
    """Counts the calls of one store and says which of them go wrong."""

    world: World
    seed: int
    counts: dict[str, int] = field(default_factory=dict)
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"mischief/{self.seed}")

    def has(self, name: str) -> bool:
        return name in self.world.defects

    def first(self, name: str) -> bool:
        """True for the first calls only."""
        return self.has(name) and self._count(name) <= self.world.defect_calls

    def every(self, name: str, turns: int) -> bool:
        return self.has(name) and self._count(name) % turns == 0

    def chance(self, name: str, share: float) -> bool:
        return self.has(name) and self.rng.random() < share

    def _count(self, name: str) -> int:
        self.counts[name] = self.counts.get(name, 0) + 1
        return self.counts[name]
