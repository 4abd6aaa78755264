"""Mails that tell people what was changed about how they sign in: if it was not them, they learn
it."""

from comptoir.accounts.pages import words
from comptoir.accounts.pages.page import Visit
from comptoir.infra.mail_queue import post
from comptoir.infra.work import Work


def tell(work: Work, visit: Visit, address: str, what: str, **facts: object) -> None:
    """In the transaction that changes it. `what`: of the keys `mail.notice.<what>`."""
    said = visit.say(f"mail.notice.{what}", **facts)
    base = visit.context.settings.base
    text = visit.say("mail.notice.text", what=said, base=base, address=visit.address)
    post(work, address, visit.say("mail.notice.subject"), text)


def tell_closed(work: Work, email: str, language: str, *, base: str, address: str = "") -> None:
    """The last mail that somebody gets. `address`: of the browser in which they closed their
    account; empty: the operator did."""
    by = "mail.closed.request" if address else "mail.closed.operator"
    who = words.say(language, by, address=address)
    text = words.say(language, "mail.closed.text", base=base, who=who)
    post(work, email, words.say(language, "mail.closed.subject"), text)
