"""What the operator does with people, organisations and stores on the command line."""

from functools import partial

from comptoir.accounts import close, hand_over
from comptoir.accounts.pages import words
from comptoir.accounts.pages.notices import tell_closed
from comptoir.accounts.pages.owner_notice import tell_owner_before
from comptoir.accounts.people.members import OrganisationSummary, all_organisations
from comptoir.accounts.people.organise import put_member
from comptoir.accounts.people.passwords import hash_now
from comptoir.accounts.people.recover import drop_second_factor, reset_password
from comptoir.accounts.people.rules import User
from comptoir.accounts.people.users import create_user
from comptoir.accounts.rules import Shop
from comptoir.infra.work import Work

__all__ = [
    "OrganisationSummary",
    "all_organisations",
    "close_now",
    "create_user",
    "drop_second_factor",
    "hash_now",
    "put_member",
    "reset_password",
    "transfer_now",
]


def close_now(work: Work, email: str, *, base: str) -> User:
    """The person has no account any more, and is told by mail.

    Raises: UserNotFound, AccountInUse.
    """
    user = close.close_now(work, email)
    tell_closed(work, user.email, words.choose(user.language), base=base)
    return user


def transfer_now(work: Work, shop_id: str, email: str, *, base: str) -> Shop:
    """The store belongs to that user now. Who had it is told by mail, which a running server sends.

    Raises: ShopNotFound, UserNotFound.
    """
    tell = partial(tell_owner_before, base=base)
    return hand_over.transfer_now(work, shop_id, email, tell)
