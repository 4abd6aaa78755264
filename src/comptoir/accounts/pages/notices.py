"""Mails that tell people what was changed about how they sign in: if it was not them, they learn
it."""

from comptoir.accounts.pages.page import Visit
from comptoir.infra.mail import MailNotSent


async def tell(visit: Visit, address: str, what: str, **facts: object) -> None:
    """`what`: of the keys `mail.notice.<what>`. The change is made: a mail that cannot be sent does
    not undo it."""
    said = visit.say(f"mail.notice.{what}", **facts)
    base = visit.context.settings.base
    try:
        await visit.context.mail.send(
            address,
            visit.say("mail.notice.subject"),
            visit.say("mail.notice.text", what=said, base=base, address=visit.address),
        )
    except MailNotSent:
        return
