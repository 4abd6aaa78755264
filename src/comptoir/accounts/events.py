"""Facts accounts announces. Names are past tense and never change meaning."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ShopVerified:
    """A store has proved its address, for the first time or again."""

    shop_id: str
    topic = "accounts.shop.verified.v1"

    def body(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ShopUnverified:
    """A store is no longer verified."""

    shop_id: str
    reason: str
    topic = "accounts.shop.unverified.v1"

    def body(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """A store granted or withdrew contents to a module. `contents` are those that changed."""

    shop_id: str
    module: str
    granted: bool
    contents: list[str]
    topic = "accounts.consent.changed.v1"

    def body(self) -> dict[str, object]:
        return asdict(self)
