"""SQLite's log is copied into the file while others write, and does not grow for ever."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import event

from comptoir.base.clock import monotonic
from comptoir.infra.db.checkpoints import Checkpoints
from comptoir.infra.writer import Writer
from tests.eventually import eventually
from tests.infra.rig import BATCH, COUNT, ROWS, Rig, written


def in_file(path: Path) -> int:
    """Rows that the file holds without its log; 0 while it is being written."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
        try:
            return int(db.execute(COUNT).fetchone()[0])
        except sqlite3.DatabaseError:
            return 0


def test_what_is_committed_reaches_the_file(rig: Rig, file: Path) -> None:
    writer = rig.writer()
    written(writer, 1)
    eventually(lambda: in_file(file) == ROWS)
    writer.stop()


def begun(log: Path) -> bytes:
    """Differs each time the log begins anew: https://sqlite.org/fileformat2.html §4.1."""
    with log.open("rb") as file:
        return file.read(32)[12:24]


def until_anew(log: Path, writer: Writer) -> None:
    """Written until it begins anew."""
    first, until = begun(log), monotonic() + 120
    while begun(log) == first:
        assert monotonic() < until, "it only grows"
        written(writer, 1)


def test_the_log_begins_anew(rig: Rig) -> None:
    """However long a checkpoint takes beside a writer that never rests."""

    def slowly(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "wal_checkpoint" in statement:
            threading.Event().wait(0.2)

    event.listen(rig.writing, "before_cursor_execute", slowly)
    writer = rig.writer(longest=1000)
    written(writer, 1)
    until_anew(rig.log, writer)
    writer.stop()


def test_a_long_view_neither_stops_writers_nor_loses_what_they_write(rig: Rig) -> None:
    writer = rig.writer(longest=1000)
    with rig.engine.connect() as view:
        view.exec_driver_sql("BEGIN")
        assert view.exec_driver_sql(COUNT).scalar() == 0
        written(writer, 10)
        assert view.exec_driver_sql(COUNT).scalar() == 0
        assert rig.log.stat().st_size > 10 * BATCH, "the view needs the file as it was"
    with rig.engine.connect() as db:
        assert db.exec_driver_sql(COUNT).scalar() == 10 * ROWS
    until_anew(rig.log, writer)
    writer.stop()


def test_the_file_is_whole_after_many_checkpoints_beside_a_writer(rig: Rig, file: Path) -> None:
    writer = rig.writer(longest=200, changes=1)
    written(writer, 100)
    writer.stop()
    rig.close()
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute(COUNT).fetchone() == (100 * ROWS,)


def test_a_checkpoint_has_something_to_copy(rig: Rig) -> None:
    """What came while one was under way may have been copied by it: it makes none by itself."""
    made, go = [], threading.Event()

    def hear(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "wal_checkpoint" in statement:
            made.append(statement)
            go.wait(20)

    event.listen(rig.writing, "before_cursor_execute", hear)
    checkpoints = Checkpoints(rig.writing, changes=10)
    checkpoints.before()
    checkpoints.after(10)
    checkpoints.before()
    checkpoints.after(10)
    go.set()
    eventually(checkpoints.is_quiet)
    checkpoints.before()
    checkpoints.after(0)
    assert checkpoints.is_quiet()
    checkpoints.before()
    checkpoints.after(1)
    checkpoints.stop()
    assert len(made) == 2
