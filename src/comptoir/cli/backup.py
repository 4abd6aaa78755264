"""`comptoir backup`, `restore` and `move`: an installation into a file, back, to another engine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from comptoir.base.clock import Clock
from comptoir.base.instant import format_instant, to_ms
from comptoir.cli.shared import AsJson, Data, fail, say, settings, telling
from comptoir.infra.db import archive, ends, load, migrate, snapshot
from comptoir.infra.db.load import Told
from comptoir.infra.db.snapshot import Header, Trailer, TransferError
from comptoir.infra.settings import Settings
from comptoir.infra.vault import KEY_FILE, Vault, VaultError, keep_key, read_key
from comptoir.oauth import check_keys

PHRASE = "which key is this?"
ENVIRONMENT = "COMPTOIR_SECRET_KEY"
SQLITE = "sqlite"
"""The target `--to sqlite`: where the settings' default puts the database."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup")]


def add_backup_commands(root: typer.Typer, clock: Clock) -> None:
    _add_backup(root, clock)
    _add_restore(root)
    _add_move(root, clock)


def _add_backup(root: typer.Typer, clock: Clock) -> None:
    @root.command()
    def backup(
        file: File,
        force: Annotated[
            bool, typer.Option("--force", help="Replace the file if it is there")
        ] = False,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Write the installation as it is at this moment into one file.

        The server may run on: nothing waits, and what is written meanwhile is not in it. The file
        holds the installation key unless COMPTOIR_SECRET_KEY gives it: keep it as a secret.
        """
        chosen = _installed(data)
        with _copying(f"writing {file}") as told, ends.living(sa.make_url(chosen.database)) as db:
            header = _header(db, chosen, clock)
            messages = load.told_to(snapshot.stream(db, header), told)
            size, trailer = archive.write(file, messages, replace=force)
        key = header.secret_key is not None
        value = {"file": str(file.absolute()), "bytes": size, "schema": header.schema}
        value |= {**_counts(trailer), "secret_key": "included" if key else "not included"}
        hint = (
            "It holds the installation key: keep it as a secret."
            if key
            else f"It does not hold the installation key: keep {ENVIRONMENT} apart, a restore"
            " needs it."
        )
        say(value, as_json, f"{file}: {_told(trailer)}, {size} bytes. {hint}")


def _add_restore(root: typer.Typer) -> None:
    @root.command()
    def restore(file: File, data: Data = None, as_json: AsJson = False) -> None:
        """Make an installation from a backup, where there is none.

        Into the data directory, or the empty PostgreSQL database of COMPTOIR_DATABASE_URL. All of
        it or nothing. A backup of an earlier version is brought to today's schema.
        """
        chosen = settings(data=data)
        if chosen.data.exists() and not chosen.data.is_dir():
            fail(f"{chosen.data} is a file: name a directory with --data.")
        url = sa.make_url(chosen.database)
        with _copying(f"reading {file}") as told, archive.reading(file) as (header, messages):
            snapshot.check_schema(header.schema)
            key = _key_of(header, chosen)
            with ends.empty(url) as db:
                trailer = load.fill(db, header, load.told_to(messages, told))
                _keep(key, chosen)
        at = ends.shown(url)
        value = {"database": at, "made_at": header.made_at, "schema": migrate.head()}
        value |= {"from_schema": header.schema, **_counts(trailer)}
        say(value, as_json, f"{at}: {_told(trailer)}, as they were at {header.made_at}.")


def _add_move(root: typer.Typer, clock: Clock) -> None:
    @root.command()
    def move(
        to: Annotated[
            str, typer.Option("--to", help="postgresql://… ; sqlite: in the data directory")
        ],
        stopped: Annotated[
            bool,
            typer.Option("--stopped", help="Other sessions on PostgreSQL are no servers: go on"),
        ] = False,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Copy the database to another engine or place, while no server runs.

        The copy is read back and compared before it is kept; the source stays as it is. Then change
        the setting that this prints, and start the server.
        """
        chosen = _installed(data)
        source, (target, setting) = sa.make_url(chosen.database), _target(to, chosen)
        with (
            _copying(f"copying to {ends.shown(target)}") as told,
            ends.at_rest(source, stopped=stopped) as db,
            ends.empty(target) as new,
        ):
            header = _header(db, chosen, clock)
            messages = snapshot.stream(db, header)
            next(messages)
            trailer = load.fill(new, header, load.told_to(messages, told))
        value = {"from": ends.shown(source), "to": ends.shown(target), "schema": migrate.head()}
        value |= {**_counts(trailer), "next": setting}
        text = (
            f"{_told(trailer)} are in {ends.shown(target)}, equal to the source."
            f" Now {setting}, and start the server. {ends.shown(source)} stays as it is: put it"
            " away, so that no server writes to it by mistake."
        )
        say(value, as_json, text)


def _installed(data: Path | None) -> Settings:
    chosen = settings(data=data)
    file = ends.sqlite_file(sa.make_url(chosen.database))
    if file is not None and not file.exists():
        fail(f"there is no installation in {file.parent}: name its directory with --data.")
    return chosen


def _header(db: sa.Connection, chosen: Settings, clock: Clock) -> Header:
    """Raises: VaultError, TransferError, when this is no installation or its key is not here."""
    schema = migrate.current(db)
    if schema is None:
        raise TransferError(f"there is no installation in {ends.shown(db.engine.url)}")
    file = chosen.data / KEY_FILE
    if not chosen.secret_key and not file.exists():
        raise VaultError(f"there is no {file}: give the installation key with {ENVIRONMENT}")
    key = chosen.secret_key or read_key(file)
    vault = Vault(key)
    check_keys(db, vault)
    return Header(
        product=version("comptoir"),
        schema=schema,
        engine=db.dialect.name,
        made_at=format_instant(to_ms(clock.now())),
        secret_key=None if chosen.secret_key else key,
        sealed_with=vault.hash(PHRASE),
    )


def _key_of(header: Header, chosen: Settings) -> str:
    """The installation key: as set, as it is in the data directory already, or the backup's."""
    file = chosen.data / KEY_FILE
    if chosen.secret_key:
        key, where, mend = chosen.secret_key, ENVIRONMENT, "unset it"
    elif file.exists():
        key, where, mend = read_key(file), str(file), "move it away"
    elif header.secret_key is not None:
        return header.secret_key
    else:
        raise VaultError(
            f"the backup does not hold the installation key: set {ENVIRONMENT} to the one that the"
            " installation was run with"
        )
    if not Vault(key).matches(PHRASE, header.sealed_with):
        other = f"{mend} and the backup's own is used" if header.secret_key else "set the right one"
        raise VaultError(f"{where} is not the key of the installation in this backup: {other}")
    return key


def _keep(key: str, chosen: Settings) -> None:
    """Put the key where the server looks for it, just before the database appears. It stays even
    if that fails: a server that was started meanwhile may have sealed with it."""
    file = chosen.data / KEY_FILE
    if not chosen.secret_key and not keep_key(chosen.data, key) and read_key(file) != key:
        raise VaultError(f"{file} was made meanwhile: stop the server, move the file away")


def _target(to: str, chosen: Settings) -> tuple[sa.URL, str]:
    """Where to, and what the operator has to set then: never the password."""
    default = f"sqlite:///{chosen.data / 'comptoir.db'}"
    if to in (SQLITE, default):
        return sa.make_url(default), "unset COMPTOIR_DATABASE_URL"
    there = settings(data=chosen.data, database_url=to)
    url = sa.make_url(there.database)
    hidden = " with the password" if url.password else ""
    return url, f"set COMPTOIR_DATABASE_URL={ends.shown(url)}{hidden}"


@contextmanager
def _copying(title: str) -> Iterator[Told]:
    """Shows how it goes on, on a terminal; turns what goes wrong into one line."""
    console = Console(stderr=True, highlight=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    try:
        with telling(), Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            try:
                yield _follow(bar, title)
            except FileExistsError as there:
                fail(f"{there.filename} is there already: name another file, or add --force.")
            except OSError as wrong:
                fail(f"{title} failed: {wrong.strerror}. Nothing was kept.")
    except TransferError as refused:
        fail(f"{title}: {refused}.")
    except sa.exc.DBAPIError as wrong:
        fail(f"{title} failed: {str(wrong.orig).splitlines()[0]}. Nothing was kept.")


def _follow(bar: Progress, title: str) -> Callable[[str, int], None]:
    task, rows = bar.add_task(title), 0

    def told(table: str, count: int) -> None:
        nonlocal rows
        rows += count
        bar.update(task, description=f"{title}: {rows} rows, {table}")

    return told


def _counts(trailer: Trailer) -> dict[str, Any]:
    return {"tables": len(trailer.tables), "rows": sum(s.rows for s in trailer.tables.values())}


def _told(trailer: Trailer) -> str:
    counts = _counts(trailer)
    return f"{counts['rows']} rows of {counts['tables']} tables"
