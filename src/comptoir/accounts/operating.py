"""What the operator does with people, organisations and stores on the command line."""

from comptoir.accounts.hand_over import transfer_now
from comptoir.accounts.people.members import OrganisationSummary, all_organisations
from comptoir.accounts.people.passwords import hash_now
from comptoir.accounts.people.recover import drop_second_factor, reset_password
from comptoir.accounts.people.users import create_user

__all__ = [
    "OrganisationSummary",
    "all_organisations",
    "create_user",
    "drop_second_factor",
    "hash_now",
    "reset_password",
    "transfer_now",
]
