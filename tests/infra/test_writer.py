"""The one writer of SQLite answers everybody and outlives whatever happens."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future

import pytest

from comptoir.infra.work import Work
from comptoir.infra.writer import Writer
from tests.infra.rig import COUNT, Rig, asked

ADD = "INSERT INTO things VALUES (?, '')"


@pytest.fixture
def writer(rig: Rig) -> Iterator[Writer]:
    made = rig.writer()
    yield made
    made.stop()


@pytest.fixture
def busy(writer: Writer) -> Iterator[threading.Event]:
    """The writer is at work until this is set: what is asked meanwhile makes a group."""
    inside, leave = threading.Event(), threading.Event()

    def unit(_: Work) -> None:
        inside.set()
        assert leave.wait(20)
        raise ValueError  # alone: it ends its transaction

    first = asked(writer, unit)
    assert inside.wait(20)
    yield leave
    leave.set()
    assert isinstance(first.exception(20), ValueError)


def fails(_: Work) -> None:
    raise ValueError("by itself")


class Adds:
    """Adds a row, and remembers how often it ran."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ran = 0

    def __call__(self, work: Work) -> str:
        self.ran += 1
        work.db.exec_driver_sql(ADD, (self.name,))
        return self.name


def rows(rig: Rig) -> int:
    with rig.engine.connect() as db:
        return int(db.exec_driver_sql(COUNT).scalar_one())


def test_who_waits_is_told_that_no_transaction_can_begin(rig: Rig, writer: Writer) -> None:
    rig.refuses = True
    assert isinstance(asked(writer, Adds("a")).exception(20), OSError)
    rig.refuses = False
    assert asked(writer, Adds("b")).result(20) == "b"
    assert rows(rig) == 1


def test_a_failure_behind_somebody_who_left(
    rig: Rig, writer: Writer, busy: threading.Event
) -> None:
    left = asked(writer, Adds("left"))
    failing = asked(writer, fails)
    left.cancel()
    busy.set()
    assert isinstance(failing.exception(20), ValueError)
    with pytest.raises(CancelledError):
        left.result(20)
    assert asked(writer, Adds("after")).result(20) == "after"
    assert rows(rig) == 1


def test_nothing_begins_for_those_who_left(rig: Rig, writer: Writer, busy: threading.Event) -> None:
    """An empty commit would say that a database in trouble can be written again."""
    gone = [asked(writer, Adds("gone")) for _ in range(3)]
    for one in gone:
        one.cancel()
    before = rig.begun
    busy.set()
    asked(writer, Adds("after")).result(20)
    assert rig.begun == before + 1
    assert rows(rig) == 1


def test_neighbours_of_a_failure_have_one_effect(
    rig: Rig, writer: Writer, busy: threading.Event
) -> None:
    units = [Adds(str(n)) for n in range(5)]
    waiting: list[Future[str]] = [asked(writer, unit) for unit in units[:3]]
    failing = asked(writer, fails)
    waiting += [asked(writer, unit) for unit in units[3:]]
    busy.set()
    assert [one.result(20) for one in waiting] == ["0", "1", "2", "3", "4"]
    assert isinstance(failing.exception(20), ValueError)
    assert rows(rig) == 5
    assert [unit.ran for unit in units[:3]] == [2, 2, 2], "they were in one transaction with it"


def test_stopping_does_what_was_asked_before(rig: Rig) -> None:
    writer = rig.writer()
    waiting = [asked(writer, Adds(str(n))) for n in range(200)]
    writer.stop()
    assert all(one.done() for one in waiting)
    assert rows(rig) == 200
