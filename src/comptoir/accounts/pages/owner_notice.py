"""Tell who owned a store that somebody else does now: a back office may let in more people than
its owner thinks (spec/accounts.md §2.2)."""

from comptoir.accounts.pages import words
from comptoir.accounts.people import store as people
from comptoir.accounts.people.rules import plain_name
from comptoir.accounts.rules import Shop
from comptoir.infra.http.context import Context
from comptoir.infra.mail import MailNotSent


async def tell_owner_before(context: Context, before: Shop, email: str) -> None:
    """`before`: the store as it was; `email`: of its owner now. The change is made: a mail that
    cannot be sent does not undo it."""
    user_id = before.point_of_contact_uuid
    user = await context.db.read(lambda db: people.find_user(db, user_id)) if user_id else None
    if user is None or user.email == email:
        return
    language = words.choose(user.language)
    facts = {
        "store": plain_name(before.name) or before.frontend_url,
        "address": before.frontend_url,
    }
    text = words.say(language, "mail.owner.text", **facts, email=email, base=context.settings.base)
    try:
        await context.mail.send(user.email, words.say(language, "mail.owner.subject"), text)
    except MailNotSent:
        return
