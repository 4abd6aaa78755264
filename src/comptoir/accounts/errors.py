"""What accounts refuses, and why. Codes with a slash are the protocol's (spec/accounts.md §1.3)."""

from dataclasses import dataclass

from comptoir.base.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    TooMany,
    Unauthorized,
    Unprocessable,
)


@dataclass(kw_only=True, eq=False)
class ShopNotFound(NotFound):
    """No such store identity."""

    code = "accounts.shop_not_found"
    title = "No such store"

    shop_id: str

    def detail(self) -> str:
        return f"There is no store {self.shop_id}. `comptoir store list` shows those there are."


@dataclass(kw_only=True, eq=False)
class StoreOfOtherMode(Forbidden):
    """The store is in test mode and the token of a live client, or the reverse."""

    code = "accounts.store_of_other_mode"
    title = "The store is of the other mode"

    needed: str

    def detail(self) -> str:
        return (
            f"This store is in {self.needed} mode: use a token of your {self.needed} client."
            f" `comptoir vendor create NAME --mode {self.needed}` makes one."
        )


@dataclass(kw_only=True, eq=False)
class IdentityInvalid(BadRequest):
    """What the store says of itself cannot be used."""

    code = "accounts.identity_invalid"
    title = "The store's description cannot be used"

    member: str
    reason: str

    def detail(self) -> str:
        return f"{self.member}: {self.reason}"


@dataclass(kw_only=True, eq=False)
class StoreCannotBeRequested(Unprocessable):
    """The proof call to the store got no usable answer."""

    code = "store-identity/store-cannot-be-requested"
    title = "Store cannot be requested"

    reason: str
    response: dict[str, object] | None = None


@dataclass(kw_only=True, eq=False)
class ProofInvalid(BadRequest):
    """The store answered the proof call with another proof than the one announced."""

    code = "store-identity/proof-invalid"
    title = "Proof invalid"

    reason: str

    def detail(self) -> str:
        return f"Proof invalid: {self.reason}"


@dataclass(kw_only=True, eq=False)
class TokenNotAccepted(Unauthorized):
    """The token handed to token/verify is not a valid token of ours."""

    code = "token/invalid-token"
    title = "Invalid token"

    reason: str


@dataclass(kw_only=True, eq=False)
class VendorExists(Conflict):
    """A vendor of that name, with a client of that mode, is there already."""

    code = "accounts.vendor_exists"
    title = "The vendor exists already"

    vendor: str
    mode: str

    def detail(self) -> str:
        return (
            f"There is a vendor {self.vendor} with a {self.mode} client already: choose another"
            " name, or the other --mode."
        )


@dataclass(kw_only=True, eq=False)
class VendorNotFound(NotFound):
    """No vendor of that name."""

    code = "accounts.vendor_not_found"
    title = "No such vendor"

    vendor: str

    def detail(self) -> str:
        return f"There is no vendor {self.vendor}: `comptoir vendor create {self.vendor}` makes it."


@dataclass(kw_only=True, eq=False)
class NameInvalid(BadRequest):
    """A name that cannot stand in a path or a token audience."""

    code = "accounts.name_invalid"
    title = "The name cannot be used"

    name: str

    def detail(self) -> str:
        return (
            f"{self.name!r} cannot be a name: use 1 to 64 letters, digits, '.', '-' or '_',"
            " beginning with a letter or digit."
        )


@dataclass(kw_only=True, eq=False)
class ModuleNotFound(NotFound):
    """No module of that technical name is registered."""

    code = "accounts.module_not_found"
    title = "No such module"

    module: str

    def detail(self) -> str:
        return f"There is no module {self.module}: `comptoir module register` makes one known."


@dataclass(kw_only=True, eq=False)
class ModuleOfAnotherVendor(Conflict):
    """The technical name is taken: it is unique in the installation."""

    code = "accounts.module_of_another_vendor"
    title = "The module belongs to another vendor"

    module: str

    def detail(self) -> str:
        return f"A module {self.module} is registered by another vendor: choose another name."


@dataclass(kw_only=True, eq=False)
class ContentsUnknown(BadRequest):
    """Names that are neither one of the 35 contents nor a family of them, or were not asked for."""

    code = "accounts.contents_unknown"
    title = "Unknown shop contents"

    names: list[str]
    known: list[str]

    def detail(self) -> str:
        return f"Unknown shop contents: {', '.join(self.names)}. Known: {', '.join(self.known)}."


@dataclass(kw_only=True, eq=False)
class ClientNotFound(NotFound):
    """The vendor has no client of that id, or it is not one for this."""

    code = "accounts.client_not_found"
    title = "No such client"

    client_id: str

    def detail(self) -> str:
        return f"There is no such client: {self.client_id}. `comptoir client list` shows them."


@dataclass(kw_only=True, eq=False)
class RedirectInvalid(BadRequest):
    """A redirect URI that an application may not register."""

    code = "accounts.redirect_invalid"
    title = "The redirect URI cannot be used"

    uri: str

    def detail(self) -> str:
        return (
            f"{self.uri or 'No URI'}: give each redirect URI in full, https, or http on localhost;"
            " no fragment and no *; 50 at most."
        )


@dataclass(kw_only=True, eq=False)
class ClientIdInvalid(BadRequest):
    """An id that an application cannot have."""

    code = "accounts.client_id_invalid"
    title = "The client id cannot be used"

    client_id: str
    reason: str

    def detail(self) -> str:
        return f"{self.client_id} cannot be the id of an application: {self.reason}."


@dataclass(kw_only=True, eq=False)
class ScopesUnknown(BadRequest):
    """Scopes that no API of vendors has."""

    code = "accounts.scopes_unknown"
    title = "Unknown scopes"

    names: list[str]
    known: list[str]

    def detail(self) -> str:
        return f"Unknown scopes: {', '.join(self.names)}. Known: {', '.join(self.known)}."


@dataclass(kw_only=True, eq=False)
class VendorNameTaken(Conflict):
    """A vendor of that name, in whatever case, is registered already, by whomever."""

    code = "accounts.vendor_name_taken"
    title = "The name is taken"

    vendor: str

    def detail(self) -> str:
        return f"There is a vendor {self.vendor} already: choose another name."


@dataclass(kw_only=True, eq=False)
class VendorRegistrationClosed(Forbidden):
    """The operator registers vendors here (setting `vendor_registration`)."""

    code = "accounts.vendor_registration_closed"
    title = "Only the operator registers vendors"

    def detail(self) -> str:
        return "Ask the operator of this server to register the vendor and to give it to you."


@dataclass(kw_only=True, eq=False)
class TooManyVendors(TooMany):
    """An organisation has registered as many vendors as it may in a day."""

    code = "accounts.too_many_vendors"
    title = "Too many vendors in a day"

    most: int

    def detail(self) -> str:
        return f"An organisation may register {self.most} vendors in 24 hours: try again tomorrow."


@dataclass(kw_only=True, eq=False)
class AccountInUse(Conflict):
    """The person's account cannot be closed: organisations of theirs have what nobody else could
    manage. Nothing is changed."""

    code = "accounts.account_in_use"
    title = "The account is in use"

    found: list[tuple[str, str, list[str]]]
    """Organisation; `members`, `stores` or `vendors`; their names."""

    def detail(self) -> str:
        each = "; ".join(f"{name}: {why} {', '.join(names)}" for name, why, names in self.found)
        return (
            f"Nobody else could manage what their organisations have ({each}). Give somebody else"
            " the stores, the vendors and the role of owner first."
        )


@dataclass(kw_only=True, eq=False)
class FormSentAlready(Conflict):
    """The form had its effect already. It has no second one; what it showed is not shown again."""

    code = "accounts.form_sent_already"
    title = "The form was sent already"

    def detail(self) -> str:
        return "This form was sent already: it had its effect once. Load its page again."


@dataclass(kw_only=True, eq=False)
class ContactTokenInvalid(BadRequest):
    """The `pointOfContactJWT` is not the access token that a person got by signing in to this
    store."""

    code = "store-identity/unable-to-set-point-of-contact"
    title = "The point of contact cannot be set"

    reason: str

    def detail(self) -> str:
        return f"The point of contact cannot be set: {self.reason}. Sign in again from the store."
