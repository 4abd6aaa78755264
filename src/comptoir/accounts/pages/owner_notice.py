"""Tell who owned a store that somebody else does now: a back office may let in more people than
its owner thinks (spec/accounts.md §2.2)."""

from comptoir.accounts.pages import words
from comptoir.accounts.people import store as people
from comptoir.accounts.people.rules import plain_name
from comptoir.accounts.rules import Shop
from comptoir.infra.mail_queue import post
from comptoir.infra.work import Work


def tell_owner_before(work: Work, before: Shop, after: Shop, *, base: str) -> None:
    """The store as it was and as it is now, in the transaction that changes it. Nobody is told what
    they did themselves."""
    user_id = before.point_of_contact_uuid
    if not user_id or user_id == after.point_of_contact_uuid:
        return
    user = people.find_user(work.db, user_id)
    if user is None:
        return
    language = words.choose(user.language)
    facts = {
        "store": plain_name(before.name) or before.frontend_url,
        "address": before.frontend_url,
        "email": after.point_of_contact_email,
        "base": base,
    }
    subject = words.say(language, "mail.owner.subject")
    post(work, user.email, subject, words.say(language, "mail.owner.text", **facts))
