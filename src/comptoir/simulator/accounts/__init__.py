"""The store's side of PrestaShop Account: the module ps_accounts, versions 5 to 8."""

from comptoir.simulator.accounts.database import Employee
from comptoir.simulator.accounts.errors import AccountsError, LocalError, OAuthError, StoreError
from comptoir.simulator.accounts.identity import Restored
from comptoir.simulator.accounts.module import Module, found
from comptoir.simulator.accounts.shop_accounts import Accounts

__all__ = [
    "Accounts",
    "AccountsError",
    "Employee",
    "LocalError",
    "Module",
    "OAuthError",
    "Restored",
    "StoreError",
    "found",
]
