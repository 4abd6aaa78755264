"""Create a user with an organisation of their own, and change what they prove themselves with."""

import sqlalchemy as sa

from comptoir.accounts import store as accounts
from comptoir.accounts.people import codes, members, store, throttle
from comptoir.accounts.people.errors import EmailInvalid, PasswordWeak, UserExists, UserNotFound
from comptoir.accounts.people.rules import (
    Role,
    User,
    email_key,
    email_looks_right,
    password_fault,
    plain_name,
)
from comptoir.infra.db.dialect import lock_store
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work

USER_ID_BYTES = 21
"""Make 28 characters, as PrestaShop's user ids have (spec/accounts.md, vocabulary)."""


def check_email(email: str) -> str:
    """The address without blanks around it. Raises: EmailInvalid."""
    if not email_looks_right(email):
        raise EmailInvalid
    return email.strip()


def check_password(password: str, email: str) -> None:
    """Raises: PasswordWeak."""
    fault = password_fault(password, email)
    if fault:
        raise PasswordWeak(fault=fault)


def create_user(
    work: Work,
    email: str,
    hashed: str,
    *,
    first_name: str = "",
    last_name: str = "",
    language: str = "",
) -> User:
    """A person whose address is confirmed, and their organisation. `hashed`: of the password.

    Raises:
        EmailInvalid, UserExists.
    """
    email = check_email(email)
    lock_store(work.db, f"address of a person {email_key(email)}")
    user = User(
        user_id=work.ids.token(USER_ID_BYTES),
        email=email,
        first_name=first_name.strip()[:100],
        last_name=last_name.strip()[:100],
        language=language,
        has_password=bool(hashed),
    )
    if not store.add_user(work.db, user, email_key(email), hashed, work.now_ms):
        raise UserExists(email=email)
    organisation_id = work.ids.uuid()
    name = plain_name(user.name) or email
    accounts.add_organisation(work.db, organisation_id, name, work.now_ms)
    members.add_member(work.db, organisation_id, user.user_id, Role.OWNER, work.now_ms)
    work.audit("user.created", organisation_id=organisation_id, user_id=user.user_id)
    return user


def take_user(work: Work, email: str) -> User:
    """The person of an address, for who changes something of theirs: they take turns.

    Raises: UserNotFound.
    """
    user = store.take_user_by_email(work.db, email_key(email))
    if user is None:
        raise UserNotFound(email=email)
    return user


def password_mark(db: sa.Connection, vault: Vault, user_id: str) -> str:
    """Another one for each password that the person sets. It tells nothing of the password."""
    return mark_of(vault, store.password_hash(db, user_id))


def mark_of(vault: Vault, hashed: str) -> str:
    """`hashed`: the password's; empty when there is none."""
    return vault.hash(f"password mark {hashed}").hex()


def set_password(work: Work, user_id: str, hashed: str) -> None:
    """What was begun with the one before leads nowhere: codes to reset it, codes of a second step
    that were tried by who knew it."""
    store.lock_person(work.db, user_id)
    store.change_user(work.db, user_id, work.now_ms, password_hash=hashed)
    user = store.find_user(work.db, user_id)
    if user is not None:
        codes.end_all(work, codes.Purpose.RESET, user.email)
    throttle.clear(work, second_step_slot(user_id))
    work.audit("user.password_changed", user_id=user_id)


def second_step_slot(user_id: str) -> str:
    """Where wrong codes of the second step are counted."""
    return f"otp/{user_id}"


def set_email(work: Work, user_id: str, email: str) -> None:
    """To an address that is confirmed. Points of contact go with it.

    Raises: UserExists.
    """
    store.lock_person(work.db, user_id)
    lock_store(work.db, f"address of a person {email_key(email)}")
    found = store.find_user_by_email(work.db, email_key(email))
    if found is not None and found.user_id != user_id:
        raise UserExists(email=email)
    store.change_user(
        work.db, user_id, work.now_ms, email=email.strip(), email_key=email_key(email)
    )
    accounts.set_contact_email(work.db, user_id, email.strip())
    work.audit("user.email_changed", user_id=user_id)


def set_names(work: Work, user_id: str, first_name: str, last_name: str) -> None:
    values = {"first_name": first_name.strip()[:100], "last_name": last_name.strip()[:100]}
    store.change_user(work.db, user_id, work.now_ms, **values)
