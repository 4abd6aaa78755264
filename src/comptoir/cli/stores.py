"""`comptoir store`: the stores of this installation, how their syncs are, and asking for one."""

from typing import Annotated, Any

import msgspec
import typer

from comptoir import accounts, cloudsync
from comptoir.cli.module_config import add_config
from comptoir.cli.shared import AsJson, Data, Installation, fail, plain, say, screen, table
from comptoir.prestashop.catalogue import catalogue, content_named

ShopId = Annotated[str, typer.Argument(metavar="SHOP", help="The store's cloudShopId")]


def _status(shop: accounts.Shop) -> dict[str, Any]:
    return {"name": shop.name, **msgspec.to_builtins(accounts.Status.of(shop))}


def store_commands(installation: Installation) -> typer.Typer:
    group = typer.Typer(help="Stores and their syncs", no_args_is_help=True)

    @group.command("list")
    def show_all(data: Data = None, as_json: AsJson = False) -> None:
        """Every store of the installation."""
        shops = installation.read(data, lambda db, _: accounts.all_shops(db))
        if as_json:
            say([_status(shop) for shop in shops], True, "")
            return
        if not shops:
            say(None, False, "No store yet: a store's account module creates one by itself.")
            return
        shown = table("store", "name", "address", "verified")
        for shop in shops:
            verified = "yes" if shop.verified else shop.error_code or "no"
            shown.add_row(shop.shop_id, plain(shop.name), plain(shop.frontend_url), verified)
        screen.print(shown)

    @group.command("show")
    def show(shop: ShopId, data: Data = None, as_json: AsJson = False) -> None:
        """One store: identity, syncs of each content, what could not be applied."""
        found, view = installation.read(
            data, lambda db, _: (accounts.load_shop(db, shop), cloudsync.overview(db, shop))
        )
        if as_json:
            say({**_status(found), "sync": view}, True, "")
        else:
            _print(found, view)

    _add_sync(group, installation)
    add_config(group)
    return group


def _add_sync(group: typer.Typer, installation: Installation) -> None:
    @group.command("sync")
    def sync(
        shop: ShopId,
        contents: Annotated[
            str, typer.Option("--contents", help="Contents, separated by commas; all if left out")
        ] = "",
        full: Annotated[bool, typer.Option("--full", help="From the beginning")] = False,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Ask for a sync; a running server takes it up at once."""
        names = [part.strip() for part in contents.split(",") if part.strip()]
        known = [content_named(name) for name in names]
        unknown = [n for n, c in zip(names, known, strict=True) if c is None]
        if unknown:
            fail(f"unknown contents: {', '.join(unknown)}. Known: {', '.join(catalogue())}")
        wanted = [content.name for content in known if content] or list(catalogue())

        def run(work: Any, _: Any) -> None:
            accounts.load_shop(work.db, shop)
            cloudsync.refresh(work, shop)
            cloudsync.want(work, shop, wanted, full=full, asked=True)

        installation.write(data, run)
        say({"shop": shop, "contents": wanted, "full": full}, as_json, f"{shop}: asked for.")


def _print(shop: accounts.Shop, view: dict[str, Any]) -> None:
    say(None, False, f"{shop.name or shop.shop_id}  {shop.frontend_url}")
    state = "verified" if shop.verified else f"not verified {shop.error_code}"
    trouble = f"  {view['reason']}: {view['detail']}" if view["reason"] else ""
    say(None, False, f"{state}, called {view['called_at'] or 'never'}{trouble}")
    shown = table("content", "rows", "last finished", "next", "state")
    for row in view["contents"]:
        state = "off" if not row["active"] else row["reason"] or ("waits" if row["waiting"] else "")
        shown.add_row(
            row["content"],
            str(row["rows"]),
            row["last_finished_at"] or "-",
            row["next_incremental_at"] or "-",
            plain(state),
        )
    screen.print(shown)
    for row in view["set_aside"]:
        where = f"{row['content'] or '?'}.{row['property']}".rstrip(".")
        say(None, False, f"set aside: {where}: {row['reason']} ({row['kept']})")
