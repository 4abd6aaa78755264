"""Believable PrestaShop stores on loopback, to drive a real server with.

They behave like PrestaShop 1.6, 1.7, 8 and 9 with ps_accounts 5 to 8 and ps_eventbus 4
(spec/accounts.md §2, spec/eventbus.md §2-4), at any scale, grown from a seed.
"""

from comptoir.simulator.accounts import Cause, Employee, Origin, Restored, StoreError
from comptoir.simulator.cloud import Cloud
from comptoir.simulator.defects import DEFECTS
from comptoir.simulator.php import PhpUnreadable
from comptoir.simulator.profile import ACCOUNTS_VERSION
from comptoir.simulator.replay import TruthUnknownError
from comptoir.simulator.server import Simulation
from comptoir.simulator.store import SimulatedStore
from comptoir.simulator.world import Counters

__all__ = [
    "ACCOUNTS_VERSION",
    "DEFECTS",
    "Cause",
    "Cloud",
    "Counters",
    "Employee",
    "Origin",
    "PhpUnreadable",
    "Restored",
    "SimulatedStore",
    "Simulation",
    "StoreError",
    "TruthUnknownError",
]
