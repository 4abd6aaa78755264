"""Who did what in a vendor's organisation: the audit log, the newest first."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

import sqlalchemy as sa
from starlette.responses import Response

from comptoir.accounts.pages import one_vendor, words
from comptoir.accounts.pages.one_vendor import HERE, ONE, path_of
from comptoir.accounts.pages.page import Page, Visit, Who
from comptoir.accounts.people import members
from comptoir.accounts.registration import SeenVendor
from comptoir.infra import audit
from comptoir.infra.audit import Entry, Wanted

AT_ONCE = 50
ACTION = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40}){0,3}")
ENTRY = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it is shown."""

    at: int
    actor: str
    action: str
    facts: str
    request_id: str


async def log(visit: Visit) -> Response:
    action, before = visit.query("action"), visit.query("before")
    action = action if ACTION.fullmatch(action) else ""
    before = before if ENTRY.fullmatch(before) else ""

    def read(db: sa.Connection, seen: SeenVendor) -> tuple[list[Entry], list[str], dict[str, str]]:
        wanted = Wanted(seen.organisation_id, action=action, before=before)
        found = audit.entries(db, wanted, AT_ONCE + 1)
        emails = {
            f"user:{m.user_id}": m.email for m in members.members_of(db, seen.organisation_id)
        }
        return found, audit.actions(db, seen.organisation_id), emails

    seen, (found, actions, emails) = await one_vendor.look(visit, read)
    older = ""
    if len(found) > AT_ONCE:
        query = {"before": found[AT_ONCE - 1].entry_id, **({"action": action} if action else {})}
        older = f"?{urlencode(query)}"
    return visit.page(
        "vendor-log.html",
        seen=seen,
        path=path_of(seen.name),
        lines=[_line(visit, entry, emails) for entry in found[:AT_ONCE]],
        actions=[(name, _said(visit, name)) for name in actions],
        chosen=action,
        older=older,
        here=HERE,
    )


def _said(visit: Visit, action: str) -> str:
    """In the visitor's words; the action's name when there are none for it."""
    key = f"audit.{action}"
    return visit.say(key) if key in words.catalogue(visit.language) else action


def _line(visit: Visit, entry: Entry, emails: dict[str, str]) -> Line:
    facts = {"shop": entry.shop_id, **entry.facts}
    return Line(
        at=entry.at,
        actor=emails.get(entry.actor, entry.actor),
        action=_said(visit, entry.action),
        facts=", ".join(f"{name}: {_text(value)}" for name, value in facts.items() if value),
        request_id=entry.request_id,
    )


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


PAGES = [Page("GET", f"{ONE}/log", log, Who.SIGNED_IN)]
