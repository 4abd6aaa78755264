"""Close the account: what is in the way, are you sure, and gone."""

from starlette.responses import Response

from comptoir.accounts import close
from comptoir.accounts.close import InTheWay, Why
from comptoir.accounts.errors import AccountInUse
from comptoir.accounts.pages.acting import act
from comptoir.accounts.pages.notices import tell_closed
from comptoir.accounts.pages.page import HOME, SIGN_IN, Page, Visit, Who, go
from comptoir.infra.work import Work

PATH = "/account/close"


async def ask(visit: Visit) -> Response:
    return await _ask(visit)


async def _ask(visit: Visit, status: int = 200) -> Response:
    user_id = visit.me.user.user_id
    found = await visit.context.db.read(lambda db: close.in_the_way(db, user_id))
    return visit.page("close.html", status, here=HOME, found=[(_where(one), one) for one in found])


def _where(one: InTheWay) -> str:
    """The page on which that can be given away or ended."""
    if one.why is Why.MEMBERS:
        return f"/account/organisations/{one.organisation.organisation_id}"
    return "/account/stores" if one.why is Why.STORES else "/account/vendors"


async def send(visit: Visit) -> Response:
    """A mail tells it: the last that the address gets."""
    user, base = visit.me.user, visit.context.settings.base

    def unit(work: Work) -> None:
        close.close_account(work, user.user_id)
        tell_closed(work, user.email, visit.language, base=base, address=visit.address)

    try:
        await act(visit, unit)
    except AccountInUse:
        return await _ask(visit, 409)
    for cookie in ("session", "device", "totp"):
        visit.set_cookie(cookie, "", 0)
    return go(f"{SIGN_IN}?done=closed")


PAGES = [
    Page("GET", PATH, ask, Who.JUST_SIGNED_IN),
    Page("POST", PATH, send, Who.JUST_SIGNED_IN),
]
