"""What happened to a store, and why it is not verified, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from comptoir.accounts.pages import words
from comptoir.accounts.pages.page import Visit
from comptoir.accounts.people.history import Happened
from comptoir.accounts.rules import Shop

FACTS = (
    "back_office_url",
    "contents",
    "frontend_url",
    "here",
    "mode",
    "module",
    "reason",
    "there",
)
"""Those of the audit log that sentences may show. No address of a person is among them."""


@dataclass(frozen=True, slots=True)
class Told:
    at: int
    who: str
    what: str


def why_not_verified(visit: Visit, shop: Shop) -> str:
    """Empty when it is verified."""
    if shop.verified:
        return ""
    return _reason(visit, shop.error_code) if shop.error_code else visit.say("reason.not-yet")


def _reason(visit: Visit, code: str) -> str:
    key = f"reason.{code.partition('/')[2]}"
    return visit.say(key) if key in words.catalogue(visit.language) else code


def told(visit: Visit, happened: Happened, known: Mapping[str, str]) -> Told:
    """`known`: members of the organisation, user id → address. Others are not named."""
    facts = {name: _text(happened.facts.get(name, "")) for name in FACTS}
    if facts["reason"]:
        facts["reason"] = _reason(visit, facts["reason"])
    key = f"audit.{happened.action}"
    known_action = key in words.catalogue(visit.language)
    what = visit.say(key, **facts) if known_action else happened.action
    return Told(happened.at, _who(visit, happened.actor, known), what)


def _text(fact: object) -> str:
    if isinstance(fact, list):
        return ", ".join(str(part).replace("_", " ") for part in fact)
    return str(fact)


def _who(visit: Visit, actor: str, known: Mapping[str, str]) -> str:
    kind, _, name = actor.partition(":")
    if kind == "user":
        return known.get(name) or visit.say("audit.by.user")
    if kind == "vendor":
        return name
    key = f"audit.by.{kind}"
    return visit.say(key) if key in words.catalogue(visit.language) else kind
