"""A life of its own."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from comptoir.simulator.model import Data
from comptoir.simulator.module import Hooks


@dataclass(slots=True)
class Life:
    data: Data
    hooks: Hooks
    rng: random.Random
    now: Callable[[], int]

    def happen(self, changes: int) -> list[str]:
        return [] if changes else []
