"""Mails about what has been done. They are written down in the transaction that does it, and sent
after it: later when the mail server does not take them now, and after a crash too.

Never a secret: they stand in the database until they are sent. A mail that carries a code is sent
by the request that asks for it, which fails when the mail does (`Mail.send`).
"""

from functools import partial

import sqlalchemy as sa

from comptoir.base.clock import Clock
from comptoir.base.instant import to_ms
from comptoir.infra.database import Database
from comptoir.infra.db.tables import mail_queue
from comptoir.infra.log import logger
from comptoir.infra.mail import Mail, MailNotSent
from comptoir.infra.work import Work

MINUTE = 60_000
LEASE_MS = 5 * MINUTE
"""Who sends a mail has it for so long: more than all time-outs of a mail server together."""
FIRST_WAIT_MS, LONGEST_WAIT_MS = MINUTE, 60 * MINUTE
"""After each attempt twice as long as after the one before."""
KEEP_MS = 3 * 24 * 60 * MINUTE
"""Then it is given up, which the log says."""
BATCH = 20
c = mail_queue.c
log = logger("mail")


def post(work: Work, to: str, subject: str, text: str) -> None:
    """It is sent soon after `work` is durable, at least once; not at all when `work` is undone."""
    work.db.execute(
        mail_queue.insert().values(
            id=work.ids.uuid(),
            recipient=to,
            subject=subject,
            text=text,
            created_at=work.now_ms,
            due_at=work.now_ms,
        )
    )


class Postman:
    """Sends what is due. Several may work on one database: each mail is in the hands of one."""

    def __init__(self, database: Database, mail: Mail, clock: Clock) -> None:
        self._database = database
        self._mail = mail
        self._clock = clock

    async def run(self) -> int:
        """Returns how many mails were sent."""
        sent = 0
        while True:
            found = await self._database.read(partial(_due, now=to_ms(self._clock.now())))
            for mail_id in found:
                sent += await self._one(mail_id)
            if len(found) < BATCH:
                return sent

    async def _one(self, mail_id: str) -> int:
        one = await self._database.write(lambda work: _take(work, mail_id))
        if one is None:
            return 0
        try:
            await self._mail.send(one.recipient, one.subject, one.text)
        except Exception as failed:
            if not isinstance(failed, MailNotSent):  # which has been logged
                log.exception("mail cannot be written", mail_id=mail_id)
            await self._database.write(lambda work: _postpone(work, one))
            return 0
        await self._database.write(lambda work: _end(work, mail_id))
        return 1


def _is_due(now: int) -> sa.ColumnElement[bool]:
    """Or was put off to so late only because the clock has gone back."""
    return sa.or_(c.due_at <= now, c.due_at > now + 2 * LONGEST_WAIT_MS)


def _due(db: sa.Connection, now: int) -> list[str]:
    query = sa.select(c.id).where(_is_due(now)).order_by(c.due_at, c.id).limit(BATCH)
    return list(db.execute(query).scalars())


def _take(work: Work, mail_id: str) -> "sa.Row[tuple[str, str, str, str, int, int]] | None":
    """Nobody else has it during the lease. None: somebody has."""
    mine = mail_queue.update().where(c.id == mail_id, _is_due(work.now_ms))
    taken = mine.values(attempts=c.attempts + 1, due_at=work.now_ms + LEASE_MS)
    return work.db.execute(
        taken.returning(c.id, c.recipient, c.subject, c.text, c.created_at, c.attempts)
    ).one_or_none()


def _postpone(work: Work, one: "sa.Row[tuple[str, str, str, str, int, int]]") -> None:
    if work.now_ms - one.created_at >= KEEP_MS:
        log.error("mail given up", mail_id=one.id, attempts=one.attempts)
        _end(work, one.id)
        return
    wait = min(FIRST_WAIT_MS << min(one.attempts - 1, 10), LONGEST_WAIT_MS)
    again = mail_queue.update().where(c.id == one.id).values(due_at=work.now_ms + wait)
    work.db.execute(again)


def _end(work: Work, mail_id: str) -> None:
    work.db.execute(mail_queue.delete().where(c.id == mail_id))
