"""A store with `ps_accounts` 7, written by hand from spec/accounts.md §2.4: its front controllers,
and what it keeps. It shows the proof of version 8 too, as it does while it migrates."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.accounts.fake_store import PROOF, FakeStore, LoopThread

URL, LINK, CLIENT = "apiV1ShopUrl", "apiV1ShopLinkAccount", "apiV1ShopOauth2Client"


@cache
def public_key(number: int = 0) -> str:
    """As PHP writes it: lines end with CR LF, the last one does not."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    text = made.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    return text.strip().replace("\n", "\r\n")


class OldStore(FakeStore):
    """Keeps what it is told in `state`, each call in `calls` as (method, controller, claims)."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        self.cloud = ""
        """Where it fetches a token as soon as it has a client; empty: it does not."""
        self.domain = ""
        """What it says of itself, when that is not where it is."""
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.state: dict[str, Any] = {}
        self.fetched: list[int] = []
        """Statuses of its token requests."""
        self.broken: dict[tuple[str, str], Callable[[], web.Response]] = {}
        """(method, controller) → what it answers instead."""
        self.reply = self._answer

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(method, controller) for method, controller, _ in self.calls]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        controller = query.pop("controller")
        assert query.pop("fc") == "module" and query.pop("module") == "ps_accounts"
        assert request.path == "/shop/index.php"
        broken = self.broken.get((request.method, controller))
        if controller == "apiV2ShopProof":
            self.calls.append((request.method, controller, {}))
            return broken() if broken else web.json_response({"proof": PROOF})
        claims = self._signed(request.headers.get("X-PrestaShop-Signature", ""))
        if claims is None:
            return web.json_response({"error": True, "message": "Invalid token"}, status=401)
        assert query == {} and await request.read() == b""
        self.calls.append((request.method, controller, claims))
        if broken:
            return broken()
        return await self._handle_signed(request.method, controller, claims)

    def _signed(self, token: str) -> dict[str, Any] | None:
        head, _, rest = token.partition(".")
        body, _, signature = rest.partition(".")
        right = hmac.digest(self.key.encode(), f"{head}.{body}".encode(), hashlib.sha256)
        if not head or not hmac.compare_digest(_decoded(signature), right):
            return None
        assert json.loads(_decoded(head)) == {"alg": "HS256", "typ": "JWT"}
        found: dict[str, Any] = json.loads(_decoded(body))
        return found

    async def _handle_signed(
        self, method: str, controller: str, claims: dict[str, Any]
    ) -> web.Response:
        if (method, controller) == ("GET", URL):
            said = {
                "domain": self.domain or f"127.0.0.1:{self.port}",
                "domain_ssl": self.domain or f"127.0.0.1:{self.port}",
                "physical_uri": "/shop/",
                "virtual_uri": "",
                "ssl_activated": False,
            }
            return web.json_response(said)
        if method == "POST":
            self.state[controller] = {k: v for k, v in claims.items() if k != "shop_id"}
            if controller == CLIENT and self.cloud:
                self.fetched.append(await self.fetch_token())
        elif method == "DELETE":
            self.state.pop(controller, None)
        return web.json_response({"success": True})

    async def fetch_token(self) -> int:
        """As version 7 does (spec/accounts.md §3.2). The token is in `state`."""
        client = self.state[CLIENT]
        form = {
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "scope": "",
            "audience": f"shop_{client['uid']}",
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.cloud}/oauth2/token", data=form) as answer,
        ):
            self.state["token"] = (await answer.json()).get("access_token")
            return answer.status


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def old_store(number: int = 0) -> Iterator[OldStore]:
    loop, made = LoopThread(), OldStore(public_key(number))
    runner = loop.run(made.start())
    try:
        yield made
    finally:
        loop.run(runner.cleanup())
        loop.close()


def refuses(status: int, body: str = '{"error":true,"message":"No"}') -> Callable[[], web.Response]:
    return lambda: web.Response(text=body, status=status, content_type="text/json")
