"""What a JWT says, unverified."""

import json
from typing import Any

from joserfc.errors import JoseError
from joserfc.jws import extract_compact


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT; none for anything else."""
    try:
        claims = json.loads(extract_compact(token.encode()).payload)
    except (JoseError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def expired(token: str, now: float) -> bool:
    """No leeway; what is no JWT always is (§3.1)."""
    try:
        return float(claims_of(token).get("exp", 0)) <= now
    except (TypeError, ValueError):
        return True
