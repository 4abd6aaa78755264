"""What is kept no longer: ended sessions, codes, counts of attempts."""

from comptoir.accounts.people import codes, sessions, throttle
from comptoir.infra.work import Work


def forget(work: Work) -> None:
    for part in (sessions.forget, codes.forget, throttle.forget):
        part(work)
