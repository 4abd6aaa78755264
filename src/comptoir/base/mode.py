"""Live or test: what real merchants' stores are kept apart from."""

from enum import Enum


class Mode(Enum):
    """Of a store, and of a vendor's client and its tokens: each side sees its own mode alone."""

    LIVE = "live"
    TEST = "test"
