"""The fake cloud's side of modules 5 to 7."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.simulator.cloud import Cloud


@dataclass
class Legacy:
    """Answers are attributes: change them to make it refuse."""

    contact: dict[str, Any] = field(default_factory=dict)
    """Claims of the point of contact's token; none: there is none."""
    refresh_status: int = 200
    verify_status: int = 200
    update_status: int = 200
    unlink_status: int = 200


def add_legacy(router: web.UrlDispatcher, cloud: "Cloud") -> None:
    asked = Routes(cloud)
    router.add_post("/accounts/v1/shop/token/refresh", asked.refresh)
    router.add_post("/accounts/v1/shop/token/verify", asked.verify)
    router.add_get("/accounts/v2/shop/firebase/tokens", asked.tokens)
    router.add_post("/accounts/v2/shop/module/update", asked.update)
    router.add_delete("/accounts/v1/user/{owner}/shop/{id}", asked.unlink)
    router.add_patch("/accounts/v1/user/{owner}/shop/{id}", asked.done)
    router.add_post("/accounts/v1/shop/{id}/reonboard", asked.done)
    router.add_post("/accounts/auth/token/verify", asked.verify)
    router.add_post("/accounts/auth/token/refresh", asked.user_refresh)


class Routes:
    def __init__(self, cloud: "Cloud") -> None:
        self.cloud = cloud

    async def refresh(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        shop_id = request.headers["X-Shop-Id"]
        token = self.cloud.firebase(shop_id)
        told = {"token": token, "refresh_token": "refresh-2", "id_token": token}
        return web.json_response(told, status=self.cloud.legacy.refresh_status)

    async def user_refresh(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        token = self.cloud.firebase("user-1")
        told = {"idToken": token, "refreshToken": "refresh-user-2"}
        return web.json_response(told, status=self.cloud.legacy.refresh_status)

    async def verify(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        return web.json_response({}, status=self.cloud.legacy.verify_status)

    async def tokens(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        return web.json_response(
            {
                "shopToken": self.cloud.firebase("uid-1"),
                "shopRefreshToken": "refresh-shop",
                "userToken": self.cloud.firebase("user-1", email="ada@shop.example"),
                "userRefreshToken": "refresh-user",
            }
        )

    async def update(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        return web.json_response({}, status=self.cloud.legacy.update_status)

    async def unlink(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        return web.json_response({"gone": True}, status=self.cloud.legacy.unlink_status)

    async def done(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        return web.json_response({"done": True})
