"""A real server, simulated stores with `ps_accounts`, and people with browsers.

The stores run on a loop beside the test, so that a test is a plain list of what people do.
"""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from comptoir.base.clock import SystemClock
from comptoir.simulator import SimulatedStore, Simulation
from comptoir.simulator.accounts import Accounts, StoreError, admin_token
from comptoir.simulator.accounts.context import ajax_url, contact_url
from tests.accounts.fake_store import LoopThread
from tests.accounts.pages.browser import PASSWORD, Browser, Person, links
from tests.server import Answer, Server, running

T = TypeVar("T")
Json = dict[str, Any]


class ShiftedClock:
    """The real time and some more: the stores' clock, which tests move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.ahead

    def pass_seconds(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class Walker(Browser):
    """A browser that goes between the server and the stores, with the cookies of each."""

    def __init__(self, server: Server, stores: Server) -> None:
        super().__init__(server)
        self.stores = Browser(stores)
        self.at: list[str] = []
        """Every address that it went to."""

    def request(self, method: str, url: str, **how: Any) -> Answer:
        self.at.append(url)
        if urlsplit(url).netloc == urlsplit(self.stores.server.base).netloc:
            return self.stores.request(method, url, **how)
        return super().request(method, url, **how)

    def signs_in(self, url: str, who: Person, password: str = PASSWORD) -> Answer:
        """From a page of a store to the sign-in page and on, to where that leads in the end."""
        page = self.follow(self.get(url))
        return self.follow(
            self.submit(page, "/account/sign-in", email=who.email, password=password)
        )

    def logs_in(self, store: SimulatedStore, who: Person, **params: str) -> Answer:
        """By "Log in with PrestaShop" on the login page of the back office."""
        page = self.get(f"{store.back_office_url}/index.php?controller=AdminLogin")
        (url,) = [link for link in links(page) if "return_to=" in link]
        url += "".join(f"&{name}={value}" for name, value in params.items())
        return self.signs_in(url, who)


@dataclass
class Stage:
    server: Server
    loop: LoopThread
    sim: Simulation
    clock: ShiftedClock

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    @property
    def store(self) -> SimulatedStore:
        return self.sim.stores[0]

    def walker(self) -> Walker:
        port = urlsplit(self.sim.url).port
        assert port is not None
        return Walker(self.server, Server(Path(), port, {}))

    def install(self, store: SimulatedStore | None = None) -> SimulatedStore:
        chosen = store or self.store
        self.run(chosen.install())
        return chosen

    def status(self, accounts: Accounts | None = None) -> Json:
        """As the store sees it when it asks again."""
        chosen = accounts or self.store.accounts
        return self.run(chosen.current_status(refresh=True))

    def truth(self, store: SimulatedStore) -> Json:
        """As the server shows it to its operator."""
        found: Json = self.server.quick_cli("store", "show", str(store.shop_id))
        return found

    def press(self, accounts: Accounts, action: str, status: int = 200) -> Json:
        """A button of the module's page: fallbackCreateIdentity, renewIdentity, updateIdentity."""
        url = ajax_url(accounts, action, shop_id=str(accounts.shop.id), source="ps_accounts")
        headers = {"X-PrestaShop-Authorization": f"Bearer {admin_token.issue(accounts.shop.of)}"}
        answer = self.walker().request("POST", url, headers=headers)
        assert answer.status == status, answer.text
        found: Json = answer.json
        return found

    def context(self, accounts: Accounts) -> list[Json]:
        """The shops as the front end gets them, fresh."""
        headers = {"X-PrestaShop-Authorization": f"Bearer {admin_token.issue(accounts.shop.of)}"}
        url = ajax_url(accounts, "getContext", refresh="1")
        answer = self.walker().request("GET", url, headers=headers)
        return [shop for group in answer.json["groups"] for shop in group["shops"]]

    def contact(self, accounts: Accounts, who: Person, **params: str) -> Answer:
        """The pop-up of "Sign in" and what it shows last."""
        more = "".join(f"&{name}={value}" for name, value in params.items())
        return self.walker().signs_in(contact_url(accounts) + more, who)

    def fails(self, work: Coroutine[Any, Any, Any]) -> StoreError:
        try:
            self.run(work)
        except StoreError as failed:
            return failed
        raise AssertionError("it worked")

    @contextmanager
    def away(self, store: SimulatedStore) -> Iterator[None]:
        """Nothing answers at the store's address."""
        at = self.sim.stores.index(store)
        self.sim.stores.remove(store)
        try:
            yield
        finally:
            self.sim.stores.insert(at, store)

    @contextmanager
    def taken(self, store: SimulatedStore, other: SimulatedStore) -> Iterator[None]:
        """The store's address leads to another database, as behind a wrong balancer."""
        before, stores = other.profile.home.folder, self.sim.stores
        other.profile.home.folder = store.profile.home.folder
        stores.sort(key=lambda one: one is not other)
        try:
            yield
        finally:
            other.profile.home.folder = before
            stores.sort(key=lambda one: one.number)


@contextmanager
def stage(server: Server, **options: Any) -> Iterator[Stage]:
    """One store with ps_accounts 8 unless told otherwise; nothing is installed yet."""
    loop, clock = LoopThread(), ShiftedClock()
    told = {"stores": 1, "versions": ("8",), "server": server.base, "clock": clock}
    sim = Simulation(**(told | options))
    loop.run(sim.start())
    try:
        yield Stage(server, loop, sim, clock)
    finally:
        loop.run(sim.stop())
        loop.close()


@contextmanager
def server(engine: str, **changes: str) -> Iterator[Server]:
    """For many stores in short time."""
    rates = dict.fromkeys(("identity_rate", "verify_rate", "sign_in_rate"), "100000")
    with running(engine, **(rates | {"verify_timeout": "8"} | changes)) as made:
        yield made
