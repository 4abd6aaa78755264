"""`comptoir user`: people with an account."""

from typing import Annotated

import typer

from comptoir import accounts
from comptoir.cli.shared import AsJson, Data, Installation, note, plain, say, screen, table

WEAK = {
    "short": "the password is shorter than people may choose themselves (8 characters)",
    "long": "the password is longer than people may choose themselves (256 characters)",
    "common": "the password is one of those that are tried first",
    "email": "the password is the e-mail address",
}


def user_commands(installation: Installation) -> typer.Typer:
    group = typer.Typer(help="People with an account", no_args_is_help=True)

    @group.callback()
    def here() -> None:
        """People with an account."""

    @group.command("create")
    def create(
        email: Annotated[str, typer.Option("--email", help="Their address; you vouch for it")],
        password: Annotated[
            str,
            typer.Option(
                "--password",
                help="They sign in with it. Left out: asked for, so that no history keeps it",
                prompt=True,
                hide_input=True,
                confirmation_prompt=True,
            ),
        ],
        first_name: Annotated[str, typer.Option("--first-name")] = "",
        last_name: Annotated[str, typer.Option("--last-name")] = "",
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Create a user with an organisation of their own. The address counts as confirmed."""
        hashed = accounts.hash_now(password)
        user = installation.write(
            data,
            lambda work, _: accounts.create_user(
                work, email, hashed, first_name=first_name, last_name=last_name
            ),
        )
        fault = accounts.password_fault(password, email)
        if fault and not as_json:
            note(f"{WEAK[fault]}.")
        value = {"user": user.user_id, "email": user.email}
        say(value, as_json, f"{user.email} has the account {user.user_id}")

    @group.command("list")
    def list_users(data: Data = None, as_json: AsJson = False) -> None:
        """Everybody with an account."""
        users = installation.read(data, lambda db, _: accounts.all_users(db))
        _list(users, as_json=as_json)

    _add_help(group, installation)
    _add_close(group, installation)
    return group


def _add_help(group: typer.Typer, installation: Installation) -> None:
    """What an operator does for somebody who cannot get in."""

    @group.command("password")
    def password(
        email: Annotated[str, typer.Option("--email", help="Whose")],
        password: Annotated[
            str,
            typer.Option("--password", prompt=True, hide_input=True, confirmation_prompt=True),
        ],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Set somebody's password. All of their sessions end, and what applications hold."""
        hashed = accounts.hash_now(password)
        user = installation.write(
            data, lambda work, _: accounts.reset_password(work, email, hashed)
        )
        say({"user": user.user_id}, as_json, f"{user.email} has a new password")

    @group.command("second-factor-off")
    def second_factor_off(
        email: Annotated[str, typer.Option("--email", help="Whose")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Turn off the second step of somebody who has lost phone and recovery codes. Be sure that
        it is they who ask."""
        user = installation.write(data, lambda work, _: accounts.drop_second_factor(work, email))
        say({"user": user.user_id}, as_json, f"{user.email} signs in without a second step")


def _add_close(group: typer.Typer, installation: Installation) -> None:
    @group.command("close")
    def close(
        email: Annotated[str, typer.Option("--email", help="Whose")],
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Close somebody's account for good: nobody signs in with it any more. Stores and vendors
        stay with their organisations; what nobody else could manage must be given away first."""
        if not yes:
            typer.confirm(f"Close the account of {email} for good?", abort=True, err=True)
        user = installation.write(
            data,
            lambda work, context: accounts.close_now(work, email, base=context.settings.base),
        )
        say({"user": user.user_id}, as_json, f"{user.email} has no account any more")


def _list(users: list[accounts.User], *, as_json: bool) -> None:
    if as_json:
        value = [{"user": u.user_id, "email": u.email, "name": u.name} for u in users]
        say(value, True, "")
        return
    shown = table("user", "e-mail", "name", "second factor")
    for user in users:
        second = "on" if user.has_totp else ""
        shown.add_row(*(plain(t) for t in (user.user_id, user.email, user.name, second)))
    screen.print(shown)
