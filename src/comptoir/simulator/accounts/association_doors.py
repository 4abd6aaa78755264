"""Front controllers of modules 5 to 7, which the cloud opens by the shop's key (§2.4)."""

from dataclasses import dataclass
from typing import Any

from comptoir.simulator.accounts import admin_token, store_keys
from comptoir.simulator.accounts.association import Association
from comptoir.simulator.accounts.claims import claims_of
from comptoir.simulator.accounts.errors import StoreError
from comptoir.simulator.accounts.legacy_tokens import FIREBASE_REFRESH
from comptoir.simulator.accounts.shop_accounts import Accounts
from comptoir.simulator.reply import Asked, Reply

HEADER = "X-PrestaShop-Signature"
HMAC = "PS_ACCOUNTS_SHOP_HMAC"
"""A file in `upload` in truth."""
STATUS = {"DELETE": 204}


class DoorShut(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True)
class AssociationDoors:
    accounts: list[Accounts]

    async def open(self, controller: str, asked: Asked) -> Reply | None:
        """None: there is no such controller."""
        doors = {
            "apiV1ShopUrl": self._url,
            "apiV1ShopLinkAccount": self._link,
            "apiV1ShopOauth2Client": self._client,
            "apiV1ShopToken": self._token,
        }
        if self.accounts[0].shop.of.major < 7:
            doors["apiV1ShopHmac"] = self._hmac
        door = doors.get(controller)
        if door is None:
            return None
        try:
            at, payload = self._allowed(asked)
            method = str(payload.pop("method", asked.method)).upper()
            return _answer(STATUS.get(method, 200), await door(at, method, payload))
        except DoorShut as shut:
            return _answer(shut.status, {"error": True, "message": shut.message})
        except StoreError:
            failed = {"error": True, "message": "Failed processing your request"}
            return _answer(500, failed)

    def _allowed(self, asked: Asked) -> tuple[Accounts, dict[str, Any]]:
        """The claims are the payload; the shop they name says by which key."""
        token = asked.headers.get(HEADER, "")
        payload = claims_of(token)
        number = str(payload.get("shop_id", ""))
        at = next((one for one in self.accounts if str(one.shop.id) == number), None)
        if at is None or not at.shop.get(store_keys.PUBLIC_KEY):
            raise DoorShut(401, "Unauthorized")
        if not admin_token.signed(token, at.shop.get(store_keys.PUBLIC_KEY)):
            raise DoorShut(401, "Unauthorized")
        return at, payload

    async def _url(self, at: Accounts, method: str, _: dict[str, Any]) -> dict[str, object]:
        _only(method, "GET")
        return {
            "domain": at.shop.domain,
            "domain_ssl": at.shop.domain if at.shop.secure else "",
            "physical_uri": at.shop.physical_uri,
            "virtual_uri": at.shop.virtual_uri,
            "ssl_activated": at.shop.secure,
        }

    async def _link(self, at: Accounts, method: str, payload: dict[str, Any]) -> dict[str, object]:
        _only(method, "POST", "PUT", "PATCH", "DELETE")
        if method == "DELETE":
            Association(at).unlink()
            return _done("Link Account deleted successfully")
        if at.shop.of.major >= 7 and not payload.get("uid"):
            raise DoorShut(400, "Missing mandatory field: uid")
        await Association(at).link(payload)
        return _done("Link Account stored successfully")

    async def _client(
        self, at: Accounts, method: str, payload: dict[str, Any]
    ) -> dict[str, object]:
        _only(method, "POST", "PUT", "PATCH", "DELETE")
        if method == "DELETE":
            at.client_id = at.client_secret = None
            return _done("Oauth client deleted successfully")
        client_id, secret = payload.get("client_id"), payload.get("client_secret")
        await Association(at).take_client(str(client_id or ""), str(secret or ""))
        return _done("Oauth client stored successfully")

    async def _token(self, at: Accounts, method: str, _: dict[str, Any]) -> dict[str, object]:
        _only(method, "GET")
        token = await Association(at).firebase_token()
        return {"token": token, "refresh_token": at.shop.get(FIREBASE_REFRESH)}

    async def _hmac(self, at: Accounts, method: str, payload: dict[str, Any]) -> dict[str, object]:
        _only(method, "GET", "POST", "PUT", "PATCH")
        at.shop.put(HMAC, str(payload.get("hmac", "")))
        return _done("HMAC stored successfully")


def _only(method: str, *known: str) -> None:
    if method not in known:
        raise DoorShut(405, "Method Not Allowed")


def _done(message: str) -> dict[str, object]:
    return {"success": True, "message": message}


def _answer(status: int, body: dict[str, object]) -> Reply:
    return Reply(status, body, headers={"Content-Type": "text/json"})
