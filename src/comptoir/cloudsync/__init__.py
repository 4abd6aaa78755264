"""CloudSync: stores' agents bring their data, vendors read it.

Other packages may use what this file exports, and nothing else of cloudsync.
"""

from comptoir.cloudsync.api import ENDPOINTS as SYNC_ENDPOINTS
from comptoir.cloudsync.orchestrate import Driver
from comptoir.cloudsync.overview import finished_since, overview, set_aside
from comptoir.cloudsync.raw import ENDPOINTS as RAW_ENDPOINTS
from comptoir.cloudsync.schedule import HANDLERS, refresh, want

ENDPOINTS = [*SYNC_ENDPOINTS, *RAW_ENDPOINTS]

__all__ = [
    "ENDPOINTS",
    "HANDLERS",
    "Driver",
    "finished_since",
    "overview",
    "refresh",
    "set_aside",
    "want",
]
