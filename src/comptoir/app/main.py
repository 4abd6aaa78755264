"""The `comptoir` command: hands its groups what they need and starts the server."""

import re
from pathlib import Path
from typing import Annotated

import typer

from comptoir.app.wiring import all_endpoints, build
from comptoir.base.clock import SystemClock
from comptoir.cli.audit import audit_commands
from comptoir.cli.backup import add_backup_commands
from comptoir.cli.clients import client_commands
from comptoir.cli.docs import make as docs_commands
from comptoir.cli.keys import key_commands
from comptoir.cli.organisations import organisation_commands
from comptoir.cli.shared import Data, Installation, fail, settings, telling
from comptoir.cli.stores import store_commands
from comptoir.cli.users import user_commands
from comptoir.cli.vendors import consent_commands, module_commands, vendor_commands

app = typer.Typer(
    help="Comptoir: the open, self-hosted PrestaShop integration framework.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
installation = Installation(build)
app.add_typer(user_commands(installation), name="user")
app.add_typer(organisation_commands(installation), name="organisation")
app.add_typer(vendor_commands(installation), name="vendor")
app.add_typer(client_commands(installation), name="client")
app.add_typer(module_commands(installation), name="module")
app.add_typer(consent_commands(installation), name="consent")
app.add_typer(store_commands(installation), name="store")
app.add_typer(key_commands(installation), name="keys")
app.add_typer(audit_commands(installation), name="audit")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on")] = None,
    data: Data = None,
) -> None:
    """Run API and worker in one process."""
    from comptoir.app import serve as server

    with telling():
        raise typer.Exit(server.run(settings(host=host, port=port, data=data)))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Run the printed commands and end")] = False,
    port: Annotated[int, typer.Option(help="Port of the demo server, if it is free")] = 8000,
) -> None:
    """Show the main job: three stores, their data here, equal to the last row."""
    from comptoir.app import demo as show

    raise typer.Exit(show.run(port, once=once))


@app.command()
def simulate(
    server: Annotated[str, typer.Option(help="Base URL of the server they install at")] = "",
    modules: Annotated[
        Path | None,
        typer.Option(help="Instead: the directory that `comptoir store config --write` wrote"),
    ] = None,
    stores: Annotated[int, typer.Option(help="How many stores")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed grows the same stores")] = 7,
    version: Annotated[
        str, typer.Option(help="PrestaShop versions, in turn, separated by commas")
    ] = "8",
    defects: Annotated[str, typer.Option(help="What is wrong with them, by commas")] = "",
    scale: Annotated[float, typer.Option(help="Size: 1 is some 600 rows a store")] = 1.0,
    port: Annotated[int, typer.Option(help="Port they listen on; 0: any")] = 0,
    every: Annotated[float, typer.Option(help="Seconds between changes in each store")] = 10.0,
    employee: Annotated[str, typer.Option(help="More people in them: e-mails, by commas")] = "",
    language: Annotated[str, typer.Option(help="What they speak, by commas, main one first")] = "",
    accounts_version: Annotated[str, typer.Option(help="Of ps_accounts, in turn, by commas")] = "",
) -> None:
    """Run believable stores on this machine, for a server to sync."""
    from comptoir.app import simulate as stage

    if bool(server) == (modules is not None):
        fail("say where their server is: --server URL, or --modules DIR", 2)
    wanted = frozenset(_parts(defects))
    if unknown := sorted(wanted - set(stage.DEFECTS)):
        known = "\n".join(f"  {name}: {text}" for name, text in stage.DEFECTS.items())
        fail(f"unknown defects: {', '.join(unknown)}. There are:\n{known}", 2)
    raise typer.Exit(
        stage.run(
            stores=stores,
            seed=seed,
            versions=_parts(version, r"[189](\.\d+)*", "version", "1.6, 1.7, 8 or 9"),
            server=server,
            modules=modules,
            defects=wanted,
            scale=scale,
            port=port,
            every=every,
            employees=_parts(employee, r"[^@\s]+@[^@\s]+", "e-mail address", "name@shop.test"),
            languages=_parts(language, "de|en|es|fr|it", "language", "de, en, es, fr or it"),
            accounts_versions=_parts(
                accounts_version, r"[5-8](\.\d+)*", "version of ps_accounts", "5.6.2 to 8"
            ),
        )
    )


def _parts(text: str, pattern: str = ".*", what: str = "", known: str = "") -> tuple[str, ...]:
    """What stands between commas. Ends the command when a part does not match."""
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    for part in parts:
        if not re.fullmatch(pattern, part):
            fail(f"unknown {what} {part}: write {known}", 2)
    return parts


def main() -> None:
    app()


add_backup_commands(app, SystemClock())
app.add_typer(docs_commands(all_endpoints, app), name="docs")

if __name__ == "__main__":
    main()
