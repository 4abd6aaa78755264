"""The fake cloud's authorization server: keys, tokens, and one user who always agrees."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.simulator.cloud import Cloud

USER: dict[str, Any] = {
    "sub": "user-1",
    "email": "staff0.1@shop.example",
    "email_verified": True,
    "name": "Ada L",
}


@dataclass
class People:
    """Who signs in, and what became of it."""

    user: dict[str, Any] = field(default_factory=lambda: dict(USER))
    denies: bool = False
    exchange_status: int = 200
    refresh_status: int = 200
    queries: list[str] = field(default_factory=list)
    """Of the authorization endpoint, as they came."""


def add_sign_in(router: web.UrlDispatcher, cloud: "Cloud") -> None:
    asked = SignIn(cloud)
    router.add_get("/.well-known/openid-configuration", asked.discovery)
    router.add_get("/jwks", asked.jwks)
    router.add_get("/oauth2/auth", asked.authorize)
    router.add_post("/oauth2/token", asked.token)
    router.add_get("/userinfo", asked.userinfo)
    router.add_get("/account", asked.ui)


class SignIn:
    def __init__(self, cloud: "Cloud") -> None:
        self.cloud = cloud

    async def discovery(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        base = self.cloud.url
        return web.json_response(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/oauth2/auth",
                "token_endpoint": f"{base}/oauth2/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "end_session_endpoint": f"{base}/logout",
                "jwks_uri": f"{base}/jwks",
            }
        )

    async def jwks(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        return web.json_response({"keys": self.cloud.keys})

    async def authorize(self, request: web.Request) -> web.Response:
        people = self.cloud.people
        people.queries.append(request.query_string)
        back = request.query["redirect_uri"]
        told = "error=access_denied" if people.denies else "code=c0de"
        glue = "&" if "?" in back else "?"
        location = f"{back}{glue}{told}&state={request.query['state']}"
        return web.Response(status=302, headers={"Location": location})

    async def token(self, request: web.Request) -> web.Response:
        form = await self.cloud.seen(request)
        if form["grant_type"] == "client_credentials":
            return self._of_shop(form)
        people = self.cloud.people
        first = form["grant_type"] == "authorization_code"
        status = people.exchange_status if first else people.refresh_status
        if status != 200:
            return web.json_response({"error": "invalid_grant"}, status=status)
        claims = {"sub": people.user["sub"], "client_id": form["client_id"], "aud": []}
        scopes = ["openid", "offline_access"]
        return web.json_response(
            {
                "access_token": self.cloud.sign(claims | {"scp": scopes}),
                "refresh_token": "r3fresh",
                "id_token": self.cloud.sign(claims),
                "token_type": "bearer",
                "expires_in": self.cloud.token_seconds,
            }
        )

    def _of_shop(self, form: dict[str, str]) -> web.Response:
        scopes = form["scope"].split()
        if scopes and not self.cloud.verified_scope:
            text = "The client may not ask for the scope shop.verified"
            told = {"error": "invalid_scope", "error_description": text}
            return web.json_response(told, status=400)
        if self.cloud.client_status != 200:
            told = {"error": "invalid_client", "error_description": "unknown"}
            return web.json_response(told, status=self.cloud.client_status)
        token = self.cloud.sign(
            {
                "sub": form["client_id"],
                "client_id": form["client_id"],
                "aud": form["audience"].split(),
                "scp": scopes,
            }
        )
        return web.json_response({"access_token": token, "token_type": "bearer"})

    async def userinfo(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        return web.json_response(self.cloud.people.user)

    async def ui(self, request: web.Request) -> web.Response:
        return web.Response(text=f"ui {request.query_string}")
