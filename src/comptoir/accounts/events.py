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
class ShopCloneFound:
    """A store proved itself at `here`, while another copy of it, with the same identity and a proof
    of its own, answers at `there`. One of the two should take a new identity."""

    shop_id: str
    here: str
    there: str
    topic = "accounts.shop.clone_found.v1"

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


@dataclass(frozen=True, slots=True)
class SignedOutEverywhere:
    """A person's password was reset, or they ended all sessions: what applications hold of them
    (refresh and access tokens) ends too."""

    user_id: str
    at: int
    """Milliseconds: what they let in later stays, however late this is heard."""
    session_ids: list[str]
    """The sessions that ended by it: what was let in there ends, whatever its clock said."""
    topic = "accounts.user.signed_out_everywhere.v1"
    shop_id = ""

    def body(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ShopOwnerChanged:
    """A store has another owner: its point of contact (ps_accounts 8), or who linked it (5 to 7).
    An empty text: nobody."""

    shop_id: str
    owner_uuid: str
    previous_owner_uuid: str
    organisation_id: str
    previous_organisation_id: str
    topic = "accounts.shop.owner_changed.v1"

    def body(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """A person signed out of these sessions, or ended them from another one."""

    user_id: str
    session_ids: list[str]
    topic = "accounts.user.sessions_ended.v1"
    shop_id = ""

    def body(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ShopLinked:
    """A store with `ps_accounts` 5 to 7 was linked to a person, for the first time or again."""

    shop_id: str
    owner: str
    topic = "accounts.shop.linked.v1"

    def body(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ShopUnlinked:
    """A store is nobody's any more: it has no point of contact."""

    shop_id: str
    owner: str
    topic = "accounts.shop.unlinked.v1"

    def body(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ClientRevoked:
    """A client gets no more tokens, and those that it has are no good any more."""

    client_id: str
    shop_id: str = ""
    topic = "accounts.client.revoked.v1"

    def body(self) -> dict[str, object]:
        return asdict(self)
