"""`comptoir organisation`: who people, stores and vendors belong to."""

from dataclasses import asdict
from typing import Annotated

import typer

from comptoir import accounts
from comptoir.accounts import Role
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

    _add_member(group, installation)
    return group


def _add_member(group: typer.Typer, installation: Installation) -> None:
    @group.command("member")
    def member(
        organisation: Annotated[
            str, typer.Option("--organisation", help="Its id: `comptoir organisation list`")
        ],
        email: Annotated[str, typer.Option("--email", help="Of a user with an account")],
        role: Annotated[Role, typer.Option("--role", help="What they may do there")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Make a user a member, or give a member another role: for an organisation whose owner
        cannot."""
        user = installation.write(
            data, lambda work, _: accounts.put_member(work, organisation, email, role)
        )
        value = {"organisation": organisation, "user": user.user_id, "role": role.value}
        say(value, as_json, f"{user.email} has the role {role.value} there")
