"""The `comptoir` command: hands its groups what they need and starts the server."""

from typing import Annotated

import typer

from comptoir.app.wiring import build
from comptoir.cli.shared import Data, Installation, settings, telling
from comptoir.cli.stores import store_commands
from comptoir.cli.vendors import consent_commands, module_commands, vendor_commands

app = typer.Typer(
    help="Comptoir: the open, self-hosted PrestaShop integration framework.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
installation = Installation(build)
app.add_typer(vendor_commands(installation), name="vendor")
app.add_typer(module_commands(installation), name="module")
app.add_typer(consent_commands(installation), name="consent")
app.add_typer(store_commands(installation), name="store")


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


def main() -> None:
    app()
