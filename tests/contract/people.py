"""People who signed in to an application, without the browser: their access tokens."""

import asyncio
from typing import Any

from comptoir.accounts import create_user
from comptoir.infra.http.context import Context
from comptoir.oauth.authorizations import Authorization


def signed_in(context: Context, client_id: str, name: str) -> str:
    """The access token that the client got for a new person of that name."""
    with context.db.begin("tests") as work:
        user = create_user(work, f"{name}@people.example".lower(), "", first_name=name)
    made = Authorization(
        authorization_id=f"of-{user.user_id}",
        client_id=client_id,
        user_id=user.user_id,
        session_id="",
        scopes=("openid",),
        audiences=(),
        nonce="",
        methods=("pwd",),
        authenticated_at=0,
    )
    signer: Any = context.signer
    return str(asyncio.run(signer.issue_for_person(made)))
