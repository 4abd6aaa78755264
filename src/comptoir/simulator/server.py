"""The simulation: all stores behind one listening socket on loopback."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from aiohttp import web
from aiohttp.abc import AbstractResolver

from comptoir.base.clock import Clock, SystemClock
from comptoir.simulator.agent import REASONS
from comptoir.simulator.cloud import Cloud
from comptoir.simulator.defects import DEFECTS
from comptoir.simulator.profile import ACCOUNTS_VERSION, LANGUAGES, PLACES, Profile, release
from comptoir.simulator.replay import ReplayBook
from comptoir.simulator.reply import Asked, Reply
from comptoir.simulator.store import SimulatedStore
from comptoir.simulator.wire import Properties
from comptoir.simulator.words import STORE_NAMES
from comptoir.simulator.world import Counters, Pause, World

JSON = "application/json;charset=utf-8"
PLAIN_JSON = "application/json"
CACHE = "no-store, no-cache, must-revalidate, post-check=0, pre-check=0"


class Simulation:
    """Stores 1 to n at `/shop1` … `/shopN` of one port, driven by one seed.

    `server` is where the cloud is reached, or `cloud` says it in full; `defects` are names of
    `DEFECTS`. `clock`, `pause` (instead of sleeping), `defect_calls` (how long first-call defects
    last), `slow_seconds`, `debounce_seconds` (between hints) and `resolver` (of host names) are
    there for tests and long demos. `accounts_version` is of ps_accounts, 5 to 8,
    one for all stores or in turn; `shops` is how many shops each store has.
    """

    def __init__(
        self,
        stores: int = 3,
        seed: int = 7,
        versions: Sequence[str] = ("1.6", "8", "9"),
        server: str = "http://127.0.0.1:8000",
        scale: float = 1.0,
        defects: frozenset[str] = frozenset(),
        languages: Sequence[str] | None = None,
        *,
        port: int = 0,
        clock: Clock | None = None,
        pause: Pause = asyncio.sleep,
        defect_calls: int = 3,
        slow_seconds: float = 35.0,
        debounce_seconds: float = 300.0,
        payloads: Mapping[str, Sequence[Properties]] | None = None,
        cloud: Cloud | None = None,
        resolver: AbstractResolver | None = None,
        accounts_version: str | Sequence[str] = ACCOUNTS_VERSION,
        shops: int = 1,
    ) -> None:
        unknown = sorted(set(defects) - set(DEFECTS))
        if unknown:
            raise ValueError(f"unknown defects: {', '.join(unknown)}")
        self._world = World(
            cloud=cloud or Cloud.at(server),
            clock=clock or SystemClock(),
            pause=pause,
            defects=frozenset(defects),
            defect_calls=defect_calls,
            slow_seconds=slow_seconds,
            debounce_seconds=debounce_seconds,
            resolver=resolver,
        )
        self._versions = tuple(versions)
        self._languages = tuple(languages) if languages else None
        self._port = port
        self._runner: web.AppRunner | None = None
        modules = [accounts_version] if isinstance(accounts_version, str) else accounts_version
        self.stores = [
            self._founded(number, seed, scale, modules[(number - 1) % len(modules)], shops)
            for number in range(1, stores + 1)
        ]
        for store in self.stores if payloads is not None else []:
            asked = self._versions[(store.number - 1) % len(self._versions)]
            self.replace_data(store, asked, payloads or {})

    @property
    def counters(self) -> Counters:
        return self._world.counters

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen; from here on the stores have addresses."""
        await self._world.open()
        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{shop}", self._handle)
        app.router.add_route("*", "/{shop}/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._world.close()

    async def settled(self) -> None:
        """Wait until every hint that was due has been sent."""
        await self._world.settled()

    def replace_data(
        self, store: SimulatedStore, version: str, payloads: Mapping[str, Sequence[Properties]]
    ) -> None:
        """The store now sends these records, as a store of that version; its module starts over.

        `payloads` holds lists of `properties` by snake_case content; the version that their `info`
        names wins. `truth` and `live` raise TruthUnknownError then.
        """
        book = ReplayBook({name: list(rows) for name, rows in payloads.items()})
        told = [row.get("cms_version") for row in payloads.get("info", ())]
        store.replace_book(book, str(told[0]) if told and told[0] else release(version)[0])

    def clone(self, store: SimulatedStore) -> SimulatedStore:
        """One store more: a copy that was put up at another address."""
        copy = store.copied(len(self.stores) + 1)
        self.stores.append(copy)
        return copy

    def _origin(self) -> str:
        if not self._port:
            raise RuntimeError("the stores have no address before the simulation starts")
        return self.url

    def _founded(
        self, number: int, seed: int, scale: float, accounts_version: str, shops: int
    ) -> SimulatedStore:
        profile = self._profiled(number)
        return SimulatedStore(
            self._world,
            profile,
            seed,
            scale,
            number,
            accounts_version=accounts_version,
            shops=shops,
        )

    def _profiled(self, number: int) -> Profile:
        version, php = release(self._versions[(number - 1) % len(self._versions)])
        index = number - 1
        languages = self._languages or LANGUAGES[index % len(LANGUAGES)]
        place = PLACES[index % len(PLACES)]
        name = STORE_NAMES[index % len(STORE_NAMES)]
        turn = index // len(STORE_NAMES)
        return Profile(
            number=number,
            version=version,
            php=php,
            languages=languages,
            place=place,
            name=f"{name} {turn + 1}" if turn else name,
            origin=self._origin,
        )

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.counters.requests += 1
        store = self._store(request.match_info["shop"])
        if store is None:
            return web.Response(status=404, text="no such shop")
        if request.host != f"127.0.0.1:{self._port}":
            # PrestaShop leads to the shop's own host before anything else (§2).
            own = str(request.url.with_host("127.0.0.1").with_port(self._port))
            return web.Response(status=302, headers={"Location": own})
        asked = await _read(request)
        admin = store.profile.home.admin
        if asked.path == admin or asked.path.startswith(f"{admin}/"):
            inside = replace(asked, path=asked.path.removeprefix(admin).lstrip("/"))
            return _written(await store.module.back(inside), json_kind=PLAIN_JSON)
        module, controller = _asked(asked.path, asked.params)
        if not module:
            page = f"<html><title>{store.name}</title><body>{store.version}</body></html>"
            return web.Response(text=page, content_type="text/html")
        if module == "ps_eventbus" and store.mischief.first("redirect"):
            other = str(request.url.with_host("localhost"))
            return web.Response(status=302, headers={"Location": other})
        reply = await store.handle(
            module, controller, asked.method, asked.headers, asked.params, asked.path
        )
        written = _written(reply)
        if module == "ps_eventbus":
            # The normal front office of PrestaShop comes first: a session at every call (§2).
            written.set_cookie(f"PrestaShop-{store.number:032x}", "0", httponly=True)
        return written

    def _store(self, name: str) -> SimulatedStore | None:
        return next((store for store in self.stores if store.profile.home.folder == name), None)


async def _read(request: web.Request) -> Asked:
    params = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        try:
            sent = json.loads(await request.text())
        except ValueError:
            sent = None
        if isinstance(sent, dict):
            params |= {key: value for key, value in sent.items() if isinstance(value, str)}
    elif request.method == "POST":
        form = await request.post()
        params |= {key: value for key, value in form.items() if isinstance(value, str)}
    return Asked(
        request.method,
        request.match_info.get("tail", ""),
        params,
        request.headers,
        request.cookies,
    )


def _asked(tail: str, params: Mapping[str, str]) -> tuple[str, str]:
    """(module, controller) of a front-office URL, plain or friendly; ("", "") for any page."""
    parts = tail.strip("/").split("/")
    if len(parts) >= 3 and parts[-3] == "module":
        return parts[-2], parts[-1]
    if params.get("fc") == "module":
        return params.get("module", ""), params.get("controller", "")
    return "", ""


def _written(reply: Reply, json_kind: str = JSON) -> web.Response:
    """As PHP writes it; a 204 loses its body (spec/eventbus.md §1.2)."""
    kind = "text/html; charset=utf-8" if reply.json is None else json_kind
    text = reply.html if reply.json is None else json.dumps(reply.json, separators=(",", ":"))
    answer = web.Response(
        status=reply.status,
        reason=REASONS.get(reply.status),
        body=text.encode(),
        headers={"Cache-Control": CACHE, "Content-Type": kind, **reply.headers},
    )
    for cookie in reply.cookies:
        answer.headers.add("Set-Cookie", cookie)
    return answer
