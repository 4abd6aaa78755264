"""What is the database's fault is a 503 that says so; what is ours stays a bug."""

import io
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.database import Database
from comptoir.infra.db import dialect
from comptoir.infra.db.condition import Condition, DatabaseUnavailable
from comptoir.infra.log import configure


class State(Exception):
    """A driver's error with its SQLSTATE."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("as the server said it")
        self.sqlstate = sqlstate


def sqlite_error(code: int) -> sqlite3.Error:
    made = sqlite3.OperationalError("database or disk is full")
    made.sqlite_errorcode = code
    return made


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("53100", "its disk is full"),
        ("53300", "it has no room for more"),
        ("57P01", "it is restarting"),
        ("57P03", "it is restarting"),
        ("58030", "its disk fails"),
        ("08006", "there is no connection to it"),
        (None, "there is no connection to it"),
        ("40P01", ""),
        ("57014", ""),
        ("23505", ""),
    ],
)
def test_what_a_state_of_postgresql_means(state: str | None, reason: str) -> None:
    assert dialect.trouble(sa.exc.OperationalError("SELECT 1", {}, State(state))) == reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (sqlite3.SQLITE_FULL, "its disk is full"),
        (sqlite3.SQLITE_IOERR_FSYNC, "its disk fails"),
        (sqlite3.SQLITE_BUSY, "another process holds it"),
        (sqlite3.SQLITE_CORRUPT, "its file is damaged"),
        (sqlite3.SQLITE_ERROR, ""),
        (sqlite3.SQLITE_CONSTRAINT, ""),
    ],
)
def test_what_a_code_of_sqlite_means(code: int, reason: str) -> None:
    wrapped = sa.exc.OperationalError("SELECT 1", {}, sqlite_error(code))

    assert dialect.trouble(wrapped) == dialect.trouble(sqlite_error(code)) == reason


def test_it_says_so_once_until_it_serves_again() -> None:
    condition = Condition()
    configure("info", io.StringIO())
    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable), condition.watched():
                raise sqlite_error(sqlite3.SQLITE_FULL)
        condition.written()
        condition.written()

    assert [(line["event"], line.get("reason")) for line in logs] == [
        ("database unavailable", "its disk is full"),
        ("database serves again", None),
    ]
    assert not condition.trouble
    assert condition.doubtful


def test_a_bug_stays_a_bug() -> None:
    condition = Condition()
    with pytest.raises(ValueError, match="x"), condition.watched():
        raise ValueError("x")
    assert not condition.doubtful


def test_a_directory_that_is_no_database(
    tmp_path: Path, clock: FrozenClock, ids: SeededIds
) -> None:
    (tmp_path / "comptoir.db").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'comptoir.db'}", clock, ids)
    with pytest.raises(DatabaseUnavailable, match="cannot be opened"), database.reading():
        raise AssertionError("there is nothing to read")
    database.close()
