"""Where a store's modules read what their cloud is (spec/eventbus.md §1.0, accounts.md §6).

Nothing else points them elsewhere: no environment variable, no database setting, no screen.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

Value = str | bool | int | list[str]

NOWHERE = "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1"
"""A DSN that `ps_accounts` needs and that leads to nobody: its reports hold e-mail addresses."""


OLD_PATH = "ps_eventbus/config/parameters.yml"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    module: str
    versions: str
    """For people: which versions of the module read it."""
    path: str
    """Below the `modules` directory of the store."""
    text: str
    old: bool = False
    """Instead of the module's `config.php`, which the old versions do not have."""


def config_files(base: str) -> list[ConfigFile]:
    """The two `config.php` for the server at `base` (no slash at the end), then what the first
    versions of `ps_eventbus` read."""
    eventbus = eventbus_values(base)
    return [
        ConfigFile("ps_eventbus", "4", "ps_eventbus/config.php", _php(eventbus)),
        ConfigFile("ps_accounts", "7 and 8", "ps_accounts/config.php", _php(accounts_values(base))),
        ConfigFile("ps_eventbus", "1 to 3", OLD_PATH, _yaml(eventbus), old=True),
    ]


def eventbus_values(base: str) -> dict[str, Value]:
    return {
        "ps_eventbus.proxy_api_url": f"{base}/collector",
        "ps_eventbus.sync_api_url": f"{base}/sync-api",
        "ps_eventbus.live_sync_api_url": f"{base}/live-sync/v1",
        # Not a DSN: no reports.
        "ps_eventbus.sentry_dsn": "none",
        "ps_eventbus.sentry_env": "production",
    }


def accounts_values(base: str) -> dict[str, Value]:
    """A key that is missing makes the module throw, so all that it may ask for are here, those that
    only versions before 8 ask for among them."""
    parts = urlsplit(base)
    return {
        "ps_accounts.environment": "production",
        "ps_accounts.accounts_api_url": f"{base}/accounts/",
        "ps_accounts.oauth2_url": base,
        "ps_accounts.token_audience": f"{base}/accounts",
        "ps_accounts.accounts_ui_url": f"{base}/account",
        "ps_accounts.svc_accounts_ui_url": f"{base}/account",
        # Versions before 7 put `auth/token/verify` behind it as it stands.
        "ps_accounts.sso_api_url": f"{base}/accounts/",
        "ps_accounts.indirect_channel_api_url": f"{base}/accounts/",
        "ps_accounts.sso_account_url": f"{base}/account/login",
        "ps_accounts.sso_resend_verification_email_url": f"{base}/account/send-verification-email",
        "ps_accounts.accounts_cdn_url": f"{base}/components/accounts.js",
        "ps_accounts.accounts_vue_cdn_url": f"{base}/components/accounts.js",
        "ps_accounts.cors_allowed_origins": [f"{parts.scheme}://{parts.netloc}"],
        "ps_accounts.testimonials_url": f"{base}/account/testimonials.json",
        "ps_accounts.billing_api_url": f"{base}/billing",
        "ps_accounts.sentry_credentials": NOWHERE,
        "ps_accounts.segment_write_key": "none",
        # Write false only for a self-signed certificate.
        "ps_accounts.check_api_ssl_cert": True,
        "ps_accounts.verify_account_tokens": True,
        "ps_accounts.token_validator_leeway": 900,
    }


def _php(values: dict[str, Value]) -> str:
    lines = [f"    {_literal(key)} => {_literal(value)}," for key, value in values.items()]
    return "\n".join(["<?php", "", "return [", *lines, "];", ""])


def _literal(value: Value) -> str:
    """A PHP literal; in single quotes only the quote and the backslash mean something."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(_literal(part) for part in value)}]"
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _yaml(values: dict[str, Value]) -> str:
    """Symfony's parameters: in single quotes a quote is doubled, and `%` starts a reference."""
    lines = [
        f"  {key}: '{str(value).replace(chr(39), chr(39) * 2).replace('%', '%%')}'"
        for key, value in values.items()
    ]
    return "\n".join(["parameters:", *lines, ""])
