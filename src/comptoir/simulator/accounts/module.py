"""The module ps_accounts as an installation has it: every shop, its doors, its version."""

from copy import deepcopy
from dataclasses import dataclass, field

from comptoir.base.ids import SeededIds
from comptoir.simulator.accounts import store_keys
from comptoir.simulator.accounts.api import Cause, Origin
from comptoir.simulator.accounts.association import Association
from comptoir.simulator.accounts.association_doors import AssociationDoors
from comptoir.simulator.accounts.back_office import BackOffice
from comptoir.simulator.accounts.callbacks import Callbacks
from comptoir.simulator.accounts.database import Employee
from comptoir.simulator.accounts.identity import Identity
from comptoir.simulator.accounts.installation import Installation, Shop
from comptoir.simulator.accounts.php_request import php_request
from comptoir.simulator.accounts.presenter import onboarding_link
from comptoir.simulator.accounts.sessions import Sessions
from comptoir.simulator.accounts.shop_accounts import LOGIN, Accounts
from comptoir.simulator.profile import Profile
from comptoir.simulator.reply import NOT_FOUND, Asked, Reply
from comptoir.simulator.world import World


def found(world: World, profile: Profile, ids: SeededIds, version: str, shops: int) -> "Module":
    """A store with its employees and that many shops; nothing is installed yet."""
    of = Installation(world, profile, ids, version)
    for number in range(1, shops + 1):
        name = profile.name if number == 1 else f"{profile.name} {number}"
        of.add_shop(name, "" if number == 1 else f"shop-{number}")
    module = Module(of)
    for index in range(2):
        module.add_employee(f"staff{index}.{profile.number}@shop.example", "prestashop")
    return module


@dataclass(slots=True)
class Module:
    of: Installation
    """Its shops are there already."""
    accounts: list[Accounts] = field(init=False)
    sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = [Accounts(shop) for shop in self.of.shops]
        self.sessions = Sessions(self.of)

    async def front(self, controller: str, asked: Asked) -> Reply:
        """A front controller, of the shop that the address leads to."""
        if self.of.major < 8:
            reply = await AssociationDoors(self.accounts).open(controller, asked)
            return reply or Reply(404, html=NOT_FOUND)
        shop = self.of.at(asked.path)
        at = next(one for one in self.accounts if one.shop is shop)
        callbacks = Callbacks(self.accounts)
        with php_request():
            if controller == "apiV2ShopProof":
                return await callbacks.shop_proof(at, asked)
            if controller == "apiV2ShopHealthCheck":
                return await callbacks.health_check(at, asked)
        return Reply(404, html=NOT_FOUND)

    async def back(self, asked: Asked) -> Reply:
        """A page below the admin folder."""
        return await BackOffice(self.accounts, self.sessions).handle(asked)

    async def install(self) -> None:
        """Every shop, one by one (§4.3); modules before 8 only make a key pair.

        Raises: StoreError.
        """
        for accounts in self.accounts:
            if self.of.major < 8:
                store_keys.public_key(accounts.shop)
            else:
                with php_request():
                    await Identity(accounts).install()

    async def upgrade(self, version: str) -> None:
        """Other files in the same place, and their upgrade script (§4.6).

        Raises: StoreError; the new version is there all the same.
        """
        self.of.version = version
        for accounts in self.accounts:
            if self.of.major >= 8:
                accounts.oauth.forget_files()
                with php_request():
                    await Identity(accounts).migrate_or_create(Cause(Origin.UPGRADE))
            elif self.of.major == 7:
                await Association(accounts).tell_version()

    async def token(self, accounts: Accounts) -> str:
        """What other modules of the shop get for a token. Raises: StoreError."""
        if self.of.major < 8:
            return await Association(accounts).token()
        with php_request():
            return await accounts.access_token()

    def onboarding_link(self) -> str:
        """What the super admin follows to link shops of modules 5 to 7 (§4.8)."""
        return onboarding_link(self.accounts, self.of.db.employees[0])

    async def reset(self) -> None:
        """What each shop lacks. Raises: StoreError."""
        for accounts in self.accounts:
            with php_request():
                await Identity(accounts).reset()

    def add_shop(self, name: str) -> Accounts:
        """In a multistore; it stays without identity until somebody presses Verify (§4.3)."""
        number = self.of.shops[-1].id + 1
        accounts = Accounts(self.of.add_shop(name, f"shop-{number}"))
        self.accounts.append(accounts)
        return accounts

    def remove_shop(self, accounts: Accounts) -> None:
        """Its rows go too; the cloud is not told (§4.3)."""
        self.accounts.remove(accounts)
        self.of.remove_shop(accounts.shop)

    def copied(self, profile: Profile) -> "Module":
        """The same rows and files elsewhere: what a clone of a store is (§4.5)."""
        ids = SeededIds(f"copy/{profile.home.folder}")
        of = Installation(self.of.world, profile, ids, self.of.version, deepcopy(self.of.db))
        of.shops = [Shop(of, shop.id, shop.name, shop.virtual) for shop in self.of.shops]
        return Module(of)

    def add_employee(self, email: str, password: str) -> Employee:
        """Somebody who may log in to the back office; the first one is the super admin."""
        number = len(self.of.db.employees) + 1
        employee = Employee(number, email, password, min(number, 2))
        self.of.db.employees.append(employee)
        return employee

    def enable_login(self, *, on: bool = True) -> None:
        """ "Login with PrestaShop" in the advanced settings."""
        for accounts in self.accounts:
            accounts.shop.put(LOGIN, "1" if on else "0")
