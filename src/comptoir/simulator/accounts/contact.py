"""Who answers for a shop: the point of contact (spec/accounts.md §1.3.5, §4.2)."""

from typing import Any

from comptoir.simulator.accounts.legacy_tokens import LegacyTokens
from comptoir.simulator.accounts.shop_accounts import Accounts
from comptoir.simulator.profile import numbers

UNVERIFIED = (8, 0, 15)
"""Since then a shop that is not verified has a contact too (§8.4)."""


async def identify_contact(
    accounts: Accounts, access_token: str, user: dict[str, Any], source: str
) -> None:
    """Tell the cloud, and believe it at once. Before 8.0.15 not for a shop that is not verified.

    Raises: StoreError.
    """
    status = await accounts.current_status(source=source)
    if numbers(accounts.shop.of.version) < UNVERIFIED and not status.get("isVerified"):
        return
    token = await accounts.shop_token()
    await accounts.api.point_of_contact(accounts.shop_id or "", token, access_token, source)
    LegacyTokens(accounts).forget_contact()
    accounts.cache.update(pointOfContactUuid=user.get("sub"), pointOfContactEmail=user.get("email"))
