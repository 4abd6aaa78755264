"""The accounts API as the module calls it (spec/accounts.md §1.2, §1.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from comptoir.simulator.accounts.breaker import Service
from comptoir.simulator.accounts.client import Client, Heard, php_json
from comptoir.simulator.accounts.errors import AccountsError, LocalError
from comptoir.simulator.accounts.installation import Shop
from comptoir.simulator.accounts.php_request import current

SOURCE = "ps_accounts"


class Origin(StrEnum):
    """What made the module call."""

    INSTALL = "install"
    FALLBACK = "fallback"
    MISMATCH_CREATE = "mismatch_create"
    MISMATCH_UPDATE = "mismatch_update"
    UPGRADE = "upgrade"
    ADVANCED = "advanced_settings"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who asks for an identity, and from where."""

    origin: Origin = Origin.INSTALL
    source: str = SOURCE
    ajax: bool = False
    """Ids of shops come as text then."""


@dataclass(slots=True)
class AccountsApi:
    shop: Shop

    @property
    def client(self) -> Client:
        return Client(self.shop.of, Service.ACCOUNTS)

    async def create(self, cause: Cause) -> Heard:
        heard = await self._call(
            "POST", "/v1/shop-identities", self._described(cause), _told(cause)
        )
        return _checked("create", heard)

    async def verify(self, cloud_id: str, token: str, proof: str, cause: Cause) -> None:
        """While it lasts the cloud asks for the proof (§2.1)."""
        body = self._described(cause) | {"proof": proof}
        headers = _own(cloud_id, token) | _told(cause)
        path = f"/v1/shop-identities/{cloud_id}/verify"
        _checked("verify", await self._call("POST", path, body, headers))

    async def status(self, cloud_id: str, token: str, source: str = SOURCE) -> Heard:
        headers = _own(cloud_id, token) | {"X-Module-Source": source}
        path = f"/v1/shop-identities/{cloud_id}/status"
        return _checked("status", await self._call("GET", path, None, headers))

    async def back_office_url(self, cloud_id: str, token: str) -> None:
        body = {"backOfficeUrl": self.shop.back_office, "multiShopId": self._number(ajax=False)}
        path = f"/v1/shop-identities/{cloud_id}/back-office-url"
        _checked("back-office-url", await self._call("PUT", path, body, _bearer(token)))

    async def point_of_contact(
        self, cloud_id: str, token: str, user_token: str, source: str
    ) -> None:
        headers = _own(cloud_id, token) | {"X-Module-Source": source}
        path = f"/v1/shop-identities/{cloud_id}/point-of-contact"
        body = {"pointOfContactJWT": user_token}
        _checked("point-of-contact", await self._call("POST", path, body, headers))

    async def migrate(
        self, cloud_id: str, token: str, came_from: str, proof: str, cause: Cause
    ) -> Heard:
        """Without X-Action-Origin: a slip of the module."""
        headers = _own(cloud_id, token) | {"X-Module-Source": cause.source}
        body = self._described(cause) | {"fromVersion": came_from, "proof": proof}
        path = f"/v1/shop-identities/{cloud_id}/migrate"
        return _checked("migrate", await self._call("PUT", path, body, headers))

    async def legacy_tokens(self, cloud_id: str, token: str) -> Heard:
        path = f"/v1/shop-identities/{cloud_id}/tokens"
        return _checked("tokens", await self._call("GET", path, None, _bearer(token)))

    async def refresh_legacy(self, cloud_id: str, refresh_token: str) -> Heard:
        """Raises: LocalError without a token to refresh by, AccountsError."""
        if not refresh_token:
            raise LocalError("token/refresh", "Refresh token cannot be empty")
        body, headers = {"token": refresh_token}, {"X-Shop-Id": cloud_id}
        heard = await self._call("POST", "/v1/shop/token/refresh", body, headers)
        return _checked("token/refresh", heard)

    async def token_accepted(self, token: str) -> bool:
        return (await self._call("POST", "/v1/shop/token/verify", {"token": token}, {})).good

    async def healthy(self) -> bool:
        return (await self._call("GET", "/healthcheck", None, {})).good

    def _described(self, cause: Cause) -> dict[str, object]:
        return {
            "backOfficeUrl": self.shop.back_office,
            "frontendUrl": self.shop.front,
            "multiShopId": self._number(ajax=cause.ajax),
            "name": self.shop.name,
        }

    def _number(self, *, ajax: bool) -> int | str:
        """Text in AJAX calls and in multistores (§1.3)."""
        return str(self.shop.id) if ajax or self.shop.of.multistore else self.shop.id

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        extra: Mapping[str, str],
    ) -> Heard:
        headers = self.client.headers() | dict(extra)
        if current().anonymous:
            headers["X-Anonymous-ID"] = current().anonymous
        headers["X-Multishop-Enabled"] = "true" if self.shop.of.multistore else "false"
        sent = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            sent = php_json(body)
        url = f"{self.shop.of.world.cloud.accounts}{path}"
        return await self.client.send(method, url, headers, sent)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _own(cloud_id: str, token: str) -> dict[str, str]:
    return _bearer(token) | {"X-Shop-Id": cloud_id}


def _told(cause: Cause) -> dict[str, str]:
    return {"X-Action-Origin": str(cause.origin), "X-Module-Source": cause.source}


def _checked(step: str, heard: Heard) -> Heard:
    if not heard.good:
        raise AccountsError(step, heard.status, heard.text)
    return heard
