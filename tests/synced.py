"""An installation with the data of believable stores in it, and one hash for each content.

with server.running("sqlite") as comptoir:
    made = synced.fill(comptoir, scale=0.1)
    assert synced.hashes(comptoir, made) == made.hashes
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.fingerprint import fingerprint
from comptoir.simulator import SimulatedStore, Simulation
from tests.eventually import eventually_async
from tests.server import Server

VENDOR = "acme"
MODULE = "acme_sync"
WITHIN = 90.0
CHANGES = 12
PAGE = 1000
Hashes = dict[str, dict[str, list[Any]]]
"""Number of rows and content hash, by content, by store."""


@dataclass
class Synced:
    """What is needed to read an installation, and what it must give."""

    vendor: dict[str, str]
    hashes: Hashes


def fill(
    comptoir: Server, scale: float, versions: Sequence[str] = ("1.6", "9"), seed: int = 5
) -> Synced:
    """One store of each version installs, is synced, lives on and is synced again."""
    return asyncio.run(_fill(comptoir, scale, versions, seed))


async def _fill(comptoir: Server, scale: float, versions: Sequence[str], seed: int) -> Synced:
    simulation = Simulation(
        len(versions), seed, versions, comptoir.base, scale, debounce_seconds=0.0
    )
    await simulation.start()
    try:
        vendor = await asyncio.to_thread(comptoir.quick_cli, "vendor", "create", VENDOR)
        asked = ("--vendor", VENDOR, MODULE, "--contents", ",".join(catalogue()))
        await asyncio.to_thread(comptoir.quick_cli, "module", "register", *asked)
        for store in simulation.stores:
            await store.install()
            of_store = ("--shop", str(store.shop_id), "--module", MODULE)
            await asyncio.to_thread(comptoir.quick_cli, "consent", "grant", *of_store)
        await _equal(comptoir, vendor, simulation.stores)
        for store in simulation.stores:
            store.live(CHANGES)
        await simulation.settled()
        for store in simulation.stores:
            await asyncio.to_thread(comptoir.quick_cli, "store", "sync", str(store.shop_id))
        return Synced(vendor, await _equal(comptoir, vendor, simulation.stores))
    finally:
        await simulation.stop()


async def _equal(
    comptoir: Server, vendor: dict[str, str], stores: Sequence[SimulatedStore]
) -> Hashes:
    """Wait until the server holds what the stores hold."""
    bearer = await asyncio.to_thread(comptoir.vendor_token, vendor)
    theirs = {
        str(store.shop_id): {name: list(store.fingerprint(name)) for name in catalogue()}
        for store in stores
    }

    async def equal() -> bool:
        return await asyncio.to_thread(_read, comptoir, bearer, theirs) == theirs

    await eventually_async(equal, WITHIN)
    return theirs


def hashes(comptoir: Server, made: Synced) -> Hashes:
    """What the Raw API gives for every store and content of `made`, with a new token."""
    return _read(comptoir, comptoir.vendor_token(made.vendor), made.hashes)


def _read(comptoir: Server, bearer: str, wanted: Hashes) -> Hashes:
    return {
        shop_id: {
            name: list(fingerprint(catalogue()[name], _rows(comptoir, bearer, shop_id, name)))
            for name in contents
        }
        for shop_id, contents in wanted.items()
    }


def _rows(comptoir: Server, bearer: str, shop_id: str, name: str) -> list[dict[str, Any]]:
    path = catalogue()[name].path
    found: list[dict[str, Any]] = []
    while True:
        query = f"?limit={PAGE}&offset={len(found)}"
        answer = comptoir.get(f"/raw/v1/{shop_id}/{path}{query}", token=bearer)
        if path == "shop":
            return [answer.json["item"]] if answer.status == 200 else []
        assert answer.status == 200, answer.text
        found += answer.json["items"]
        if len(found) >= answer.json["total"]:
            return found
