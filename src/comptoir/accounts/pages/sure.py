"""Are you sure? A page of its own before what cannot be taken back; it works without a script."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import Response

from comptoir.accounts.pages.page import Visit


def ask(
    visit: Visit,
    key: str,
    *,
    here: str,
    action: str,
    back: str,
    fields: Mapping[str, str] = MappingProxyType({}),
    **facts: object,
) -> Response:
    """`key`: of the words `sure.key.title`, `.text` and `.send`. `action`: where a yes is sent,
    with `fields`."""
    return visit.page(
        "sure.html",
        here=here,
        title=visit.say(f"sure.{key}.title", **facts),
        text=visit.say(f"sure.{key}.text", **facts),
        send=visit.say(f"sure.{key}.send"),
        action=action,
        back=back,
        fields=fields,
    )
