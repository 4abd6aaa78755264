"""Mail to people: through an SMTP server, or into files when none is set."""

import asyncio
import os
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from comptoir.base.clock import Clock
from comptoir.base.errors import Unavailable
from comptoir.base.ids import Ids
from comptoir.infra.log import logger

TIMEOUT = 10.0
"""Seconds for each step of talking to the SMTP server."""
log = logger("mail")


@dataclass(kw_only=True, eq=False)
class MailNotSent(Unavailable):
    """The mail server did not take the mail. Nothing was changed by the request."""

    code = "infra.mail_not_sent"
    title = "The mail could not be sent"

    retry_after: int = 60

    def detail(self) -> str:
        return "The mail could not be sent: try again in a minute, or tell the operator."


class Mail:
    """Sends text mails, each to one person."""

    def __init__(self, smtp_url: str, sender: str, folder: Path, clock: Clock, ids: Ids) -> None:
        """`smtp_url`: `smtp://user:password@host:port` (STARTTLS when offered), or `smtps://…`.
        Empty: files `*.eml` in `folder`, mode 600."""
        self._smtp_url = smtp_url
        self._sender = sender
        self._folder = folder
        self._clock = clock
        self._ids = ids

    async def send(self, to: str, subject: str, text: str) -> None:
        """Returns when the server has taken it. Raises: MailNotSent."""
        message = self._message(to, subject, text)
        try:
            await asyncio.to_thread(self._deliver, message)
        except (OSError, smtplib.SMTPException) as failed:
            # The reason may repeat the address: it stays in the log, for the operator.
            log.error("mail not sent", reason=type(failed).__name__)  # noqa: TRY400
            raise MailNotSent from failed

    def _message(self, to: str, subject: str, text: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        user, _, domain = to.rpartition("@")
        message["To"] = Address(username=user, domain=domain)
        message["Subject"] = " ".join(subject.split())
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2].strip(" >"))
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text, cte="quoted-printable" if not text.isascii() else "7bit")
        return message

    def _deliver(self, message: EmailMessage) -> None:
        if self._smtp_url:
            self._hand_over(message)
        else:
            self._write(message)

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stem = f"{self._clock.now():%Y%m%dT%H%M%S%f}-{self._ids.token(6)}"
        draft = self._folder / f".{stem}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(bytes(message))
        draft.rename(self._folder / f"{stem}.eml")

    def _hand_over(self, message: EmailMessage) -> None:
        parts = urlsplit(self._smtp_url)
        host, safe = parts.hostname or "localhost", ssl.create_default_context()
        if parts.scheme == "smtps":
            with smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=safe) as server:
                self._talk(server, message)
        else:
            with smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT) as server:
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=safe)
                elif parts.username:
                    raise smtplib.SMTPException("no STARTTLS: the password stays here")
                self._talk(server, message)

    def _talk(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        parts = urlsplit(self._smtp_url)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
