"""What the Raw API refuses, and why (spec/rawapi.md §7)."""

from dataclasses import dataclass

from comptoir.base.errors import BadRequest, Forbidden, NotFound


@dataclass(kw_only=True, eq=False)
class ParameterUnknown(BadRequest):
    """A query parameter that the endpoint does not take."""

    code = "cloudsync.parameter_unknown"
    title = "Unknown parameter"

    parameter: str
    hint: str

    def detail(self) -> str:
        return f"Unknown parameter {self.parameter[:80]!r}: {self.hint}"


@dataclass(kw_only=True, eq=False)
class ParameterRepeated(BadRequest):
    """A query parameter came twice: which one counts would be a guess."""

    code = "cloudsync.parameter_repeated"
    title = "Repeated parameter"

    parameter: str

    def detail(self) -> str:
        return f"The parameter {self.parameter!r} came more than once: send it once."


@dataclass(kw_only=True, eq=False)
class ParameterInvalid(BadRequest):
    """The value of a query parameter does not have the form that the parameter takes."""

    code = "cloudsync.parameter_invalid"
    title = "The value of a parameter cannot be used"

    parameter: str
    expected: str

    def detail(self) -> str:
        return f"The value of {self.parameter!r} cannot be used: write {self.expected}."


@dataclass(kw_only=True, eq=False)
class ConsentMissing(Forbidden):
    """The store shares data with the vendor, but not this content."""

    code = "cloudsync.consent_missing"
    title = "The store has not consented to share this content"

    content: str
    vendor: str

    def detail(self) -> str:
        return (
            f"The store has not consented to share {self.content!r} with vendor {self.vendor!r}."
            f" A module of yours must ask for it (`comptoir module register`), and the merchant"
            f" grant it (`comptoir consent grant`, or the store's page of consents)."
        )


@dataclass(kw_only=True, eq=False)
class NothingShared(Forbidden):
    """The store shares nothing with the vendor: no module of it has the merchant's consent."""

    code = "cloudsync.nothing_shared"
    title = "The store shares nothing with this vendor"

    vendor: str

    def detail(self) -> str:
        return (
            f"The store shares nothing with vendor {self.vendor!r}: the merchant has consented to"
            " none of its modules. Check the id; `comptoir consent grant` records a consent."
        )


@dataclass(kw_only=True, eq=False)
class RowNotFound(NotFound):
    """The collection has no row of that id now."""

    code = "cloudsync.row_not_found"
    title = "No such row"

    content: str
    id: str

    def detail(self) -> str:
        return (
            f"{self.content} has no row {self.id[:80]!r}: it was never sent, or it is gone."
            " Take ids from the list."
        )


@dataclass(kw_only=True, eq=False)
class ShopNotSynced(NotFound):
    """The store's own description has not come yet."""

    code = "cloudsync.shop_not_synced"
    title = "The store has not been described yet"

    def detail(self) -> str:
        return (
            "The store has not sent its own description yet: it comes with the first sync."
            " POST /sync/v1/sync/trigger-full asks for one."
        )
