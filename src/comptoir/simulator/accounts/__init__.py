"""The store's side of PrestaShop Account: the module ps_accounts, versions 5 to 8."""

from comptoir.simulator.accounts.api import Cause, Origin
from comptoir.simulator.accounts.association import Association
from comptoir.simulator.accounts.database import Employee
from comptoir.simulator.accounts.errors import AccountsError, LocalError, OAuthError, StoreError
from comptoir.simulator.accounts.identity import Identity, Restored
from comptoir.simulator.accounts.legacy_tokens import LegacyTokens
from comptoir.simulator.accounts.module import Module, found
from comptoir.simulator.accounts.shop_accounts import Accounts

__all__ = [
    "Accounts",
    "AccountsError",
    "Association",
    "Cause",
    "Employee",
    "Identity",
    "LegacyTokens",
    "LocalError",
    "Module",
    "OAuthError",
    "Origin",
    "Restored",
    "StoreError",
    "found",
]
