"""PrestaShop's own hosts, which of its services answers at each, and how an operator says so."""

import difflib
import re
from collections.abc import Iterable, Mapping

SERVICES = ("accounts", "oauth", "collector", "sync", "live-sync", "cloudsync", "billing")
"""What a host can be an alias of. `cloudsync`: the partner APIs and live sync."""

HOSTS: dict[str, str] = {
    "accounts-api.distribution.prestashop.net": "accounts",
    "oauth.prestashop.com": "oauth",
    "eventbus-proxy.psessentials.net": "collector",
    "eventbus-sync.psessentials.net": "sync",
    "api.cloudsync.prestashop.com": "cloudsync",
    "billing-api.distribution.prestashop.net": "billing",
    "api.billing.prestashop.com": "billing",
}
"""Production (spec/eventbus.md §1.0, accounts.md §6, rawapi.md §1, billing.md §2)."""

CALLED = tuple(host for host, service in HOSTS.items() if service != "billing")
"""The hosts that `ps_accounts` and `ps_eventbus` call."""

ALL = "prestashop"
"""Stands for all of `HOSTS`."""
NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*"
)


def read_aliases(written: object) -> dict[str, str]:
    """Host → service, from a table or from `host=service` parts, one of which may be `prestashop`.

    Raises:
        ValueError, TypeError: what to write instead.
    """
    if isinstance(written, Mapping):
        return dict(_alias(str(host), service) for host, service in written.items())
    parts = written.split(",") if isinstance(written, str) else written
    if not isinstance(parts, Iterable):
        raise TypeError("write a table, or host=service, separated by commas")
    found: dict[str, str] = {}
    for part in (str(p).strip() for p in parts):
        if part == ALL:
            found.update(HOSTS)
        elif part:
            host, equals, service = part.partition("=")
            if not equals:
                raise ValueError(f"write {part}=SERVICE, or {ALL} for all of PrestaShop's hosts")
            found.update([_alias(host, service)])
    return found


def _alias(host: str, service: object) -> tuple[str, str]:
    name = host.strip().lower().removesuffix(".")
    if isinstance(service, Mapping):
        raise TypeError(f'put host names in quotes: "{host}.…" = "collector"')
    if not NAME.fullmatch(name):
        raise ValueError(f"{host.strip()!r} is not a host name: leave out scheme, port and path")
    word = str(service).strip()
    if word not in SERVICES:
        near = difflib.get_close_matches(word, SERVICES, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(SERVICES)}"
        raise ValueError(f"{name} cannot be {word!r}: {hint}")
    return name, word
