"""Answers that a client need not fetch again: `ETag` and `If-None-Match` (RFC 9110 §13.1.2)."""

import re

import xxhash
from starlette.requests import Request
from starlette.responses import Response

from comptoir.infra.http.endpoint import Param

TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
PARAM = Param(
    "If-None-Match",
    "header",
    about="The `ETag` of the answer that you have: 304 without a body while it is still the same.",
)
SAME = "What you have (`If-None-Match`) is what there is. No body."


def answer(request: Request, body: bytes) -> Response:
    """The JSON `body`, or 304 when the client names it as the one that it has.

    The tag is made of the body, so equal tags mean equal bodies. It is a weak one: a compressed
    body has the same.
    """
    tag = f'"{xxhash.xxh3_128_hexdigest(body)}"'
    headers = {"ETag": f"W/{tag}", "Cache-Control": "private, no-cache"}
    if _has(request.headers.getlist("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _has(named: list[str], tag: str) -> bool:
    """Weak comparison: `W/` in front makes no difference."""
    text = ",".join(named)
    return text.strip() == "*" or tag in TAG.findall(text)
