"""Style, scripts and pictures of the pages. They hold nothing of anybody."""

from starlette.responses import Response

from comptoir.accounts.pages.page import Page, Visit, Who
from comptoir.accounts.pages.rendering import static
from comptoir.base.errors import NotFound

CACHED = {"Cache-Control": "public, max-age=300"}
KINDS = {
    "account.css": "text/css",
    "logo.svg": "image/svg+xml",
    "passkey.js": "text/javascript",
}


class FileNotThere(NotFound):
    """No file of that name belongs to the pages."""

    code = "accounts.file_not_there"
    title = "No such file"


async def file(visit: Visit) -> Response:
    name = str(visit.request.path_params["name"])
    if name not in KINDS:
        raise FileNotThere
    visit.cookies.clear()
    return Response(static(name), media_type=KINDS[name], headers=CACHED)


PAGES = [Page("GET", "/account/static/{name}", file, Who.ANYONE)]
