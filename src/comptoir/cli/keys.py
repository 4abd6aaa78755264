"""`comptoir keys`: the keys that tokens are signed with."""

from typing import Annotated, Any

import typer

from comptoir import oauth
from comptoir.base.instant import format_ms, to_ms
from comptoir.cli.shared import AsJson, Data, Installation, say, screen, table


def key_commands(installation: Installation) -> typer.Typer:
    group = typer.Typer(help="The keys that tokens are signed with", no_args_is_help=True)
    _add_list(group, installation)
    _add_rotate(group, installation)
    return group


def _add_list(group: typer.Typer, installation: Installation) -> None:
    @group.command("list")
    def show_all(data: Data = None, as_json: AsJson = False) -> None:
        """Every key there ever was, the oldest first, and what becomes of it when."""
        keys, now = installation.read(
            data, lambda db, context: (oauth.list_keys(db), to_ms(context.clock.now()))
        )
        if as_json:
            say([_told(key, now) for key in keys], True, "")
            return
        if not keys:
            say(None, False, "No key yet: the server makes one when it starts.")
            return
        shown = table("key", "state", "published", "signs from", "until", "in the set until")
        for key in keys:
            shown.add_row(*(text or "-" for text in _told(key, now).values()))
        screen.print(shown)


def _add_rotate(group: typer.Typer, installation: Installation) -> None:
    @group.command("rotate")
    def rotate(
        leaked: Annotated[
            bool,
            typer.Option(
                "--now",
                help="For a leak: the new key signs at once, and every token signed before is"
                " refused",
            ),
        ] = False,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Publish the next signing key before the schedule does. It signs when those who keep the
        key set had time to see it (`signing_key_ahead`)."""
        fresh = oauth.make_key()

        def run(work: Any, context: Any) -> tuple[Any, list[str]]:
            if leaked:
                return oauth.revoke_all(work, context.vault, fresh)
            policy = oauth.policy_of(context.settings)
            return oauth.publish_next(work, context.vault, policy, fresh), []

        key, revoked = installation.write(data, run)
        since = format_ms(key.signs_from)
        text = f"{key.kid} signs from {since} on."
        if leaked:
            ended = ", ".join(revoked) or "none"
            text += f" No longer good: {ended}. Servers follow within 5 seconds."
        say({"kid": key.kid, "signs_from": since, "revoked": revoked}, as_json, text)


def _told(key: Any, now: int) -> dict[str, str | None]:
    def at(instant: int | None) -> str | None:
        return None if instant is None else format_ms(instant)

    return {
        "kid": key.kid,
        "state": key.state(now),
        "published_at": at(key.created_at),
        "signs_from": at(key.signs_from),
        "retired_at": at(key.retired_at),
        "ends_at": at(key.ends_at),
    }
