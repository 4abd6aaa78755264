"""Look-ups of one row: at once where the database need not wait, by a thread where it must."""

import asyncio
import sqlite3
import threading
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.database import Database
from comptoir.infra.db.condition import DatabaseUnavailable
from comptoir.infra.db.tables import audit_log
from comptoir.infra.work import Work
from tests import pg


@pytest.fixture
def database(migrated_url: str, clock: FrozenClock, ids: SeededIds) -> Database:
    url = pg.driven(migrated_url)
    return Database(url, clock, ids)


def actions(db: sa.Connection, keys: Sequence[str]) -> dict[str, str]:
    cursor = db.connection.cursor()
    cursor.execute("SELECT action FROM audit_log")
    return {action: action for (action,) in cursor.fetchall() if action in keys}


def run(database: Database, *keys: str) -> list[str | None]:
    async def all_of_them() -> list[str | None]:
        try:
            return await asyncio.gather(*(database.look_up(actions, key) for key in keys))
        finally:
            database.close()

    return asyncio.run(all_of_them())


def test_what_there_is_and_what_there_is_not(database: Database) -> None:
    with database.begin("tests") as work:
        work.audit("one")
        work.audit("two")

    assert run(database, "two", "three", "one", "one") == ["two", None, "one", "one"]


def test_what_another_connection_has_just_committed_is_found(database: Database) -> None:
    async def found() -> list[str | None]:
        seen = []
        for _ in range(3):
            seen.append(await database.look_up(actions, "new"))
            await database.write(lambda work: work.audit("new"))
            seen.append(await database.look_up(actions, "new"))
            await database.write(forget)
        database.close()
        return seen

    assert asyncio.run(found()) == [None, "new"] * 3


def forget(work: Work) -> None:
    work.db.execute(audit_log.delete())


@pytest.mark.parametrize("lock", ["busy", "locked"])
def test_who_must_wait_waits_in_a_thread(database: Database, lock: str) -> None:
    if not database.is_sqlite:
        database.close()
        return
    asked: list[threading.Thread] = []

    def find(db: sa.Connection, keys: Sequence[str]) -> dict[str, int]:
        patience = db.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        asked.append(threading.current_thread())
        if patience == 0:
            raise sqlite3.OperationalError(f"database is {lock}")
        return dict.fromkeys(keys, patience)

    async def found() -> int | None:
        try:
            return await database.look_up(find, "key")
        finally:
            database.close()

    assert asyncio.run(found()) == 30_000
    assert asked[0] is threading.main_thread()
    assert asked[1] is not threading.main_thread()


def test_a_connection_that_does_not_wait_serves_nobody_else(database: Database) -> None:
    if not database.is_sqlite:
        database.close()
        return

    def failing(db: sa.Connection, _: Sequence[str]) -> dict[str, str]:
        if db.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 0:
            raise sqlite3.OperationalError("database is locked")
        return {}

    def patience(db: sa.Connection) -> int:
        return int(db.exec_driver_sql("PRAGMA busy_timeout").scalar_one())

    async def seen() -> set[int]:
        for _ in range(3):
            await database.look_up(failing, "key")
        found = set(await asyncio.gather(*(database.read(patience) for _ in range(12))))
        database.close()
        return found

    assert asyncio.run(seen()) == {30_000}


def test_a_database_that_is_broken_says_so(database: Database) -> None:
    def broken(_: sa.Connection, __: Sequence[str]) -> dict[str, str]:
        failure = sqlite3.OperationalError("disk I/O error")
        failure.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise sa.exc.OperationalError("SELECT", {}, failure)

    async def ask() -> None:
        try:
            await database.look_up(broken, "key")
        finally:
            database.close()

    with pytest.raises(DatabaseUnavailable):
        asyncio.run(ask())


def test_a_closed_database_is_not_opened_again(database: Database) -> None:
    async def ask() -> None:
        await database.look_up(actions, "one")
        database.close()
        await database.look_up(actions, "one")

    with pytest.raises(RuntimeError, match="after shutdown"):
        asyncio.run(ask())
    assert isinstance(database.engine.pool, sa.QueuePool)
    assert database.engine.pool.checkedout() == 0
