"""One store: what its callers see, and the front controllers the cloud reaches it by."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from comptoir.base.ids import SeededIds
from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.fingerprint import fingerprint
from comptoir.simulator.accounts import (
    Accounts,
    Association,
    Employee,
    Identity,
    LegacyTokens,
    StoreError,
    found,
)
from comptoir.simulator.agent import Agent
from comptoir.simulator.book import Book, GrownBook
from comptoir.simulator.defects import Mischief
from comptoir.simulator.grow import grow
from comptoir.simulator.life import Life
from comptoir.simulator.model import Data
from comptoir.simulator.module import Hooks, Tables
from comptoir.simulator.outgoing import Outgoing
from comptoir.simulator.profile import ACCOUNTS_VERSION, MODULE_VERSION, Profile
from comptoir.simulator.replay import TruthUnknownError
from comptoir.simulator.reply import NOT_FOUND, Asked, Reply
from comptoir.simulator.truth import Shown
from comptoir.simulator.world import World

REMEMBERED = 2000
"""Calls kept per store."""


class SimulatedStore:
    """A PrestaShop with ps_accounts and ps_eventbus 4. Its data grow when first needed."""

    def __init__(
        self,
        world: World,
        profile: Profile,
        seed: int,
        scale: float,
        number: int,
        *,
        accounts_version: str = ACCOUNTS_VERSION,
        shops: int = 1,
    ) -> None:
        self._world = world
        self.profile = profile
        self._seed = seed
        self._scale = scale
        self.number = number
        self.calls: list[dict[str, Any]] = []
        """What the cloud asked: controller, its parameters, status, mode, rows sent."""
        ids = SeededIds(f"identity/{seed}/{number}")
        self.module = found(world, profile, ids, accounts_version, shops)
        self.mischief = Mischief(world, seed + number)
        self.tables = Tables()
        self._replayed: Book | None = None
        self._replayed_version = ""
        self.agent = Agent(
            tables=self.tables,
            outgoing=Outgoing(world, self.mischief),
            mischief=self.mischief,
            token=self._token,
            book=lambda: self.book,
            default_lang=lambda: self.languages[0],
            shift=self._shift,
        )

    @property
    def accounts(self) -> Accounts:
        """Of the first shop; `shops` has all of them."""
        return self.module.accounts[0]

    @property
    def identity(self) -> Identity:
        """What ps_accounts 8 can do with the first shop's identity."""
        return Identity(self.accounts)

    @property
    def association(self) -> Association:
        """The first shop's link to an account, with ps_accounts 5 to 7."""
        return Association(self.accounts)

    @property
    def legacy_tokens(self) -> LegacyTokens:
        """Firebase-style tokens of the first shop, with ps_accounts 8."""
        return LegacyTokens(self.accounts)

    @property
    def shops(self) -> list[Accounts]:
        return self.module.accounts

    def add_employee(self, email: str, password: str = "prestashop") -> Employee:  # noqa: S107
        """Somebody who may log in to the back office."""
        return self.module.add_employee(email, password)

    @property
    def employees(self) -> list[Employee]:
        return self.module.of.db.employees

    @property
    def frontend_url(self) -> str:
        return self.profile.url

    @property
    def back_office_url(self) -> str:
        return self.accounts.back_office

    @property
    def version(self) -> str:
        return self._replayed_version or self.profile.version

    @property
    def name(self) -> str:
        return self.profile.name

    @property
    def languages(self) -> list[str]:
        return list(self.profile.languages)

    @property
    def shop_id(self) -> str | None:
        """The cloudShopId, None before the install."""
        return self.accounts.shop_id

    @property
    def client_id(self) -> str | None:
        return self.accounts.client_id

    @property
    def client_secret(self) -> str | None:
        return self.accounts.client_secret

    @cached_property
    def data(self) -> Data:
        """The store's own tables."""
        return grow(self.profile, self._seed, self._scale, self._world.now_ms())

    @cached_property
    def _grown(self) -> GrownBook:
        return GrownBook(self.data)

    @property
    def book(self) -> Book:
        return self._replayed or self._grown

    @cached_property
    def hooks(self) -> Hooks:
        return Hooks(
            self.tables,
            self.profile.languages,
            self._notify,
            lambda: self.mischief.chance("lost-changes", 0.05),
        )

    @cached_property
    def _life(self) -> Life:
        seed = f"life/{self._seed}/{self.number}"
        return Life(self.data, self.hooks, seed, self._world.now_ms)

    async def install(self) -> None:
        """Raises StoreError with the server's answer when a step fails."""
        await self.module.install()

    async def access_token(self) -> str:
        """Of the first shop. Raises: StoreError."""
        return await self.module.token(self.accounts)

    async def upgrade(self, accounts_version: str) -> None:
        """ps_accounts in another version; to 8 it migrates. Raises: StoreError."""
        await self.module.upgrade(accounts_version)

    def move(self, folder: str = "", admin: str = "") -> None:
        """The front office, the back office or both get another folder; the database stays."""
        home = self.profile.home
        home.folder, home.admin = folder or home.folder, admin or home.admin

    def live(self, changes: int = 10) -> list[str]:
        """That many things happen, now; one short sentence for each.

        Raises:
            TruthUnknownError: the store replays given payloads; announce by `hooks` instead.
        """
        if self._replayed is not None:
            raise TruthUnknownError("a replayed store has no life of its own")
        return self._life.happen(changes)

    def truth(self, content: str) -> list[Shown]:
        """What a perfect cloud shows for a content (see `truth`)."""
        return self.book.truth(content.replace("-", "_"))

    def fingerprint(self, content: str) -> tuple[int, str]:
        known = catalogue()[content.replace("-", "_")]
        return fingerprint(known, self.truth(known.name))

    def copied(self, number: int) -> "SimulatedStore":
        """Another store with a copy of this one's database and files, at another address."""
        profile = self.profile.elsewhere(f"shop{number}")
        copy = SimulatedStore(self._world, profile, self._seed, self._scale, number)
        copy.module = self.module.copied(profile)
        copy.tables.take(self.tables)
        if self._replayed is None:
            copy.__dict__["data"] = self.data.copied(profile)
        copy._replayed, copy._replayed_version = self._replayed, self._replayed_version
        return copy

    def replace_book(self, book: Book, version: str) -> None:
        """Other data under the same identity; the module starts over, as after an upgrade."""
        self._replayed = book
        self._replayed_version = version
        self.tables.upgrade()

    async def handle(
        self,
        module: str,
        controller: str,
        method: str,
        headers: Mapping[str, str],
        params: Mapping[str, str],
        path: str = "",
    ) -> Reply:
        """A front controller of one of the two modules; `path` is below the store's folder."""
        asked = Asked(method, path, params, headers)
        if module == "ps_accounts":
            reply = await self.module.front(controller, asked)
        elif module == "ps_eventbus":
            reply = await self._eventbus(controller, asked.params)
        else:
            reply = Reply(404, html=NOT_FOUND)
        self._remember(module, controller, asked.params, reply)
        return reply

    async def _eventbus(self, controller: str, params: Mapping[str, str]) -> Reply:
        if self.mischief.first("unavailable"):
            return Reply(503, html="<html><body><h1>We'll be back soon.</h1></body></html>")
        if controller == "apiShopContent":
            if self.mischief.every("slow", 4):
                await self._world.pause(self._world.slow_seconds)
            return await self.agent.shop_content(params)
        if controller == "apiHealthCheck":
            return await self._health(params)
        return Reply(404, html=NOT_FOUND)

    async def _health(self, params: Mapping[str, str]) -> Reply:
        """spec/eventbus.md §2.2: versions only for the holder of a valid job."""
        token = await self._token()
        known = await self.agent.accepts(params.get("job_id", ""), token) and bool(token)
        cloud = self._world.cloud
        body: dict[str, object] = {}
        if known:
            body = {
                "prestashop_version": self.version,
                "ps_eventbus_version": MODULE_VERSION,
                "ps_accounts_version": self.module.of.version,
                "php_version": self.profile.php,
                "shop_id": self.shop_id,
            }
        body |= {
            "ps_account": bool(token),
            "is_valid_jwt": bool(token) and await self.accounts.token_accepted(),
            "ps_eventbus": True,
            "env": {
                "EVENT_BUS_PROXY_API_URL": cloud.proxy_api_url,
                "EVENT_BUS_SYNC_API_URL": cloud.sync_api_url,
                "EVENT_BUS_LIVE_SYNC_API_URL": cloud.live_sync_api_url,
            },
            "httpCode": 200,
        }
        return Reply(200, body)

    async def _token(self) -> str:
        """Without a token the module goes on with an empty one (spec/eventbus.md §1.0)."""
        try:
            return await self.access_token()
        except StoreError:
            return ""

    def _shift(self, content: str) -> None:
        if self._replayed is None:
            self._life.shift(content)

    def _notify(self, content: str, action: str) -> None:
        """spec/eventbus.md §1.3: once in five minutes, only after the default language's run."""
        if not self.tables.finished(content, self.languages[0]) or self.shop_id is None:
            return
        now = self._world.now_ms()
        last = self.tables.hinted.get(content)
        if last is not None and now - last <= self._world.debounce_seconds * 1000:
            return
        self.tables.hinted[content] = now
        self._world.spawn(self._hint(content, action))

    async def _hint(self, content: str, action: str) -> None:
        token = await self._token()
        if token and self.shop_id:
            await self.agent.outgoing.hint(self.shop_id, token, content, action)

    def _remember(
        self, module: str, controller: str, params: Mapping[str, str], reply: Reply
    ) -> None:
        body = reply.json if isinstance(reply.json, dict) else {}
        self.calls.append(
            {
                "module": module,
                "controller": controller,
                "params": dict(params),
                "content": params.get("shop_content"),
                "lang": params.get("lang_iso"),
                "mode": body.get("syncType"),
                "sent": body.get("total_objects", 0),
                "status": reply.status,
                "answer": body,
            }
        )
        del self.calls[:-REMEMBERED]
