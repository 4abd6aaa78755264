"""Calls to addresses that somebody gave us: stores, webhooks. Private ones are refused.

The guard looks at the final address of each connection, in the socket factory: so literals, names
that resolve to private addresses, and names that change between look-up and call are all seen.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver

from comptoir.base.errors import Upstream

REFUSED = [
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24"
        " 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16"
        " 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
        " ::/128 ::1/128 ::ffff:0:0/96 ::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64"
        " 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7"
        " fe80::/10 fec0::/10 ff00::/8"
    ).split()
]
"""Special-purpose blocks of the IANA registries, IPv4 and IPv6, and forms that embed IPv4."""

MOST_BYTES = 8 * 1024 * 1024


class AddressRefused(OSError):
    """The address is private, loopback or otherwise not on the public Internet."""


@dataclass(kw_only=True, eq=False)
class CallFailed(Upstream):
    """A call to a store or another outside address did not come back with an answer."""

    code = "infra.call_failed"
    title = "The address could not be reached"

    reason: str
    """`timeout`, `refused-address`, `connect`, `tls`, `too-large` or `broken`."""
    explanation: str

    def detail(self) -> str:
        return self.explanation


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    reason: str = ""


def is_public(address: str) -> bool:
    """Whether a literal address lies outside every special-purpose block."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return not any(found in block for block in REFUSED if block.version == found.version)


class Outbound:
    """One connection pool for all outgoing calls of a process. Redirects are never followed."""

    def __init__(
        self,
        *,
        allow_private: bool,
        user_agent: str = "Comptoir/0.1",
        public: Callable[[str], bool] = is_public,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._public = public
        self._resolver = resolver
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=4000,
                limit_per_host=200,
                ttl_dns_cache=30,
                use_dns_cache=self._resolver is None,
                resolver=self._resolver,
                socket_factory=self._socket,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
                headers={"User-Agent": self._user_agent},
            )
        return self._session

    def _socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if not self._allow_private and not self._public(str(address[0])):
            raise AddressRefused(f"{address[0]} is not a public address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    async def get(
        self, url: str, *, timeout: float, headers: dict[str, str] | None = None
    ) -> Answer:
        """Raises: CallFailed, whose `reason` is one word for machines."""
        return await self.send("GET", url, timeout=timeout, headers=headers)

    async def send(
        self, method: str, url: str, *, timeout: float, headers: dict[str, str] | None = None
    ) -> Answer:
        """A request without a body. Raises: CallFailed, whose `reason` is one word for machines."""
        try:
            async with asyncio.timeout(timeout):
                return await self._send(method, url, headers or {})
        except TimeoutError as late:
            raise CallFailed(
                reason="timeout", explanation=f"no answer within {timeout:g} s"
            ) from late
        except aiohttp.ClientSSLError as tls:  # a ClientConnectorError too: it comes first
            raise CallFailed(reason="tls", explanation="the TLS certificate is not valid") from tls
        except aiohttp.ClientConnectorDNSError as unknown:
            raise CallFailed(
                reason="connect", explanation="the host name leads to no address"
            ) from unknown
        except aiohttp.ClientConnectorError as failed:
            refused = isinstance(failed.os_error, AddressRefused)
            raise CallFailed(
                reason="refused-address" if refused else "connect",
                explanation=str(failed.os_error) if refused else "the connection was refused",
            ) from failed
        except AddressRefused as refused_address:
            raise CallFailed(
                reason="refused-address", explanation=str(refused_address)
            ) from refused_address
        except aiohttp.InvalidURL as wrong:
            raise CallFailed(reason="connect", explanation="this is no usable URL") from wrong
        except (aiohttp.ClientError, ValueError, OSError) as broken:
            raise CallFailed(
                reason="broken", explanation=f"the answer broke off ({type(broken).__name__})"
            ) from broken

    async def _send(self, method: str, url: str, headers: dict[str, str]) -> Answer:
        sent = self._open().request(method, url, headers=headers, allow_redirects=False)
        async with sent as response:
            body = await response.content.read(MOST_BYTES + 1)
            while len(body) <= MOST_BYTES and not response.content.at_eof():
                body += await response.content.read(MOST_BYTES + 1 - len(body))
            if len(body) > MOST_BYTES:
                raise CallFailed(
                    reason="too-large", explanation=f"the answer is over {MOST_BYTES} bytes"
                )
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, found, body, response.reason or "")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
