"""Associate stores with `ps_accounts` 5 to 7: what the store's back office hands over in the
address (`onboardingLink`, spec/accounts.md §5.2, §4.8), the signed-in person confirms."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response

from comptoir.accounts.errors import IdentityInvalid, StoreCannotBeRequested
from comptoir.accounts.legacy.errors import DomainDiffers, LinkRefused, LinkUnderWay
from comptoir.accounts.legacy.link import LinkWanted, link
from comptoir.accounts.pages import words
from comptoir.accounts.pages.owner_notice import tell_owner_before
from comptoir.accounts.pages.page import HOME, Page, Visit, Who, go
from comptoir.accounts.rules import Place, usable_place

LINK = "/account/link"
NUMBER = re.compile(r"[0-9]{1,10}")
MOST = 50
"""Stores of one link."""
REFUSALS = (IdentityInvalid, StoreCannotBeRequested, DomainDiffers, LinkRefused, LinkUnderWay)


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    address: str
    fault: str
    """Empty: it is linked."""


def read_shops(text: str) -> list[dict[str, Any]]:
    """The shops of all groups; none when it cannot be read. Blanks stand for `+` that an address
    lost."""
    try:
        plain = base64.b64decode(text.replace(" ", "+"), validate=False)
        found = json.loads(plain)
    except (binascii.Error, ValueError, RecursionError):
        return []
    groups = found if isinstance(found, list) else []
    shops: list[Any] = []
    for group in groups:
        inner = group.get("shops") if isinstance(group, dict) else None
        shops += inner if isinstance(inner, list) else [group]
    return [shop for shop in shops if isinstance(shop, dict)][:MOST]


def _text(shop: dict[str, Any], name: str) -> str:
    value = shop.get(name)
    text = str(value).strip() if isinstance(value, str | int) else ""
    return "".join(c for c in text if c.isprintable())


def place_of(shop: dict[str, Any]) -> Place:
    """Where it says it is: `frontUrl`, or domain and paths."""
    address = _text(shop, "frontUrl")
    if not address:
        secure = _text(shop, "domainSsl")
        path = f"{_text(shop, 'physicalUri')}{_text(shop, 'virtualUri')}"
        scheme, domain = ("https", secure) if secure else ("http", _text(shop, "domain"))
        address = f"{scheme}://{domain}/{path.lstrip('/')}"
    return Place(
        name=_text(shop, "name")[:250],
        frontend_url=address.rstrip("/"),
        back_office_url=_office(shop),
        multi_shop_id=_text(shop, "id") or _text(shop, "shopId"),
    )


def _office(shop: dict[str, Any]) -> str:
    """The back office. `url` leads to a page of it: by `index.php`, or from PrestaShop 9 on by the
    path of one of its sections. Empty when it cannot be read: the store tells it later."""
    office = _text(shop, "boBaseUrl") or _text(shop, "backOfficeUrl") or _text(shop, "url")
    office = re.split(r"[?#]|/index\.php|/(?:improve|configure|sell|common)/", office)[0].rstrip(
        "/"
    )
    return office if usable_place(office) else ""


async def ask(visit: Visit) -> Response:
    """What would be linked."""
    text = visit.query("shops")
    shops = [(place_of(shop), bool(shop.get("uuid"))) for shop in read_shops(text)]
    return visit.page("link.html", here=HOME, shops=shops, text=text, outcomes=[])


async def _link(visit: Visit, wanted: LinkWanted) -> None:
    """Who owned the store until now is told. Raises: one of `REFUSALS`."""
    tell = partial(tell_owner_before, base=visit.context.settings.base)
    await link(visit.context, wanted, visit.request_id, tell)


async def send(visit: Visit) -> Response:
    """Link them one by one: each succeeds or fails by itself."""
    text, me, outcomes = visit.form.get("shops", ""), visit.me.user, []
    for shop in read_shops(text):
        place = place_of(shop)
        employee = _text(shop, "employeeId")
        wanted = LinkWanted(
            place=place,
            public_key=str(shop.get("publicKey") or ""),
            owner_id=me.user_id,
            owner_email=me.email,
            employee_id=int(employee) if NUMBER.fullmatch(employee) else None,
            shop_id=_text(shop, "uuid"),
            module_version=_text(shop, "moduleVersion"),
        )
        fault = ""
        try:
            await _link(visit, wanted)
        except REFUSALS as refused:
            fault = words.problem(visit.language, refused.code, refused.detail(), refused.facts())
        outcomes.append(Outcome(place.name, place.frontend_url, fault))
    if not outcomes:
        return go(LINK)
    bad = all(outcome.fault for outcome in outcomes)
    return visit.page(
        "link.html", 422 if bad else 200, here=HOME, shops=[], text="", outcomes=outcomes
    )


PAGES = [
    Page("GET", LINK, ask, Who.SIGNED_IN),
    Page("POST", LINK, send, Who.SIGNED_IN, "identity"),
]
