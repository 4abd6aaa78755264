"""A tech vendor's client, as small as can be: what the demo uses, over HTTP like everybody."""

from typing import Any

import aiohttp
import msgspec

PRESTASHOP = "https://api.cloudsync.prestashop.com"
MOST = 1000


class ClientError(Exception):
    """The server answered otherwise than hoped. The text has status and body."""


class VendorClient:
    def __init__(self, session: aiohttp.ClientSession, base: str, vendor: str) -> None:
        self._session = session
        self._base = base
        self._vendor = vendor
        self.token = ""

    async def sign_in(self, client_id: str, client_secret: str) -> None:
        form = {
            "grant_type": "client_credentials",
            "audience": f"{PRESTASHOP} tech-vendor/{self._vendor}",
        }
        basic = {"Authorization": aiohttp.encode_basic_auth(client_id, client_secret)}
        async with self._session.post(
            f"{self._base}/oauth2/token", data=form, headers=basic
        ) as answer:
            self.token = (await self._read(answer))["access_token"]

    async def trigger(self, shop_id: str, *, full: bool = False) -> None:
        path = "trigger-full" if full else "trigger"
        async with self._session.post(
            f"{self._base}/sync/v1/sync/{path}", json={"shopId": shop_id}, headers=self._headers()
        ) as answer:
            await self._read(answer)

    async def rows(self, shop_id: str, path: str) -> list[dict[str, Any]]:
        """All rows of a collection, page by page; of `shop` the one there is."""
        if path == "shop":
            return [(await self._get(f"/raw/v1/{shop_id}/shop"))["item"]]
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await self._get(f"/raw/v1/{shop_id}/{path}?limit={MOST}&cursor={cursor}")
            found += page["items"]
            cursor = page["pagination"]["nextCursor"]
            if not cursor:
                return found

    async def _get(self, path: str) -> dict[str, Any]:
        async with self._session.get(self._base + path, headers=self._headers()) as answer:
            return await self._read(answer)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @staticmethod
    async def _read(answer: aiohttp.ClientResponse) -> dict[str, Any]:
        body = await answer.read()
        if not 200 <= answer.status < 300:
            raise ClientError(f"{answer.status} {body.decode('utf-8', 'replace')[:300]}")
        found: dict[str, Any] = msgspec.json.decode(body)
        return found
