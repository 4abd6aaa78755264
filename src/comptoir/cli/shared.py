"""What every command needs: the installation, and a way to say the result or what went wrong."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comptoir.base.errors import Problem
from comptoir.infra.http.context import Context
from comptoir.infra.settings import Settings, SettingsError, load
from comptoir.infra.vault import VaultError
from comptoir.infra.work import Work

T = TypeVar("T")
Open = Callable[[Settings], Context]
"""Opens an installation; wiring hands it over."""

Data = Annotated[
    Path | None, typer.Option("--data", help="Directory of the installation (COMPTOIR_DATA)")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else")]

WIDE = 240
"""Columns of a table that goes to a file or a pipe: nothing is cut."""
screen = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)


def fail(text: str, code: int = 1) -> NoReturn:
    """Say on standard error what is wrong and what to do, and end."""
    _aside(f"error: {text}")
    raise typer.Exit(code)


def note(text: str) -> None:
    """Say on standard error what is worth knowing; the command goes on."""
    _aside(f"note: {text}")


def _aside(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def settings(**given: object) -> Settings:
    """The settings in force, or the end with a clear error."""
    try:
        return load(**given)  # type: ignore[arg-type]
    except SettingsError as wrong:
        fail(str(wrong), 2)


@contextmanager
def telling() -> Iterator[None]:
    """Turn documented failures into one line and exit status 1."""
    try:
        yield
    except Problem as problem:
        fail(problem.detail())
    except VaultError as wrong:
        fail(str(wrong))
    except UnicodeEncodeError:
        fail("what was typed is not text in UTF-8: write it again.")
    except OSError as wrong:
        fail(f"{wrong.filename or 'a file'} cannot be used: {wrong.strerror}. Check --data.")
    except sa.exc.OperationalError as down:
        reason = str(down.orig).splitlines()[0]
        fail(f"the database does not answer: {reason}. Check COMPTOIR_DATABASE_URL or --data.")
    except sa.exc.DatabaseError as damaged:
        reason = str(damaged.orig).splitlines()[0]
        fail(
            f"the database cannot be read: {reason}. If it is damaged, move it away and restore a"
            " backup (comptoir restore)."
        )


class Installation:
    """Runs use cases on the data of an installation, beside a running server or without one."""

    def __init__(self, open_context: Open) -> None:
        self._open = open_context

    def write(self, data: Path | None, run: Callable[[Work, Context], T]) -> T:
        """`run` may be run again: it must change nothing but the database."""
        with telling(), self._opened(data) as context:
            return context.db.write_here(lambda work: run(work, context), actor="operator")

    def read(self, data: Path | None, run: Callable[[sa.Connection, Context], T]) -> T:
        """For commands that only look: there must be an installation to look at."""
        chosen = settings(data=data)
        if not chosen.database_url and not (chosen.data / "comptoir.db").exists():
            fail(f"there is no installation in {chosen.data}: name its directory with --data.")
        with telling(), self._opened(data) as context, context.db.reading() as connection:
            return run(connection, context)

    @contextmanager
    def _opened(self, data: Path | None) -> Iterator[Context]:
        context = self._open(settings(data=data))
        try:
            yield context
        finally:
            context.db.close()


def table(*columns: str) -> Table:
    """A table whose cells are folded, never cut: people copy ids from it."""
    made = Table(box=None)
    for name in columns:
        made.add_column(name, overflow="fold")
    return made


def plain(text: str) -> Text:
    """What somebody else wrote, as it is: neither markup nor terminal codes take effect."""
    return Text("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text))


def say(value: Any, as_json: bool, text: str) -> None:
    """The result: as JSON for programs, as text for people."""
    if as_json:
        print(json.dumps(value, ensure_ascii=False))
    else:
        screen.print(plain(text), soft_wrap=True)
