"""What modules 5 to 7 ask the cloud (spec/accounts.md §1.6).

The base URL of 5 and 6 ends in `/v1/`, so the paths come out the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from comptoir.simulator.accounts.breaker import Service
from comptoir.simulator.accounts.client import Client, Heard, php_json
from comptoir.simulator.accounts.installation import Shop


@dataclass(slots=True)
class AssociationApi:
    shop: Shop

    async def firebase_tokens(self, token: str) -> Heard:
        return await self._call("GET", "/v2/shop/firebase/tokens", None, _bearer(token))

    async def delete(self, owner: str, shop_id: str, token: str) -> Heard:
        headers = _bearer(token) | {"X-Shop-Id": shop_id}
        return await self._call("DELETE", f"/v1/user/{owner}/shop/{shop_id}", None, headers)

    async def update(self, owner: str, shop_id: str, token: str) -> Heard:
        headers = _bearer(token) | {"X-Shop-Id": shop_id}
        body = self._address()
        return await self._call("PATCH", f"/v1/user/{owner}/shop/{shop_id}", body, headers)

    async def module_updated(self, shop_id: str, token: str) -> Heard:
        headers = _bearer(token) | {"X-Shop-Id": shop_id}
        body = {"version": self.shop.of.version, "shopId": str(self.shop.id)}
        return await self._call("POST", "/v2/shop/module/update", body, headers)

    async def reonboard(self, shop_id: str, token: str) -> Heard:
        headers = _bearer(token) | {"X-Shop-Id": shop_id}
        return await self._call("POST", f"/v1/shop/{shop_id}/reonboard", self._address(), headers)

    async def refresh_shop(self, shop_id: str, refresh_token: str) -> Heard:
        headers = {"X-Shop-Id": shop_id}
        return await self._call("POST", "/v1/shop/token/refresh", {"token": refresh_token}, headers)

    async def shop_token_accepted(self, token: str) -> bool:
        return (await self._call("POST", "/v1/shop/token/verify", {"token": token}, {})).good

    async def user_token_accepted(self, token: str) -> bool:
        return (await self._sso("auth/token/verify", token)).good

    async def refresh_user(self, refresh_token: str) -> Heard:
        return await self._sso("auth/token/refresh", refresh_token)

    def _address(self) -> dict[str, object]:
        return {
            "shopId": str(self.shop.id),
            "name": self.shop.name,
            "virtualUri": self.shop.virtual_uri,
            "physicalUri": self.shop.physical_uri,
            "domain": self.shop.domain,
            "sslDomain": self.shop.domain if self.shop.secure else "",
            "boBaseUrl": self.shop.back_office,
        }

    async def _sso(self, path: str, token: str) -> Heard:
        base = self.shop.of.world.cloud.sso_api_url.removesuffix("/")
        client = Client(self.shop.of, Service.ACCOUNTS)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return await client.send("POST", f"{base}/{path}", headers, php_json({"token": token}))

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        extra: Mapping[str, str],
    ) -> Heard:
        client = Client(self.shop.of, Service.ACCOUNTS)
        headers = client.headers() | dict(extra)
        sent = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            sent = php_json(body)
        url = f"{self.shop.of.world.cloud.accounts}{path}"
        return await client.send(method, url, headers, sent)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
