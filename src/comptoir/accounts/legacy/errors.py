"""What is refused to stores with `ps_accounts` 5 to 7. Codes with a slash are the protocol's."""

from dataclasses import dataclass

from comptoir.base.errors import BadRequest, Conflict, NotFound, Retry, Unprocessable


@dataclass(kw_only=True, eq=False)
class StoreLegacyNotFound(NotFound):
    """No store of before version 8 that could be told by what it sent.

    A store that migrates then gives up its identity and creates a new one.
    """

    code = "store-identity/store-legacy-not-found"
    title = "No such store of before version 8"

    def detail(self) -> str:
        return (
            "This server knows no store by this id and token. A store that migrates to ps_accounts"
            " 8 creates a new identity; one that stays with an older version must be linked again."
        )


@dataclass(kw_only=True, eq=False)
class MigrationFailed(BadRequest):
    """The store did not show the proof that it announced, or what it says of itself cannot be
    used."""

    code = "store-identity/migration-failed"
    title = "The store cannot be migrated"

    reason: str

    def detail(self) -> str:
        return f"The store cannot be migrated: {self.reason}. Reset ps_accounts to try again."


@dataclass(kw_only=True, eq=False)
class DomainDiffers(Unprocessable):
    """The store at the address says that it is another one."""

    code = "store-identity/domain-differs"
    title = "The store has another domain"

    wanted: str
    said: str

    def detail(self) -> str:
        return (
            f"The store at {self.wanted} says that its domain is {self.said or 'none'}: put the"
            " domain right under Shop parameters, Traffic & SEO, then link the store again."
        )


@dataclass(kw_only=True, eq=False)
class LinkRefused(Unprocessable):
    """The store did not take its link. It is as if it had not been tried."""

    code = "store-identity/link-refused"
    title = "The store did not take the link"

    step: str
    reason: str
    response: dict[str, object] | None = None

    def detail(self) -> str:
        return (
            f"The store did not take {self.step}: {self.reason}. Nothing is linked: reset"
            " ps_accounts in the back office, then link the store again."
        )


@dataclass(kw_only=True, eq=False)
class LinkUnderWay(Conflict):
    """The same store is being linked at this moment, or was when a server ended."""

    code = "store-identity/link-under-way"
    title = "The store is being linked already"
    retry = Retry.LATER

    def detail(self) -> str:
        return "The store is being linked already: try again in a minute."


@dataclass(kw_only=True, eq=False)
class NotLinked(NotFound):
    """The store is not linked to this person, or no longer."""

    code = "store-identity/not-linked"
    title = "The store is not linked"

    def detail(self) -> str:
        return "The store is not linked to this person: reset ps_accounts in the back office."
