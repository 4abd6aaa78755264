"""What people are refused, and why. Pages show these as sentences in the visitor's language."""

from dataclasses import dataclass

from comptoir.base.errors import BadRequest, Conflict, Forbidden, NotFound, TooMany


@dataclass(kw_only=True, eq=False)
class EmailInvalid(BadRequest):
    """No mail could be sent to such an address."""

    code = "accounts.email_invalid"
    title = "The e-mail address cannot be used"

    def detail(self) -> str:
        return "Write an e-mail address, as name@example.com."


@dataclass(kw_only=True, eq=False)
class UserExists(Conflict):
    """The address has an account. Told to operators only: nobody else may learn it."""

    code = "accounts.user_exists"
    title = "The address has an account already"

    email: str

    def detail(self) -> str:
        return f"{self.email} has an account already: choose another address."


@dataclass(kw_only=True, eq=False)
class UserNotFound(NotFound):
    """No account with that address."""

    code = "accounts.user_not_found"
    title = "No such user"

    email: str

    def detail(self) -> str:
        return f"{self.email} has no account: `comptoir user list` shows those there are."


@dataclass(kw_only=True, eq=False)
class PasswordWeak(BadRequest):
    """The password is too short, too long, too common, or the address itself."""

    code = "accounts.password_weak"
    title = "The password is too weak"

    fault: str
    """`short`, `long`, `common` or `email`."""

    def detail(self) -> str:
        return "Choose a password of 8 to 256 characters that is not common and not your address."


@dataclass(kw_only=True, eq=False)
class TooManyAttempts(TooMany):
    """Too many wrong passwords or codes. A browser that signed in before is counted apart."""

    code = "accounts.too_many_attempts"
    title = "Too many attempts"

    retry_after: int

    def detail(self) -> str:
        return (
            f"Too many attempts: try again in {self.retry_after} s, sign in with a passkey, or"
            " reset the password by mail."
        )


@dataclass(kw_only=True, eq=False)
class SignInFailed(BadRequest):
    """Address and password do not fit together, or the second factor does not. Never says which."""

    code = "accounts.sign_in_failed"
    title = "The sign-in failed"


@dataclass(kw_only=True, eq=False)
class CodeWrong(BadRequest):
    """The code is not the one that was sent, or it is too old, or it was tried too often."""

    code = "accounts.code_wrong"
    title = "The code is not right"

    def detail(self) -> str:
        return "The code is not right, or no longer: ask for a new one."


@dataclass(kw_only=True, eq=False)
class RoleTooLow(Forbidden):
    """The person's role in the organisation does not allow this."""

    code = "accounts.role_too_low"
    title = "Your role does not allow this"

    needed: str

    def detail(self) -> str:
        return f"This needs the role {self.needed} in the organisation."


@dataclass(kw_only=True, eq=False)
class OrganisationNotFound(NotFound):
    """No such organisation, or none that the person belongs to: the two are told alike."""

    code = "accounts.organisation_not_found"
    title = "No such organisation"

    def detail(self) -> str:
        return "No organisation has that id: `comptoir organisation list` shows those there are."


@dataclass(kw_only=True, eq=False)
class OrganisationNameInvalid(BadRequest):
    """The name is empty, longer than 100 characters, or looks like a link."""

    code = "accounts.organisation_name_invalid"
    title = "The organisation's name cannot be used"

    def detail(self) -> str:
        return "Choose a name of 1 to 100 characters without a web address in it."


@dataclass(kw_only=True, eq=False)
class MemberNotFound(NotFound):
    """The person is no member of the organisation."""

    code = "accounts.member_not_found"
    title = "No such member"


@dataclass(kw_only=True, eq=False)
class MemberAlready(Conflict):
    """Who is invited is a member of the organisation."""

    code = "accounts.member_already"
    title = "They are a member already"


@dataclass(kw_only=True, eq=False)
class LastOwner(Conflict):
    """The organisation would be left without an owner."""

    code = "accounts.last_owner"
    title = "An organisation keeps at least one owner"

    def detail(self) -> str:
        return "Make somebody else an owner first."


@dataclass(kw_only=True, eq=False)
class InvitationNotFound(NotFound):
    """No such invitation for this person; or it was answered, withdrawn, or is too old."""

    code = "accounts.invitation_not_found"
    title = "No such invitation"


@dataclass(kw_only=True, eq=False)
class TransferNotFound(NotFound):
    """No such offer of a store for this person; or it was answered, withdrawn, or is too old."""

    code = "accounts.transfer_not_found"
    title = "No such offer of a store"
