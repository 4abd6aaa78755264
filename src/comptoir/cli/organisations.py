"""`comptoir organisation`: who people, stores and vendors belong to."""

from dataclasses import asdict

import typer

from comptoir import accounts
from comptoir.cli.shared import AsJson, Data, Installation, plain, say, screen, table


def organisation_commands(installation: Installation) -> typer.Typer:
    group = typer.Typer(help="Organisations of people", no_args_is_help=True)

    @group.callback()
    def here() -> None:
        """Organisations of people."""

    @group.command("list")
    def list_organisations(data: Data = None, as_json: AsJson = False) -> None:
        """Every organisation. Each store begins in one of its own, without members."""
        found = installation.read(data, lambda db, _: accounts.all_organisations(db))
        if as_json:
            say([asdict(one) for one in found], True, "")
            return
        shown = table("organisation", "name", "members", "stores", "vendors")
        for one in found:
            counts = (str(n) for n in (one.members, one.stores, one.vendors))
            shown.add_row(one.organisation_id, plain(one.name), *counts)
        screen.print(shown)

    return group
