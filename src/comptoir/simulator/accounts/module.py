"""The module ps_accounts as an installation has it: every shop, its doors, its version."""

from dataclasses import dataclass, field

from comptoir.base.ids import SeededIds
from comptoir.simulator.accounts.back_office import BackOffice
from comptoir.simulator.accounts.callbacks import Callbacks
from comptoir.simulator.accounts.database import Employee
from comptoir.simulator.accounts.identity import Identity
from comptoir.simulator.accounts.installation import Installation
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
        at = self.accounts[self.of.at(asked.path).id - 1]
        callbacks = Callbacks(self.accounts)
        if controller == "apiV2ShopProof":
            return await callbacks.shop_proof(at, asked)
        if controller == "apiV2ShopHealthCheck":
            return await callbacks.health_check(at, asked)
        return Reply(404, html=NOT_FOUND)

    async def back(self, asked: Asked) -> Reply:
        """A page below the admin folder."""
        return await BackOffice(self.accounts, self.sessions).handle(asked)

    async def install(self) -> None:
        """Every shop, one by one (§4.3). Raises: StoreError."""
        for accounts in self.accounts:
            await Identity(accounts).install()

    async def reset(self) -> None:
        """What each shop lacks. Raises: StoreError."""
        for accounts in self.accounts:
            await Identity(accounts).reset()

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
