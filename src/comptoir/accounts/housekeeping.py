"""What is kept no longer: ended sessions, codes, counts of attempts, forms that were sent."""

from comptoir.accounts.people import codes, forms, sessions, throttle
from comptoir.infra.work import Work


def forget(work: Work) -> None:
    for part in (sessions.forget, codes.forget, throttle.forget, forms.forget):
        part(work)
