"""Mail: as files, and through a real SMTP server with and without TLS."""

import asyncio
import contextlib
import email
import email.policy
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.mail import Mail, MailNotSent
from tests.ports import free_port

SENDER = "Comptoir <mail@comptoir.example>"


class Kept:
    """What an SMTP server took, and who signed in to it."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.senders: list[tuple[str, list[str]]] = []
        self.users: list[str] = []
        self.reply = "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802
        self.senders.append((envelope.mail_from, envelope.rcpt_tos))
        found = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        self.messages.append(found)
        return self.reply

    def authenticate(self, _: SMTP, __: Any, ___: Any, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.users.append(data.login.decode())
        return AuthResult(success=data.password == b"p@ss:word")


@contextlib.contextmanager
def smtp(kept: Kept, **how: Any) -> Iterator[int]:
    controller = Controller(kept, "localhost", free_port(), ready_timeout=60, **how)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture
def mail_for(tmp_path: Path, clock: FrozenClock, ids: SeededIds) -> Any:
    return lambda url: Mail(url, SENDER, tmp_path / "mail", clock, ids)


def send(mail: Mail, to: str = "ada@shop.example", subject: str = "Code: 1234") -> None:
    asyncio.run(mail.send(to, subject, "Bonjour Églantine,\n\n.\nvoilà.\n"))


def test_files_are_its_readers_alone(mail_for: Any, tmp_path: Path) -> None:
    send(mail_for(""))
    (path,) = (tmp_path / "mail").iterdir()
    assert path.suffix == ".eml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (message["From"], message["To"]) == (SENDER, "ada@shop.example")
    assert message["Subject"] == "Code: 1234"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] and message["Message-ID"]
    assert message.get_content() == "Bonjour Églantine,\n\n.\nvoilà.\n"


def test_through_a_server(mail_for: Any, tmp_path: Path) -> None:
    kept = Kept()
    with smtp(kept) as port:
        send(mail_for(f"smtp://localhost:{port}"))
    assert kept.senders == [("mail@comptoir.example", ["ada@shop.example"])]
    content = kept.messages[0].get_content().replace("\r\n", "\n")
    assert content == "Bonjour Églantine,\n\n.\nvoilà.\n"
    assert not (tmp_path / "mail").exists()


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("ada@shop.example", "Code\r\nBcc: eve@evil.example"),
        ("ada@shop.example\r\nBcc: eve@evil.example", "Code"),
        ("ada@shop.example, eve@evil.example", "Code"),
    ],
)
def test_nobody_else_gets_it(mail_for: Any, to: str, subject: str) -> None:
    kept = Kept()
    with smtp(kept) as port, contextlib.suppress(MailNotSent, ValueError):
        send(mail_for(f"smtp://localhost:{port}"), to, subject)
    assert all("eve@evil.example" not in to for _, to in kept.senders)
    assert all(message["Bcc"] is None for message in kept.messages)


def test_a_password_goes_over_tls_only(mail_for: Any) -> None:
    kept = Kept()
    with (
        smtp(kept, authenticator=kept.authenticate, auth_require_tls=False) as port,
        pytest.raises(MailNotSent),
    ):
        send(mail_for(f"smtp://user:p%40ss%3Aword@localhost:{port}"))
    assert not kept.users and not kept.messages


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of localhost, signed by itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def test_starttls_and_tls_from_the_start(
    mail_for: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    login = "user:p%40ss%3Aword@localhost"
    for scheme, how in (("smtp", {"tls_context": context}), ("smtps", {"ssl_context": context})):
        kept = Kept()
        secure = {"auth_require_tls": scheme == "smtp", "authenticator": kept.authenticate}
        with smtp(kept, **how, **secure) as port:
            with pytest.raises(MailNotSent):
                send(mail_for(f"{scheme}://{login}:{port}"))  # nobody vouches for the certificate
            assert not kept.users
            with monkeypatch.context() as patched:
                patched.setenv("SSL_CERT_FILE", str(certificate))
                send(mail_for(f"{scheme}://{login}:{port}"))
        assert kept.users == ["user"]
        assert len(kept.messages) == 1


def test_a_server_that_is_down_or_refuses(mail_for: Any) -> None:
    kept = Kept()
    kept.reply = "550 no"
    with smtp(kept) as port, pytest.raises(MailNotSent):
        send(mail_for(f"smtp://localhost:{port}"))
    with pytest.raises(MailNotSent) as failed:
        send(mail_for(f"smtp://localhost:{port}"))
    assert failed.value.status == 503
