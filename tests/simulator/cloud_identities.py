"""The fake cloud's accounts API: identities, their status, their migration."""

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.simulator.cloud import Cloud

BASE = "/accounts/v1/shop-identities"


def add_identities(router: web.UrlDispatcher, cloud: "Cloud") -> None:
    asked = Identities(cloud)
    router.add_post(BASE, asked.create)
    router.add_get(f"{BASE}/{{id}}/status", asked.status)
    router.add_post(f"{BASE}/{{id}}/verify", asked.verify)
    router.add_put(f"{BASE}/{{id}}/back-office-url", asked.back_office_url)
    router.add_post(f"{BASE}/{{id}}/point-of-contact", asked.point_of_contact)
    router.add_put(f"{BASE}/{{id}}/migrate", asked.migrate)
    router.add_get(f"{BASE}/{{id}}/tokens", asked.tokens)
    router.add_get("/accounts/healthcheck", asked.health)


class Identities:
    def __init__(self, cloud: "Cloud") -> None:
        self.cloud = cloud

    async def create(self, request: web.Request) -> web.Response:
        body = await self.cloud.seen(request)
        if self.cloud.create_answers:
            return self.cloud.create_answers.pop(0)
        number = len(self.cloud.shops) + 1
        self.cloud.shops[f"shop-{number}"] = {"body": body, "isVerified": False}
        return web.json_response(
            {
                "cloudShopId": f"shop-{number}",
                "clientId": f"client-{number}",
                "clientSecret": "s" * 40,
            },
            status=201,
        )

    async def status(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        shop_id = request.match_info["id"]
        shop = self.cloud.shops[shop_id]
        if "status" in shop:
            return web.json_response(shop["status"])
        return web.json_response(
            {
                "cloudShopId": shop_id,
                "isVerified": shop["isVerified"],
                "frontendUrl": shop["body"]["frontendUrl"],
                "backOfficeUrl": shop["body"]["backOfficeUrl"],
                "shopVerificationErrorCode": "",
                "pointOfContactUuid": shop.get("uuid"),
                "pointOfContactEmail": shop.get("email"),
                "createdAt": "2026-01-01T00:00:00.123Z",
                "updatedAt": "2026-01-01T00:00:00.123Z",
                "verifiedAt": "2026-01-01T00:00:01.000Z" if shop["isVerified"] else None,
                "unverifiedAt": None,
            }
        )

    async def verify(self, request: web.Request) -> web.Response:
        body = await self.cloud.seen(request)
        shop = self.cloud.shops[request.match_info["id"]]
        shop["proof"] = body["proof"]
        if self.cloud.verify_status != 200:
            return web.json_response(REFUSAL, status=self.cloud.verify_status)
        shop |= {"isVerified": True, "body": body}
        return web.json_response({})

    async def back_office_url(self, request: web.Request) -> web.Response:
        body = await self.cloud.seen(request)
        self.cloud.shops[request.match_info["id"]]["body"] |= body
        return web.Response(status=204)

    async def point_of_contact(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        user = self.cloud.people.user
        shop = self.cloud.shops[request.match_info["id"]]
        shop |= {"uuid": user["sub"], "email": user["email"]}
        return web.Response(status=204)

    async def migrate(self, request: web.Request) -> web.Response:
        body = await self.cloud.seen(request)
        if self.cloud.migrate_error:
            told = {"error": self.cloud.migrate_error, "message": "no"}
            return web.json_response(told, status=400)
        shop_id = request.match_info["id"]
        shop: dict[str, Any] = {"body": body, "isVerified": True, "proof": body["proof"]}
        self.cloud.shops[shop_id] = shop
        return web.json_response(
            {"cloudShopId": shop_id, "clientId": "client-new", "clientSecret": "n" * 40}
        )

    async def tokens(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        shop_id = request.match_info["id"]
        told: dict[str, Any] = {
            "shop": {"token": self.cloud.firebase(shop_id), "refreshToken": "refresh-shop"}
        }
        if self.cloud.legacy.contact:
            token = self.cloud.firebase("user-1", **self.cloud.legacy.contact)
            told["pointOfContact"] = {"token": token, "refreshToken": "refresh-user"}
        return web.json_response(told)

    async def health(self, request: web.Request) -> web.Response:
        await self.cloud.seen(request)
        if self.cloud.silent:
            await asyncio.Event().wait()
        return web.json_response({}, status=self.cloud.health_status)


REFUSAL = {
    "error": "store-identity/proof-invalid",
    "message": "Store cannot be requested",
    "reason": "Request failed with status code 403",
    "response": {"status": 403, "data": "<h1>no</h1>", "headers": {}},
}
