"""`comptoir client`: OAuth clients of vendors, and the applications that people sign in to."""

from typing import Annotated

import typer

from comptoir import accounts
from comptoir.accounts import Client
from comptoir.base.instant import shown
from comptoir.cli.shared import AsJson, Data, Installation, plain, say, screen, table

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID")]
HOUR_MS = 3_600_000


def client_commands(installation: Installation) -> typer.Typer:
    group = typer.Typer(help="OAuth clients and applications of vendors", no_args_is_help=True)

    @group.callback()
    def here() -> None:
        """OAuth clients and applications of vendors."""

    _add_create(group, installation)
    _add_list(group, installation)
    _add_changes(group, installation)
    return group


def _add_create(group: typer.Typer, installation: Installation) -> None:
    @group.command("create")
    def create(
        vendor: Annotated[str, typer.Option("--vendor", help="The vendor whose application it is")],
        redirect_uri: Annotated[
            list[str], typer.Option("--redirect-uri", help="In full; may be repeated")
        ],
        post_logout_redirect_uri: Annotated[
            list[str] | None,
            typer.Option("--post-logout-redirect-uri", help="In full; may be repeated"),
        ] = None,
        public: Annotated[
            bool, typer.Option("--public", help="It runs in browsers or on devices: no secret")
        ] = False,
        name: Annotated[str, typer.Option("--name", help="What people call it")] = "",
        client_id: Annotated[
            str,
            typer.Option("--client-id", help="That it has built in, as `auth-code-client`"),
        ] = "",
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Register an application that people sign in to. Its secret is shown once."""
        made = installation.write(
            data,
            lambda work, context: accounts.create_application(
                work,
                vendor,
                context.vault,
                redirect_uris=redirect_uri,
                post_logout_uris=post_logout_redirect_uri or (),
                name=name,
                public=public,
                client_id=client_id,
            ),
        )
        value = {"client_id": made.client_id}
        if made.client_secret:
            value["client_secret"] = made.client_secret
        say(value, as_json, _secret_text(value))


def _add_list(group: typer.Typer, installation: Installation) -> None:
    @group.command("list")
    def list_clients(
        vendor: Annotated[str, typer.Option("--vendor", help="The vendor whose clients")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """A vendor's clients and applications."""
        found = installation.read(data, lambda db, _: accounts.clients_of_vendor(db, vendor))
        if as_json:
            say([_shown(client) for client in found], True, "")
            return
        made = table("client", "kind", "name", "redirect URIs", "state")
        for client in found:
            state = "revoked" if client.revoked_at else "public" if client.public else ""
            uris = "\n".join(client.redirect_uris)
            cells = (client.client_id, client.kind.value, client.name, uris, state)
            made.add_row(*(plain(text) for text in cells))
        screen.print(made)


def _add_changes(group: typer.Typer, installation: Installation) -> None:
    @group.command("rotate-secret")
    def rotate(
        client_id: ClientId,
        overlap: Annotated[
            float, typer.Option(help="Hours for which the old secret is still good", min=0)
        ] = 24.0,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Give a client a new secret. The old one is good for a while beside it."""
        made = installation.write(
            data,
            lambda work, context: accounts.rotate_secret(
                work, context.vault, client_id, overlap_ms=int(overlap * HOUR_MS)
            ),
        )
        value = {"client_id": made.client_id, "client_secret": made.client_secret}
        say(value, as_json, _secret_text(value))

    @group.command("restrict")
    def restrict(
        client_id: ClientId,
        scope: Annotated[
            list[str] | None,
            typer.Option("--scope", help="May be repeated. Left out: no limit any more"),
        ] = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Limit a vendor's client to some APIs: raw.read, reporting.read, sync.write."""
        wanted = list(scope or ())
        installation.write(data, lambda work, _: accounts.restrict_client(work, client_id, wanted))
        said = ", ".join(wanted) or "every API"
        say({"client_id": client_id, "scopes": wanted}, as_json, f"{client_id} may use {said}")

    @group.command("revoke")
    def revoke(client_id: ClientId, data: Data = None, as_json: AsJson = False) -> None:
        """Give a client no more tokens."""
        installation.write(data, lambda work, _: accounts.revoke_client(work, client_id))
        say({"client_id": client_id, "revoked": True}, as_json, f"{client_id} gets no more tokens")


def _secret_text(value: dict[str, str]) -> str:
    lines = [f"{key:14} {text}" for key, text in value.items()]
    if "client_secret" in value:
        lines.append("Keep the secret now: it is not shown again.")
    return "\n".join(lines)


def _shown(client: Client) -> dict[str, object]:
    return {
        "client_id": client.client_id,
        "kind": client.kind.value,
        "mode": client.mode.value,
        "name": client.name,
        "public": client.public,
        "scopes": list(client.scopes),
        "redirect_uris": list(client.redirect_uris),
        "post_logout_redirect_uris": list(client.post_logout_uris),
        "revoked_at": shown(client.revoked_at),
        "previous_secret_until": shown(client.previous_until),
    }
