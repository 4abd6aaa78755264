"""Mails about what was done: sent once it is durable, by one of several, again when refused."""

import asyncio
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.database import Database
from comptoir.infra.db.tables import mail_queue
from comptoir.infra.log import configure
from comptoir.infra.mail import MailNotSent
from comptoir.infra.mail_queue import BATCH, KEEP_MS, LEASE_MS, Postman, post
from tests import pg


class Office:
    """In place of an SMTP server: takes mails, or not."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.taken: list[str] = []
        self.asked = 0

    async def send(self, to: str, subject: str, text: str) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        self.taken.append(f"{to} {subject} {text}")


@pytest.fixture
def database(migrated_url: str, clock: FrozenClock, ids: SeededIds) -> Iterator[Database]:
    made = Database(pg.driven(migrated_url), clock, ids)
    yield made
    made.close()


def run(database: Database, office: Office, clock: FrozenClock) -> int:
    man: Any = office
    return asyncio.run(Postman(database, man, clock).run())


def say(database: Database, *texts: str) -> None:
    with database.begin("test") as work:
        for text in texts:
            post(work, "ada@shop.example", "Changed", text)


def waiting(database: Database) -> int:
    with database.reading() as db:
        return int(db.execute(sa.select(sa.func.count()).select_from(mail_queue)).scalar_one())


def test_each_is_sent_once(database: Database, clock: FrozenClock) -> None:
    texts = [str(number) for number in range(2 * BATCH + 1)]
    say(database, *texts)
    office = Office()

    assert run(database, office, clock) == len(texts)
    assert sorted(office.taken) == sorted(f"ada@shop.example Changed {text}" for text in texts)
    assert run(database, office, clock) == 0
    assert not waiting(database)


def test_what_is_undone_is_not_told(database: Database, clock: FrozenClock) -> None:
    with pytest.raises(ZeroDivisionError), database.begin("test") as work:
        post(work, "ada@shop.example", "Changed", "no")
        _ = 1 / 0

    assert run(database, Office(), clock) == 0


def test_of_two_at_work_one_sends_it(database: Database, clock: FrozenClock) -> None:
    say(database, *"abcdefgh")
    office: Any = Office()
    men = [Postman(database, office, clock) for _ in range(2)]

    async def both() -> int:
        return sum(await asyncio.gather(*(man.run() for man in men)))

    assert asyncio.run(both()) == 8
    assert len(set(office.taken)) == len(office.taken) == 8


@pytest.mark.parametrize("fault", [MailNotSent(), ValueError("no such address")])
def test_a_refused_one_comes_again_later_and_later(
    database: Database, clock: FrozenClock, fault: Exception
) -> None:
    say(database, "x")
    refusing = Office(fault)
    assert run(database, refusing, clock) == 0
    for asked, minutes in enumerate((1, 2, 4, 8, 16, 32, 60, 60), start=1):
        clock.advance(timedelta(minutes=minutes, seconds=-1))
        assert run(database, refusing, clock) == 0
        assert refusing.asked == asked, "not before its time"
        clock.advance(timedelta(seconds=1))
        assert run(database, refusing, clock) == 0
        assert refusing.asked == asked + 1

    clock.advance(timedelta(hours=1))
    assert run(database, Office(), clock) == 1


def test_one_refused_does_not_stop_the_others(database: Database, clock: FrozenClock) -> None:
    say(database, "first")
    refusing = Office(MailNotSent())
    run(database, refusing, clock)
    say(database, "second")
    office = Office()

    assert run(database, office, clock) == 1
    assert office.taken == ["ada@shop.example Changed second"]
    assert waiting(database) == 1


def test_after_three_days_it_is_given_up_and_logged(database: Database, clock: FrozenClock) -> None:
    say(database, "x")
    clock.advance(timedelta(milliseconds=KEEP_MS))
    configure("info", io.StringIO())
    with capture_logs() as logs:
        assert run(database, Office(MailNotSent()), clock) == 0

    assert [line["event"] for line in logs] == ["mail given up"]
    assert "ada" not in str(logs), "addresses stay out of the log"
    assert not waiting(database)


def test_after_a_crash_another_sends_it(database: Database, clock: FrozenClock) -> None:
    """What a process had in its hands when it ended is due again when its lease is over."""
    say(database, "x")
    with pytest.raises(KeyboardInterrupt):
        run(database, Office(KeyboardInterrupt()), clock)  # type: ignore[arg-type]

    assert run(database, Office(), clock) == 0
    clock.advance(timedelta(milliseconds=LEASE_MS))
    assert run(database, Office(), clock) == 1


def test_a_clock_that_went_back_delays_nothing_for_long(
    database: Database, clock: FrozenClock
) -> None:
    say(database, "x")
    with database.begin("test") as work:
        work.db.execute(mail_queue.update().values(due_at=work.now_ms + 30 * 86_400_000))

    assert run(database, Office(), clock) == 1
