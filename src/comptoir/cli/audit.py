"""`comptoir audit`: who did what."""

from typing import Annotated

import typer

from comptoir.base.instant import format_instant
from comptoir.cli.shared import AsJson, Data, Installation, plain, say, screen, table
from comptoir.infra import audit
from comptoir.infra.audit import Entry, Wanted


def audit_commands(installation: Installation) -> typer.Typer:
    group = typer.Typer(help="Who did what", no_args_is_help=True)

    @group.callback()
    def here() -> None:
        """Who did what."""

    @group.command("list")
    def list_entries(
        organisation: Annotated[str, typer.Option(help="Only of this organisation's id")] = "",
        shop: Annotated[str, typer.Option(help="Only of this store: its cloudShopId")] = "",
        actor: Annotated[str, typer.Option(help="Only by this one, as operator, user:ID")] = "",
        action: Annotated[str, typer.Option(help="Only this, as client.secret_rotated")] = "",
        before: Annotated[str, typer.Option(help="Only older than the entry of this id")] = "",
        limit: Annotated[int, typer.Option(help="How many at most", min=1, max=10_000)] = 100,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Entries of the audit log, the newest first."""
        wanted = Wanted(organisation, shop, actor, action, before)
        found = installation.read(data, lambda db, _: audit.entries(db, wanted, limit))
        if as_json:
            say([_shown(entry) for entry in found], True, "")
            return
        made = table("at", "actor", "action", "about", "request")
        for entry in found:
            about = [f"{name}={value}" for name, value in entry.facts.items() if value != ""]
            if entry.shop_id:
                about.insert(0, f"shop={entry.shop_id}")
            cells = (format_instant(entry.at), entry.actor, entry.action, " ".join(about))
            made.add_row(*(plain(text) for text in (*cells, entry.request_id)))
        screen.print(made)

    return group


def _shown(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.entry_id,
        "at": format_instant(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "organisation": entry.organisation_id,
        "shop": entry.shop_id,
        "facts": entry.facts,
        "request_id": entry.request_id,
    }
