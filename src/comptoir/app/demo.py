"""`comptoir demo`: a server, three stores of different versions, and proof that their data is here.

Everything goes the way it goes in the field: a server in a process of its own, stores that install
their modules, a vendor that reads over HTTP. Only the consent is given by the operator.
"""

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from comptoir import accounts, cloudsync
from comptoir.app.client import VendorClient
from comptoir.app.stage import DemoFailed, free_port, screen, server
from comptoir.app.wiring import build
from comptoir.base.clock import monotonic
from comptoir.infra.http.context import Context
from comptoir.infra.settings import Settings, load
from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.fingerprint import fingerprint
from comptoir.simulator import SimulatedStore, Simulation

VENDOR = MODULE = "demo"
PATIENCE = 120.0
EMAIL, PASSWORD = "ada@shop.test", "four blue herons by the weir"
"""Of somebody with an account."""
CHANGES = 25
VERSIONS = ("1.6", "8", "9")


@dataclass(slots=True)
class Scene:
    """What the steps of the demo share."""

    settings: Settings
    context: Context
    simulation: Simulation
    client: VendorClient
    client_id: str = ""
    client_secret: str = ""

    @property
    def stores(self) -> list[SimulatedStore]:
        return self.simulation.stores

    @property
    def token_file(self) -> Path:
        return self.settings.data / "token"


def run(port: int, *, once: bool) -> int:
    """Show it. With `once` run the printed commands too and end; else stay until Ctrl-C."""
    data = Path(tempfile.mkdtemp(prefix="comptoir-demo-"))
    try:
        return asyncio.run(_run(free_port(port), data, once=once))
    except DemoFailed as failed:
        screen.print(f"[bold red]failed:[/] {failed}")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        shutil.rmtree(data, ignore_errors=True)


async def _run(port: int, data: Path, *, once: bool) -> int:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COMPTOIR_")}
    environ.update(COMPTOIR_DATA=str(data), COMPTOIR_ALLOW_PRIVATE_ADDRESSES="1")
    settings = load(environ=environ, port=port)
    context = build(settings)
    simulation = Simulation(
        stores=3, seed=7, versions=VERSIONS, server=settings.base, debounce_seconds=5
    )
    async with server(settings, environ), aiohttp.ClientSession() as session:
        scene = Scene(settings, context, simulation, VendorClient(session, settings.base, VENDOR))
        try:
            await simulation.start()
            return await _steps(scene, once=once)
        finally:
            await simulation.stop()
            context.db.close()


async def _steps(scene: Scene, *, once: bool) -> int:
    await _onboard(scene)
    await _sync(scene, "first sync", since=0)
    right = await _compare(scene, "after the first sync")
    for store in scene.stores:
        told = await asyncio.to_thread(store.live, CHANGES)
        screen.print(f"{store.name}: {len(told)} changes, as: {'; '.join(told[:2])}")
    await scene.simulation.settled()
    since = scene.context.clock.now().timestamp() * 1000
    for store in scene.stores:
        await scene.client.trigger(store.shop_id or "")
    await _sync(scene, "second sync", since=int(since))
    right = await _compare(scene, "after the stores lived on") and right
    commands = _commands(scene)
    screen.print("\nthe same with curl:\n")
    for command in commands:
        screen.print(f"{command}\n", markup=False, soft_wrap=True)
    screen.print(f"documents: [bold]{scene.settings.base}/docs[/]")
    if not once:
        _person(scene)
        await _stay(scene)
        return 0
    right = all([await _curl(command) for command in commands]) and right
    screen.print("[bold green]all is right[/]" if right else "[bold red]something is wrong[/]")
    return 0 if right else 1


async def _onboard(scene: Scene) -> None:
    """Stores install their modules; the vendor registers one; the operator grants consent."""
    for store in scene.stores:
        await store.install()
        screen.print(
            f"PrestaShop {store.version:9} {store.name} ({', '.join(store.languages)})"
            f" is verified as {store.shop_id}"
        )
    with scene.context.db.begin("operator") as work:
        made = accounts.create_vendor(work, VENDOR, scene.context.vault)
        scene.client_id, scene.client_secret = made.client_id, made.client_secret
        accounts.register_module(work, VENDOR, MODULE, list(catalogue()))
        for store in scene.stores:
            accounts.grant(work, store.shop_id or "", MODULE)
    await scene.client.sign_in(scene.client_id, scene.client_secret)
    scene.token_file.write_text(scene.client.token)


def _person(scene: Scene) -> None:
    """Somebody who may look at the pages of people, and owns the stores."""
    hashed = accounts.hash_now(PASSWORD)
    with scene.context.db.begin("operator") as work:
        accounts.create_user(work, EMAIL, hashed, first_name="Ada", last_name="Lovelace")
        for store in scene.stores:
            accounts.transfer_now(work, store.shop_id or "", EMAIL, base=scene.settings.base)
    where = f"{scene.settings.base}/account/stores"
    screen.print(f"account: [bold]{where}[/] as {EMAIL}, password: {PASSWORD}")


async def _sync(scene: Scene, title: str, *, since: int) -> None:
    """Follow the syncs with a bar for each store until every content has finished."""
    columns = (TextColumn("{task.description}"), BarColumn(40), MofNCompleteColumn())
    until = monotonic() + PATIENCE
    began = monotonic()
    with Progress(*columns, TextColumn("{task.fields[rows]} rows"), console=screen) as progress:
        bars = {
            store.shop_id: progress.add_task(
                f"{title}: {store.name}", total=len(catalogue()), rows=0
            )
            for store in scene.stores
        }
        while True:
            left = 0
            for shop_id, bar in bars.items():
                done, rows = await scene.context.db.read(
                    partial(cloudsync.finished_since, shop_id=shop_id or "", since=since)
                )
                progress.update(bar, completed=done, rows=rows)
                left += len(catalogue()) - done
            if not left:
                break
            if monotonic() > until:
                raise DemoFailed(f"{left} contents were not synced within {PATIENCE:g} s")
            await asyncio.sleep(0.1)
    screen.print(f"{title} took {monotonic() - began:.1f} s")


async def _compare(scene: Scene, title: str) -> bool:
    """The table of stores and contents: what the Raw API gives beside what the store holds."""
    table = Table("content", title=f"server = store, {title}: rows and content hash")
    for store in scene.stores:
        table.add_column(f"PrestaShop {store.version}", justify="right")
    right, total = True, 0
    for name, content in catalogue().items():
        cells = []
        for store in scene.stores:
            rows = await scene.client.rows(store.shop_id or "", content.path)
            mine, theirs = fingerprint(content, rows), store.fingerprint(name)
            total += mine[0]
            right = right and mine == theirs
            sign = "[green]=[/]" if mine == theirs else "[bold red]≠[/]"
            cells.append(f"{mine[0]} {mine[1][:8]} {sign} {theirs[0]} {theirs[1][:8]}")
        table.add_row(name, *cells)
    screen.print(table)
    verdict = "[green]every row equal[/]" if right else "[bold red]they differ[/]"
    screen.print(f"{total} rows, {verdict}")
    return right


def _commands(scene: Scene) -> list[str]:
    base, shop = scene.settings.base, scene.stores[0].shop_id
    bearer = f'-H "Authorization: Bearer $(cat {scene.token_file})"'
    token = (
        f"curl -fsS -u '{scene.client_id}:{scene.client_secret}' {base}/oauth2/token"
        " -d grant_type=client_credentials"
        f" -d 'audience=https://api.cloudsync.prestashop.com tech-vendor/{VENDOR}'"
    )
    return [
        token,
        f"curl -fsS {bearer} '{base}/raw/v1/{shop}/orders?limit=2&sort=createdAt&direction=desc'",
        f"curl -fsS {bearer} {base}/reporting/v1/shop-sync-summary/{shop}",
    ]


async def _curl(command: str) -> bool:
    """Run a printed command as it stands; its answer must be JSON."""
    process = await asyncio.create_subprocess_shell(
        command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    right = process.returncode == 0 and out.startswith(b"{")
    shown = (out if right else err).decode("utf-8", "replace")[:100]
    screen.print(f"{'ok' if right else 'FAILED'}: {shown}…", markup=False)
    return right


async def _stay(scene: Scene) -> None:
    """The stores live on, and their hints keep the server up to date."""
    screen.print("the stores live on; Ctrl-C ends the demo")
    while True:
        for store in scene.stores:
            for told in store.live(1):
                screen.print(f"{store.name}: {told}", markup=False)
        await asyncio.sleep(5)
