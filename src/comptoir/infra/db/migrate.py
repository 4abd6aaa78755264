"""Bring a database to the current schema. One migration tree for both engines."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

HERE = Path(__file__).parent / "migrations"
LOCK = 7_205_759_403


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


def head() -> str:
    """The revision this program wants."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def knows(revision: str) -> bool:
    """Whether this program can make or upgrade a database of that revision."""
    tree = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in tree}


@cache
def tables_at(revision: str) -> frozenset[str]:
    """The tables of a schema, by making it on the side."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        apply(connection, revision)
        made = frozenset(sa.inspect(connection).get_table_names())
    engine.dispose()
    return made


def current(connection: sa.Connection) -> str | None:
    """The revision the database is at; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def take_turn(connection: sa.Connection) -> None:
    """Until the transaction ends, nobody else migrates this database. On SQLite its writer does."""
    if connection.dialect.name != "sqlite":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def apply(connection: sa.Connection, revision: str = "head") -> None:
    """Apply what is missing up to `revision`, in the caller's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def upgrade(engine: sa.Engine) -> None:
    """Apply what is missing, in one transaction. Servers starting together take turns."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        take_turn(connection)
        if current(connection) != head():
            apply(connection)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
        connection.commit()
