"""The Raw API: the rows of a store's contents, as tech vendors read them (spec/rawapi.md)."""

from comptoir.cloudsync.raw.api import ENDPOINTS

__all__ = ["ENDPOINTS"]
