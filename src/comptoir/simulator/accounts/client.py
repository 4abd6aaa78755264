"""The module's way out: libcurl with a time-out of 10 s and a breaker (spec/accounts.md §1.1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import aiohttp
from yarl import URL

from comptoir.simulator.accounts.breaker import Breaker, Service
from comptoir.simulator.accounts.installation import Installation

ATTEMPTS = 40
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Heard:
    status: int
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def json(self) -> dict[str, Any]:
        """What is no JSON object counts as an empty one (§1.1)."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(slots=True)
class Client:
    """Calls of one service of the cloud."""

    of: Installation
    service: Service

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Heard:
        """The answer. No answer at all, or an open breaker: a 500 made here.

        Unlike the module we wait as long as a 429 asks for: a simulation installs thousands.
        """
        for _ in range(ATTEMPTS):
            heard = await self._once(method, url, headers, body)
            if isinstance(heard, Heard):
                return heard
            await self.of.world.pause(heard)
        return Heard(429, "too many requests, again and again")

    @property
    def breaker(self) -> Breaker:
        return Breaker(self.of, self.service)

    def headers(self) -> dict[str, str]:
        """On every call of both services (§1.2)."""
        return {
            "Accept": "application/json",
            "User-Agent": f"ps_accounts/{self.of.version}",
            "X-Module-Version": self.of.version,
            "X-Prestashop-Version": self.of.profile.version,
            "X-Request-ID": self.of.ids.uuid(),
        }

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Heard | float:
        if self.breaker.open:
            return self._nothing()
        world = self.of.world
        seconds = aiohttp.ClientTimeout(total=world.call_seconds, connect=world.call_seconds)
        try:
            async with world.session.request(
                method,
                URL(url, encoded=True),
                headers={name: value for name, value in headers.items() if value},
                data=body,
                allow_redirects=False,
                timeout=seconds,
            ) as answer:
                text = await answer.text(errors="replace")
                self.breaker.reset()
                wait = answer.headers.get("Retry-After", "")
                if answer.status == 429 and wait.isdigit():
                    return float(wait)
                return Heard(answer.status, text)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as failed:
            if _counts(failed):
                self.breaker.failed()
            return self._nothing()

    def _nothing(self) -> Heard:
        """The same two words whether the breaker is open or the peer hung up."""
        if self.service is Service.OAUTH:
            told = {"error": "connect_error", "error_description": "Circuit Breaker Open"}
        else:
            told = {"error": "connect-error", "message": "Circuit Breaker Open"}
        return Heard(500, json.dumps(told))


def _counts(failed: Exception) -> bool:
    """curl's 28 (timed out) and 7 (could not connect); not names, not TLS, not hang-ups."""
    if isinstance(failed, TimeoutError):
        return True
    apart = aiohttp.ClientConnectorDNSError | aiohttp.ClientSSLError
    return isinstance(failed, aiohttp.ClientConnectorError) and not isinstance(failed, apart)


def php_json(body: object) -> bytes:
    """As json_encode writes it: slashes escaped unless told otherwise, no spaces."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def php_query(fields: Mapping[str, str | None]) -> str:
    """As http_build_query writes it: nulls left out, empty ones kept, `+` for a space."""
    pairs = [(name, value) for name, value in fields.items() if value is not None]
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote_plus(text, safe="").replace("~", "%7E")
