"""What is kept no longer: ended sessions, codes, counts of attempts, forms that were sent, old
invitations; and what was begun and never ended."""

from comptoir.accounts import legacy
from comptoir.accounts.people import codes, forms, sessions, throttle, waiting
from comptoir.infra.work import Work


def forget(work: Work) -> None:
    for part in (sessions.forget, codes.forget, throttle.forget, forms.forget, waiting.forget):
        part(work)
    legacy.give_up(work)
