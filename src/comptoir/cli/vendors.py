"""`comptoir vendor`, `comptoir module`, `comptoir consent`: who may read what."""

from typing import Annotated

import typer

from comptoir import accounts
from comptoir.base.mode import Mode
from comptoir.cli.shared import AsJson, Data, Installation, say

Shop = Annotated[str, typer.Option("--shop", help="The store's cloudShopId: `comptoir store list`")]
ModuleName = Annotated[str, typer.Option("--module", help="Technical name of the module")]


def vendor_commands(installation: Installation) -> typer.Typer:
    group = typer.Typer(help="Tech vendors and their credentials", no_args_is_help=True)

    @group.callback()
    def here() -> None:
        """Tech vendors and their credentials."""

    @group.command("create")
    def create(
        name: str,
        mode: Annotated[
            Mode,
            typer.Option(help="live or test: a test client sees test stores, a live one live ones"),
        ] = Mode.LIVE,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Create a vendor with its OAuth client, or the client of the other mode for a vendor
        that is there. The secret is shown once."""
        made = installation.write(
            data,
            lambda work, context: accounts.create_vendor(work, name, context.vault, mode),
        )
        value = {
            "vendor": name,
            "mode": mode.value,
            "client_id": made.client_id,
            "client_secret": made.client_secret,
        }
        lines = [f"{key:14} {text}" for key, text in value.items()]
        note = "Keep the secret now: it is not shown again."
        say(value, as_json, "\n".join([*lines, note]))

    @group.command("give")
    def give(
        name: str,
        email: Annotated[str, typer.Option("--email", help="The address of their account")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Make a user an owner of the vendor: they manage it on the pages of their account."""
        owner = installation.write(data, lambda work, _: accounts.give_vendor(work, name, email))
        say({"vendor": name, "email": owner}, as_json, f"{owner} is an owner of {name}")

    return group


def module_commands(installation: Installation) -> typer.Typer:
    group = typer.Typer(help="Modules and the contents they ask for", no_args_is_help=True)

    @group.callback()
    def here() -> None:
        """Modules and the contents they ask for."""

    @group.command("register")
    def register(
        name: Annotated[str, typer.Argument(metavar="MODULE")],
        vendor: Annotated[str, typer.Option("--vendor", help="The vendor that owns it")],
        contents: Annotated[
            str | None,
            typer.Option(
                help="Contents or families, separated by commas. Left out: what it asked for before"
            ),
        ] = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Register a module, or change what it asks for."""
        names = None
        if contents is not None:
            names = [part.strip() for part in contents.split(",") if part.strip()]
        module = installation.write(
            data, lambda work, _: accounts.register_module(work, vendor, name, names)
        )
        value = {"module": module.name, "vendor": module.vendor, "contents": module.contents}
        asked = ", ".join(module.contents)
        say(value, as_json, f"{module.name} of {module.vendor} asks for: {asked}")

    return group


def consent_commands(installation: Installation) -> typer.Typer:
    group = typer.Typer(help="What stores let modules read", no_args_is_help=True)

    @group.callback()
    def here() -> None:
        """What stores let modules read."""

    @group.command("grant")
    def grant(shop: Shop, module: ModuleName, data: Data = None, as_json: AsJson = False) -> None:
        """Let a module read everything it asks for."""
        contents = installation.write(data, lambda work, _: accounts.grant(work, shop, module))
        value = {"shop": shop, "module": module, "contents": contents}
        say(value, as_json, f"{module} may read of {shop}: {', '.join(contents)}")

    @group.command("withdraw")
    def withdraw(
        shop: Shop, module: ModuleName, data: Data = None, as_json: AsJson = False
    ) -> None:
        """End the consent to a module."""
        contents = installation.write(data, lambda work, _: accounts.withdraw(work, shop, module))
        value = {"shop": shop, "module": module, "withdrawn": contents}
        ended = ", ".join(contents) or "nothing was granted"
        say(value, as_json, f"{module} may no longer read of {shop}: {ended}")

    return group
