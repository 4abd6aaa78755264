"""What an operator does for somebody who cannot get in."""

from comptoir.accounts.people import second_factor, sessions, users
from comptoir.accounts.people.rules import User
from comptoir.infra.work import Work


def reset_password(work: Work, email: str, hashed: str) -> User:
    """Whoever else is signed in as this person is signed out. Raises: UserNotFound."""
    user = users.take_user(work, email)
    users.set_password(work, user.user_id, hashed)
    sessions.sign_out_everywhere(work, user.user_id)
    return user


def drop_second_factor(work: Work, email: str) -> User:
    """Raises: UserNotFound."""
    user = users.take_user(work, email)
    if user.has_totp:
        second_factor.turn_off(work, user.user_id)
    return user
