"""`comptoir simulate`: stores that install themselves at a server and live on."""

import asyncio
import signal
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from comptoir.cli.shared import fail
from comptoir.simulator import (
    ACCOUNTS_VERSION,
    DEFECTS,
    Cloud,
    PhpUnreadable,
    SimulatedStore,
    Simulation,
    StoreError,
)

__all__ = ["DEFECTS", "run"]
AT_ONCE = 20
PASSWORD = "prestashop"  # noqa: S105
"""Of everybody in a back office."""
screen = Console(highlight=False)


def run(
    *,
    stores: int,
    seed: int,
    versions: tuple[str, ...],
    server: str,
    modules: Path | None,
    defects: frozenset[str],
    scale: float,
    port: int,
    every: float,
    employees: tuple[str, ...] = (),
    languages: tuple[str, ...] = (),
    accounts_versions: tuple[str, ...] = (),
) -> int:
    """Serve the stores until Ctrl-C. Returns the exit status."""
    cloud = None
    if modules is not None:
        try:
            cloud = Cloud.of_modules(modules)
        except (OSError, PhpUnreadable, KeyError) as wrong:
            fail(f"{modules} does not hold the modules' config.php: {wrong}", 2)
    simulation = Simulation(
        stores,
        seed,
        versions,
        server,
        scale,
        defects,
        languages or None,
        port=port,
        debounce_seconds=every,
        cloud=cloud,
        accounts_version=accounts_versions or ACCOUNTS_VERSION,
    )
    for store in simulation.stores:
        for email in employees:
            store.add_employee(email, PASSWORD)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(_run(simulation, every))
    except KeyboardInterrupt:
        return 0


async def _run(simulation: Simulation, every: float) -> NoReturn:
    await simulation.start()
    try:
        await _install(simulation)
        said = ""
        screen.print(f"stores at {simulation.url}/shop1 and so on; Ctrl-C ends them")
        while True:
            await asyncio.sleep(every)
            for store in simulation.stores:
                store.live(1)
            seen = simulation.counters
            line = (
                f"{seen.requests} calls, {seen.uploads} uploads, {seen.records} records,"
                f" {seen.hints} hints"
            )
            if line != said:
                screen.print(line)
            said = line
    except StoreError as failed:
        fail(f"a store could not install itself: {failed}")
    finally:
        await simulation.stop()


async def _install(simulation: Simulation) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    columns = (TextColumn("installing"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen) as progress:
        bar = progress.add_task("installing", total=len(simulation.stores))

        async def one(store: SimulatedStore) -> None:
            async with gate:
                await store.install()
            progress.advance(bar)

        await asyncio.gather(*(one(store) for store in simulation.stores))
    for store in simulation.stores[:10]:
        known = store.shop_id or "not linked yet"
        for line in (
            f"{known}  {store.version:8} {store.frontend_url}  {store.name}",
            f"  back office {store.back_office_url}",
            f"  log in as {' or '.join(e.email for e in store.employees)}, password {PASSWORD}",
        ):
            screen.print(line, markup=False, soft_wrap=True)
