"""One migration tree, two engines: migrated is what the tables say."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import comptoir.accounts.tables
import comptoir.cloudsync.tables
import comptoir.oauth.tables
from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.database import Database
from comptoir.infra.db.migrate import current, head, upgrade
from comptoir.infra.db.tables import metadata
from tests import pg
from tests.eventually import eventually
from tests.server import START_WITHIN, prepared

RACE = """
import sys
from datetime import UTC, datetime
from comptoir.base.clock import SystemClock
from comptoir.base.ids import SystemIds
from comptoir.infra.database import Database
from comptoir.infra.db.migrate import upgrade
database = Database(sys.argv[1], SystemClock(), SystemIds())
print("ready", flush=True)
sys.stdin.readline()
upgrade(database.engine)
database.close()
"""


@pytest.fixture
def address(database_url: str) -> str:
    return pg.driven(database_url)


@pytest.fixture
def engine_of(address: str, clock: FrozenClock, ids: SeededIds) -> Iterator[sa.Engine]:
    database = Database(address, clock, ids)
    yield database.engine
    database.close()


def schema(engine: sa.Engine) -> dict[str, object]:
    """Everything the database says of its tables."""
    seen = sa.inspect(engine)
    return {
        name: (
            [
                (c["name"], str(c["type"]), c["nullable"], default_of(c["default"]))
                for c in seen.get_columns(name)
            ],
            seen.get_pk_constraint(name),
            sorted(seen.get_indexes(name), key=lambda index: str(index["name"])),
        )
        for name in seen.get_table_names()
    }


def default_of(text: str | None) -> str | None:
    """The value alone: `'0'` and `0` give a number column the same default."""
    return None if text is None else text.partition("::")[0].strip("'")


def test_an_empty_database_becomes_what_the_tables_say(engine_of: sa.Engine) -> None:
    upgrade(engine_of)
    with engine_of.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_keys_and_defaults_are_those_of_the_metadata(
    engine_of: sa.Engine, tmp_path: Path, clock: FrozenClock
) -> None:
    """What alembic does not compare: primary keys, their order, defaults."""
    upgrade(engine_of)
    migrated = schema(engine_of)
    migrated.pop("alembic_version")
    if engine_of.dialect.name == "sqlite":
        other = Database(f"sqlite:///{tmp_path / 'made.db'}", clock, SeededIds(3))
        metadata.create_all(other.engine)
        made = schema(other.engine)
        other.close()
    else:
        with pg.fresh_database() as url:
            other = Database(pg.driven(url), clock, SeededIds(3))
            metadata.create_all(other.engine)
            made = schema(other.engine)
            other.close()
    assert migrated.keys() == made.keys()
    for name, table in made.items():
        assert migrated[name] == table, name


def test_upgrading_again_changes_nothing(engine_of: sa.Engine) -> None:
    upgrade(engine_of)
    before = schema(engine_of)
    with engine_of.connect() as connection:
        assert current(connection) == head() != ""
    upgrade(engine_of)
    assert schema(engine_of) == before


def test_text_sorts_by_code_point_on_both_engines(engine_of: sa.Engine) -> None:
    upgrade(engine_of)
    names = ["b", "A", "a", "Z", "é", "_", "1", "-", "😀", "aa"]
    table = comptoir.accounts.tables.organisation
    with engine_of.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        rows = [{"organisation_id": name, "name": name, "created_at": 1} for name in names]
        connection.execute(table.insert(), rows)
        found = connection.execute(sa.select(table.c.name).order_by(table.c.name)).scalars().all()
        connection.rollback()
    assert found == sorted(names)


def test_an_unknown_newer_schema_is_not_touched(engine_of: sa.Engine) -> None:
    """An older program on the database of a newer one stops and says so."""
    upgrade(engine_of)
    with engine_of.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Exception, match="9999"):
        upgrade(engine_of)


def test_processes_that_migrate_at_once_take_turns(address: str, engine_of: sa.Engine) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    said = [racer.communicate()[1] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0], said
    with engine_of.connect() as connection:
        assert current(connection) == head()


def test_two_servers_start_together_on_one_database() -> None:
    with (
        pg.fresh_database() as url,
        prepared(database_url=url, secret_key="k" * 40) as one,
        prepared(database_url=url, secret_key="k" * 40, public_url=one.base) as other,
    ):
        started = [threading.Thread(target=server.launch) for server in (one, other)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        eventually(lambda: one.healthy() and other.healthy(), START_WITHIN)
        token = one.store_token(one.create_identity("http://shop.example"))
        check = {"token": token}
        assert other.post("/accounts/v1/shop/token/verify", check).status == 200
        assert one.stop() == 0
        assert other.get("/healthz").status == 200
        assert other.stop() == 0
