"""`comptoir store`: the stores of this installation, how their syncs are, and asking for one."""

from typing import Annotated, Any

import msgspec
import typer

from comptoir import accounts, cloudsync
from comptoir.base.mode import Mode
from comptoir.cli.module_config import add_config
from comptoir.cli.shared import AsJson, Data, Installation, fail, plain, say, screen, table
from comptoir.prestashop.catalogue import catalogue, content_named

SHOWN = 200
"""Characters of a thing set aside that the table shows; `--json` has all that is kept."""
ShopId = Annotated[str, typer.Argument(metavar="SHOP", help="The store's cloudShopId")]


def _status(shop: accounts.Shop) -> dict[str, Any]:
    return {
        "name": shop.name,
        "mode": shop.mode.value,
        **msgspec.to_builtins(accounts.Status.of(shop)),
        "cloneUrl": shop.clone_url or None,
    }


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
        shown = table("store", "name", "address", "mode", "verified")
        for shop in shops:
            verified = "yes" if shop.verified else shop.error_code or "no"
            name, address = plain(shop.name), plain(shop.frontend_url)
            shown.add_row(shop.shop_id, name, address, shop.mode.value, verified)
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

    _add_aside(group, installation)
    _add_sync(group, installation)
    _add_mode(group, installation)
    _add_transfer(group, installation)
    add_config(group)
    return group


def _add_aside(group: typer.Typer, installation: Installation) -> None:
    @group.command("aside")
    def aside(
        shop: ShopId,
        content: Annotated[str, typer.Option("--content", help="Of this content only")] = "",
        limit: Annotated[int, typer.Option("--limit", min=1, help="So many at most")] = 100,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """What a store sent that could not be applied, as it was sent, the newest first."""
        named = content_named(content) if content else None
        if content and named is None:
            fail(f"unknown content: {content}. Known: {', '.join(catalogue())}")

        def look(db: Any, _: Any) -> list[dict[str, Any]]:
            accounts.load_shop(db, shop)
            return cloudsync.set_aside(db, shop, named.name if named else "", limit)

        found = installation.read(data, look)
        if as_json:
            say(found, True, "")
            return
        if not found:
            say(None, False, "Nothing is set aside.")
            return
        shown = table("last seen", "times", "where", "reason", "as sent")
        for thing in found:
            where = ".".join(part for part in (thing["content"], thing["property"]) if part)
            where += f" {thing['row_id']}" if thing["row_id"] else ""
            sent = thing["value"]
            sent = sent if len(sent) <= SHOWN else f"{sent[:SHOWN]}… ({len(sent)} characters)"
            shown.add_row(
                thing["last_seen_at"],
                str(thing["times"]),
                plain(where or "?"),
                plain(thing["reason"]),
                plain(sent),
            )
        screen.print(shown)


def _add_mode(group: typer.Typer, installation: Installation) -> None:
    @group.command("mode")
    def change(
        shop: ShopId,
        mode: Annotated[Mode, typer.Argument(help="live or test")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Make it a live or a test store: vendors' clients of the other mode no longer see it."""
        changed = installation.write(data, lambda work, _: accounts.set_mode(work, shop, mode))
        value = {"shop": shop, "mode": changed.mode.value}
        say(value, as_json, f"{shop} is in {changed.mode.value} mode.")


def _add_transfer(group: typer.Typer, installation: Installation) -> None:
    @group.command("transfer")
    def transfer(
        shop: ShopId,
        to: Annotated[str, typer.Option("--to", help="E-mail address of a user")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Make a user its point of contact, at once: it goes to their organisation. What its point
        of contact before holds of it ends."""
        changed = installation.write(
            data,
            lambda work, context: accounts.transfer_now(work, shop, to, base=context.settings.base),
        )
        email, user = changed.point_of_contact_email, changed.point_of_contact_uuid
        value = {"shop": shop, "user": user, "organisation": changed.organisation_id}
        say(value, as_json, f"{shop} belongs to {email} now.")


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
    say(None, False, f"{shop.mode.value}, {state}, called {view['called_at'] or 'never'}{trouble}")
    if shop.clone_url:
        say(
            None,
            False,
            f"A copy of this store answers at {plain(shop.clone_url)} with the same identity: one"
            " of the two should take a new one, in its back office under PrestaShop Account.",
        )
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
    if view["set_aside"]:
        say(None, False, f"comptoir store aside {shop.shop_id} shows what was sent.")
