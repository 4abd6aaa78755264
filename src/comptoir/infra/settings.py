"""Settings: from the command line, the environment (`COMPTOIR_…`), a TOML file, or the default.

Unknown names are refused, in the environment as in the file, so that a typing error cannot pass
for a setting.
"""

import difflib
import ipaddress
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from comptoir.prestashop.hosts import SERVICES as HOST_SERVICES
from comptoir.prestashop.hosts import read_aliases

PREFIX = "COMPTOIR_"
NOT_SETTINGS = ("COMPTOIR_CONFIG", "COMPTOIR_VERIFY", "COMPTOIR_SHARED")
"""Where the file is, and what the tests look at; also everything that begins as below."""
TESTS_OWN = "COMPTOIR_TEST_"
UNWANTED = re.compile(r"[@?#\s\\]")
"""Not in an address of ours. (urlsplit drops some of them without a word.)"""
MOST_VERIFY = 8.0
MOST_TOKEN = 86_400
LEVELS = ("debug", "info", "warning", "error")
REGISTRATION = ("open", "operator")
SERVICES = ("accounts", "cloudsync", "connect", "billing", "console")


class SettingsError(Exception):
    """A setting that cannot be used. The text says which and what to write instead."""


def _help(text: str, default: Any) -> Any:
    if isinstance(default, (frozenset, dict)):
        return field(default_factory=lambda: default, metadata={"help": text})
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data: Path = _help("Directory of the installation: database, keys, mail", Path("data"))
    host: str = _help("Address to listen on", "127.0.0.1")
    port: int = _help("Port to listen on", 8000)
    public_url: str = _help("Base of every URL we publish, and the issuer of tokens", "")
    database_url: str = _help("postgresql://… ; empty: SQLite in the data directory", "")
    services: frozenset[str] = _help("Services to run", frozenset(SERVICES))
    secret_key: str = _help("Encrypts keys and secrets at rest; made in the data directory", "")
    allow_private_addresses: bool = _help("Allow calls to private and loopback addresses", False)
    max_upload: int = _help("Largest upload body accepted, in bytes", 256 * 1024 * 1024)
    header_timeout: float = _help("Time a client has to send a request's headers, in seconds", 10.0)
    body_timeout: float = _help("Time without a byte of a body, in seconds, that ends it", 30.0)
    body_rate: int = _help("Slowest body, in bytes per second, once body_timeout is over", 4096)
    client_rate: int = _help("Requests one client (store or vendor) may make per minute", 12_000)
    address_rate: int = _help("Requests without a token one address may make per minute", 6000)
    token_rate: int = _help("Access tokens one address may ask for per minute", 1200)
    identity_rate: int = _help("Store identities one address may create per minute", 120)
    verify_rate: int = _help(
        "Proof calls one store may ask for per minute; an address: ten times", 30
    )
    sign_in_rate: int = _help(
        "Forms to sign in, sign up or reset a password one address may send per minute", 60
    )
    vendor_registration: str = _help(
        "open: people register vendors by themselves; operator: the operator alone does", "open"
    )
    smtp_url: str = _help(
        "smtp://user:password@host:port or smtps://…; empty: mail becomes files in DIR/mail", ""
    )
    mail_from: str = _help("Sender of mail", "Comptoir <comptoir@localhost>")
    trusted_proxies: frozenset[str] = _help(
        "Addresses and networks of proxies whose X-Forwarded-For counts", frozenset()
    )
    token_lifetime: int = _help("Lifetime of access tokens, in seconds", 3600)
    signing_key_days: int = _help("Days for which a key signs tokens before the next one does", 90)
    signing_key_ahead: int = _help(
        "Time for which a key is published before it signs, in seconds", 86400
    )
    verify_timeout: float = _help("Time a store has to answer a proof call, in seconds", 5.0)
    store_timeout: float = _help("Time a store's agent has to answer one call, in seconds", 60.0)
    store_concurrency: int = _help("Contents of one store driven at the same time", 2)
    stores_at_once: int = _help("Stores driven at the same time", 2000)
    incremental_every: int = _help("Seconds between incremental syncs of a content", 900)
    full_every: int = _help("Seconds between full syncs of a content", 86400)
    backoff_first: float = _help("First wait after a store failed, in seconds; doubles", 5.0)
    backoff_most: float = _help("Longest wait after a store failed, in seconds", 3600.0)
    log_level: str = _help("debug, info, warning or error", "info")
    host_aliases: dict[str, str] = _help(
        "Hosts whose requests reach this server, and the service of each at its original paths:"
        f" host=service, services are {', '.join(HOST_SERVICES)};"
        " `prestashop`: all of PrestaShop's production hosts",
        {},
    )

    @property
    def base(self) -> str:
        """BASE: the public URL without a last slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL."""
        url = self.database_url
        if not url:
            return f"sqlite:///{self.data / 'comptoir.db'}"
        for scheme in ("postgresql://", "postgres://"):
            if url.startswith(scheme):
                return "postgresql+psycopg://" + url[len(scheme) :]
        return url

    def runs(self, service: str) -> bool:
        return service in self.services


def load(
    *,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
    **given: object,
) -> Settings:
    """The settings in force: `given` (None: not given), then environment, then file.

    Raises:
        SettingsError: an unknown name or a value that does not fit.
    """
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    file = file or (Path(environ["COMPTOIR_CONFIG"]) if "COMPTOIR_CONFIG" in environ else None)
    if file is not None:
        values.update(_from_file(file, known))
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name.startswith(TESTS_OWN) or name in NOT_SETTINGS:
            continue
        key = name[len(PREFIX) :].lower()
        if key not in known:
            raise SettingsError(_unknown(name, {k: PREFIX + k.upper() for k in known}))
        values[key] = text
    values.update({k: v for k, v in given.items() if v is not None})
    converted: dict[str, Any] = {k: _convert(k, v) for k, v in values.items()}
    settings = Settings(**converted)
    _check(settings)
    return settings


def _from_file(path: Path, known: Mapping[str, object]) -> dict[str, object]:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as missing:
        raise SettingsError(f"no settings file at {path}: check COMPTOIR_CONFIG") from missing
    except OSError as wrong:
        raise SettingsError(
            f"{path} cannot be read: {wrong.strerror}: check COMPTOIR_CONFIG"
        ) from wrong
    except UnicodeDecodeError as wrong:
        raise SettingsError(f"{path} is not in UTF-8: check COMPTOIR_CONFIG") from wrong
    except tomllib.TOMLDecodeError as wrong:
        raise SettingsError(f"{path} is not TOML: {wrong}") from wrong
    for name in found:
        if name not in known:
            raise SettingsError(f"{path}: {_unknown(name, {k: k for k in known})}")
    return found


def _unknown(name: str, known: Mapping[str, str]) -> str:
    """`known`: how each setting is written where the unknown name was found."""
    near = difflib.get_close_matches(name.removeprefix(PREFIX).lower(), known, 1)
    every = ", ".join(sorted(known.values()))
    hint = f", did you mean {known[near[0]]}?" if near else f"; known: {every}"
    return f"unknown setting {name}{hint}"


def _convert(name: str, value: object) -> object:
    kind = {f.name: f.type for f in fields(Settings)}[name]
    try:
        if kind is bool:
            return value if isinstance(value, bool) else _flag(str(value))
        if kind is int:
            return int(str(value))
        if kind is float:
            return float(str(value))
        if kind is Path:
            return Path(str(value)).expanduser().absolute()
        if kind == dict[str, str]:
            return read_aliases(value)
        if kind == frozenset[str]:
            parts = value.split(",") if isinstance(value, str) else list(value)  # type: ignore[call-overload]
            return frozenset(str(p).strip() for p in parts if str(p).strip())
        return str(value)
    except (ValueError, TypeError) as wrong:
        raise SettingsError(f"{name}: {str(value)!r} does not fit: {wrong}") from wrong


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("", "0", "false", "no", "off"):
        return False
    raise ValueError("write 1 or 0")


def _check(settings: Settings) -> None:
    for name in (f.name for f in fields(Settings) if f.type in (int, float)):
        size = getattr(settings, name)
        if not 0 < size < math.inf:
            raise SettingsError(f"{name}: {size:g} does not fit: write a number above 0")
    if settings.port > 65535:
        raise SettingsError(f"port: {settings.port} does not fit: write 1 to 65535")
    if settings.verify_timeout > MOST_VERIFY:
        raise SettingsError(
            f"verify_timeout: {settings.verify_timeout:g} does not fit: a store waits 10 s for"
            f" our answer, so write {MOST_VERIFY:g} at most"
        )
    if settings.token_lifetime > MOST_TOKEN:
        raise SettingsError(
            f"token_lifetime: {settings.token_lifetime} does not fit: write {MOST_TOKEN} at most,"
            " for who has a token is believed until it ends"
        )
    if settings.signing_key_ahead >= settings.signing_key_days * 86400:
        raise SettingsError(
            f"signing_key_ahead: {settings.signing_key_ahead} does not fit: write fewer seconds"
            " than signing_key_days lasts"
        )
    _check_choices(settings)
    if not settings.services:
        raise SettingsError(f"services: name at least one of {', '.join(SERVICES)}")
    unknown = settings.services - set(SERVICES)
    if unknown:
        raise SettingsError(
            f"services: {', '.join(sorted(unknown))} unknown; choose among {', '.join(SERVICES)}"
        )
    _check_proxies(settings.trusted_proxies)
    _check_mail(settings)
    _check_database(settings)
    _check_hosts(settings)


def _check_choices(settings: Settings) -> None:
    if settings.log_level.lower() not in LEVELS:
        raise SettingsError(f"log_level: write one of {', '.join(LEVELS)}")
    if settings.vendor_registration not in REGISTRATION:
        raise SettingsError(f"vendor_registration: write one of {', '.join(REGISTRATION)}")


def _check_database(settings: Settings) -> None:
    """The value is not repeated: it has a password in it."""
    if not settings.database.startswith(("sqlite:", "postgresql+psycopg:")):
        raise SettingsError("database_url: write postgresql://user:password@host/name, or nothing")
    try:
        sa.make_url(settings.database)
    except (sa.exc.ArgumentError, ValueError):
        raise SettingsError(
            "database_url: write postgresql://user:password@host/name, and in the password %40 for"
            " @, %3A for :, %2F for /"
        ) from None


def _check_hosts(settings: Settings) -> None:
    if settings.public_url and not _is_address(settings.public_url):
        raise SettingsError(
            "public_url: write the address alone, as https://comptoir.example: no user, query,"
            " fragment or blank, and a name as xn--… where it is not ASCII"
        )
    parts = urlsplit(settings.base)
    if parts.hostname in settings.host_aliases:
        raise SettingsError(
            f"host_aliases: {parts.hostname} is the host of public_url, where everything is served:"
            " it cannot be one service's alias too"
        )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(known) and url.isascii() and not UNWANTED.search(url)


def _check_mail(settings: Settings) -> None:
    """The value is not repeated: it has a password in it."""
    if settings.smtp_url:
        try:
            parts = urlsplit(settings.smtp_url)
            usable = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise SettingsError(
                "smtp_url: write smtp://user:password@host:port or smtps://…, and in the password"
                " %40 for @, %3A for :, %2F for /"
            )
    if not re.fullmatch(r"[^@\r\n]*[^@\s<>]+@[^@\s<>]+>?", settings.mail_from):
        raise SettingsError("mail_from: write an address, as Comptoir <comptoir@shop.example>")


def _check_proxies(proxies: frozenset[str]) -> None:
    for proxy in sorted(proxies):
        try:
            ipaddress.ip_network(proxy)
        except ValueError as wrong:
            raise SettingsError(
                f"trusted_proxies: {proxy!r} does not fit: write addresses or networks, as"
                " 10.0.0.5,192.168.0.0/24"
            ) from wrong
