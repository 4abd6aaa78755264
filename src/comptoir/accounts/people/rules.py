"""What people are, and what an address, a password and a role may be. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

MOST_EMAIL = 254
"""RFC 5321 §4.5.3.1.3 less the angle brackets."""
EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+")
SHORTEST = 8
LONGEST = 256
"""Characters of a password (NIST SP 800-63B §5.1.1.2)."""
COMMON = frozenset(
    "password passw0rd password1 12345678 123456789 1234567890 11111111 00000000 qwertyui"
    " qwertyuiop azertyui azertyuiop iloveyou motdepasse prestashop comptoir sunshine football"
    " baseball princess superman trustno1 abcd1234 1q2w3e4r 1qaz2wsx admin123 letmein1 welcome1"
    " changeme whatever starwars computer".split()
)


class Role(Enum):
    """What a member of an organisation may do; each may do what the next one may."""

    OWNER = "owner"
    """Also: make and unmake owners, end the organisation's vendor clients."""
    ADMIN = "admin"
    """Also: invite and remove members, give stores away, unlink them, manage vendors' clients."""
    MEMBER = "member"
    """See the organisation's stores, members and clients."""

    def may(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) <= order.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account. The address is confirmed: without that there is no account."""

    user_id: str
    """28 letters and digits, as PrestaShop's are (spec/accounts.md, vocabulary)."""
    email: str
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    has_password: bool = True
    has_totp: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's sign-in. Times in milliseconds since the epoch."""

    session_id: str
    """Names the session in lists and id tokens (`sid`); opens nothing. Who signs in again in the
    same browser has another session by the same name."""
    user_id: str
    methods: tuple[str, ...]
    """How the person proved who they are: `amr` values of RFC 8176."""
    address: str
    browser: str
    created_at: int
    authenticated_at: int
    seen_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page: a signed-in person and their session."""

    user: User
    session: Session


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody is asked to join an organisation. Times in milliseconds since the epoch."""

    invitation_id: str
    organisation_id: str
    organisation: str
    """Its name."""
    email: str
    role: Role
    invited_by: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """A store is offered to somebody. Times in milliseconds since the epoch."""

    transfer_id: str
    shop_id: str
    from_organisation_id: str
    from_organisation: str
    """Its name."""
    email: str
    offered_by: str
    created_at: int
    expires_at: int


MOST_NAME = 100
"""Characters of a name."""
LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


def plain_name(name: str) -> str:
    """The name as it can stand in a mail; empty when it cannot. Who gets the mail need not know
    whose name it is: a name is no place for a link."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return "" if len(plain) > MOST_NAME or LINK.search(plain) else plain


def email_key(email: str) -> str:
    """The form in which addresses are compared: letters of any case are the same, and those that
    Unicode calls the same. No others: `straße.example` and `strasse.example` are two domains
    (RFC 5894 §4.2 of IDNA 2008), and whoever has one of them must not be taken for the other."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).lower())


def email_looks_right(email: str) -> bool:
    """Whether mail could be sent there. Only a code that comes back shows that it arrives."""
    return len(email) <= MOST_EMAIL and EMAIL.fullmatch(email.strip()) is not None


def password_fault(password: str, email: str) -> str:
    """Why a password is too weak: `short`, `long`, `common`, `email`; empty when it is not."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < 3:
        return "common"
    if plain in (email_key(email), email_key(email).partition("@")[0]):
        return "email"
    return ""
