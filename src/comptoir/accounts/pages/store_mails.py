"""Mails about a store that changes hands."""

from comptoir.accounts.hand_over import HandedOver
from comptoir.accounts.pages import words
from comptoir.accounts.pages.page import Visit
from comptoir.accounts.people.invite import KEEP_MS
from comptoir.accounts.people.rules import Transfer, plain_name
from comptoir.accounts.rules import Shop
from comptoir.infra.mail_queue import post
from comptoir.infra.work import Work


def _facts(visit: Visit, shop: Shop) -> dict[str, object]:
    return {
        "store": plain_name(shop.name) or shop.shop_id,
        "person": visit.me.user.email,
        "base": visit.context.settings.base,
    }


async def send_offer(visit: Visit, shop: Shop, made: Transfer) -> None:
    """No secret is in it: only who signs in with the address accepts. Raises: MailNotSent."""
    facts = {**_facts(visit, shop), "days": KEEP_MS // 86_400_000}
    subject = visit.say("mail.store_offer.subject", **facts)
    await visit.context.mail.send(made.email, subject, visit.say("mail.store_offer.text", **facts))


def tell(work: Work, visit: Visit, handed: HandedOver) -> None:
    """Both sides learn of it."""
    facts = _facts(visit, handed.shop)
    subject = visit.say("mail.store_yours.subject", **facts)
    post(work, visit.me.user.email, subject, visit.say("mail.store_yours.text", **facts))
    for one in handed.told:
        language = one.language or visit.language
        subject = words.say(language, "mail.store_gone.subject", **facts)
        post(work, one.email, subject, words.say(language, "mail.store_gone.text", **facts))
