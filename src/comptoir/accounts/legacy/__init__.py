"""Stores with `ps_accounts` 5 to 7: their tokens, their link to a person, their way to version 8.

The rest of accounts enters by this file.
"""

from comptoir.accounts.legacy.endpoints import ENDPOINTS
from comptoir.accounts.legacy.link import LinkWanted, give_up, link, unlink
from comptoir.accounts.legacy.tokens import calling_store, holder

__all__ = ["ENDPOINTS", "LinkWanted", "calling_store", "give_up", "holder", "link", "unlink"]
