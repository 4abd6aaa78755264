"""The addresses that stores link to (spec/accounts.md §5.6, §1.5): each leads to a page of ours."""

from urllib.parse import urlencode

from starlette.responses import Response

from comptoir.accounts.pages.page import HOME, Page, Visit, Who, go
from comptoir.accounts.pages.sign_up import SIGN_UP
from comptoir.infra.http.endpoint import json_response


async def first(visit: Visit) -> Response:
    """The overview under another name, with what the store said."""
    query = visit.request.url.query
    return go(f"{HOME}?{query}" if query else HOME)


async def invitations(visit: Visit) -> Response:
    return go("/account/invitations")


async def resend(visit: Visit) -> Response:
    """Where a store sends who has not confirmed their address. Here there is no account before:
    either it is confirmed, or the sign-up begins again."""
    if visit.visitor is None:
        return go(f"{SIGN_UP}?{urlencode({'lang': visit.language})}")
    email = visit.visitor.user.email
    title, text = visit.say("confirmed.title"), visit.say("confirmed.text", email=email)
    return visit.page("message.html", title=title, text=text, bad=False)


async def testimonials(visit: Visit) -> Response:
    """What the login page of a store's back office shows beside the form: nothing."""
    visit.cookies.clear()
    return json_response([])


PAGES = [
    *(
        Page("GET", path, first, Who.ANYONE)
        for path in ("/account/", "/account/login", "/account/shop", "/account/shop/")
    ),
    *(
        Page("GET", path, invitations, Who.ANYONE)
        for path in ("/account/invitation", "/account/invitation/")
    ),
    Page("GET", "/account/send-verification-email", resend, Who.ANYONE),
    Page("GET", "/account/testimonials.json", testimonials, Who.ANYONE),
]
