"""Where a store's modules find their cloud: what their two `config.php` say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from comptoir.simulator.php import read_array


@dataclass(frozen=True, slots=True)
class Cloud:
    """URLs as configured; the modules put paths behind them (spec/eventbus.md §1.0)."""

    accounts_api_url: str
    oauth2_url: str
    token_audience: str
    accounts_ui_url: str
    accounts_cdn_url: str
    testimonials_url: str
    check_api_ssl_cert: bool
    proxy_api_url: str
    sync_api_url: str
    live_sync_api_url: str
    cors_allowed_origins: Sequence[str] = ()
    sso_account_url: str = ""
    sso_resend_verification_email_url: str = ""
    sso_api_url: str = ""
    """Of the modules before 7: who a user's token is of."""

    @classmethod
    def at(cls, server: str) -> "Cloud":
        """A server that has everything below one base URL."""
        base = server.rstrip("/")
        parts = urlsplit(base)
        return cls(
            accounts_api_url=f"{base}/accounts/",
            oauth2_url=base,
            token_audience=f"{base}/accounts",
            accounts_ui_url=f"{base}/account",
            accounts_cdn_url=f"{base}/components/accounts.js",
            testimonials_url="",
            check_api_ssl_cert=False,
            proxy_api_url=f"{base}/collector",
            sync_api_url=f"{base}/sync-api",
            live_sync_api_url=f"{base}/live-sync/v1",
            cors_allowed_origins=[f"{parts.scheme}://{parts.netloc}"],
            sso_account_url=f"{base}/account/login",
            sso_resend_verification_email_url=f"{base}/account/send-verification-email",
            sso_api_url=f"{base}/accounts/",
        )

    @classmethod
    def configured(cls, accounts: str, eventbus: str) -> "Cloud":
        """By the texts of the two `config.php`.

        Raises:
            PhpUnreadable: one of them is no such file.
            KeyError: a parameter is missing, as the modules would find too.
        """
        told: Mapping[str, Any] = read_array(accounts) | read_array(eventbus)
        own = {f"ps_accounts.{name}": name for name in ACCOUNTS}
        own |= {f"ps_eventbus.{name}": name for name in EVENTBUS}
        for needed in REQUIRED:
            told[needed]
        sso = str(told.get("ps_accounts.sso_api_url", ""))
        return cls(**{name: told[key] for key, name in own.items()}, sso_api_url=sso)

    @classmethod
    def of_modules(cls, folder: Path) -> "Cloud":
        """By the files in a store's `modules` directory. Raises: as above, and OSError."""
        accounts, eventbus = folder / "ps_accounts/config.php", folder / "ps_eventbus/config.php"
        return cls.configured(accounts.read_text("utf-8"), eventbus.read_text("utf-8"))

    @property
    def accounts(self) -> str:
        """Without the one last slash it may have: paths begin with their own."""
        return self.accounts_api_url.removesuffix("/")

    @property
    def oauth(self) -> str:
        return self.oauth2_url.removesuffix("/")


ACCOUNTS = (
    "accounts_api_url",
    "oauth2_url",
    "token_audience",
    "accounts_ui_url",
    "accounts_cdn_url",
    "testimonials_url",
    "check_api_ssl_cert",
    "cors_allowed_origins",
    "sso_account_url",
    "sso_resend_verification_email_url",
)
EVENTBUS = ("proxy_api_url", "sync_api_url", "live_sync_api_url")
REQUIRED = (
    "ps_accounts.accounts_vue_cdn_url",
    "ps_accounts.billing_api_url",
    "ps_accounts.sentry_credentials",
    "ps_accounts.segment_write_key",
    "ps_accounts.token_validator_leeway",
    "ps_accounts.environment",
    "ps_eventbus.sentry_dsn",
    "ps_eventbus.sentry_env",
)
"""Read by the modules and not by us; they throw when one is missing (accounts.md §6)."""
