"""The pages of docs/reference, written from the code: each fact has one home."""

import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import typer
from typer.main import get_command

import comptoir
from comptoir.infra.http import failures
from comptoir.infra.http.auth import LITERALS, Access
from comptoir.infra.http.auth import SCOPES as VENDOR_SCOPES
from comptoir.infra.http.endpoint import Endpoint
from comptoir.infra.http.openapi import WHO, plain_path
from comptoir.infra.settings import PREFIX, Settings
from comptoir.oauth import SHOP_VERIFIED

MADE = "Written by `make docs`; do not edit."
SCOPES = {
    SHOP_VERIFIED: "For a store that has proved its address. Refused with `invalid_scope` before.",
    "raw.read": "For a vendor: read the rows of stores, in the Raw API.",
    "reporting.read": "For a vendor: see how stores are synced, in the Reporting API.",
    "sync.write": "For a vendor: have stores synced, in the Sync API.",
}


def pages(endpoints: Sequence[Endpoint], root: typer.Typer) -> dict[str, str]:
    """File name → text."""
    modules = list(_modules())
    return {
        "problems.md": _problems(),
        "settings.md": _settings(),
        "events.md": _events(modules),
        "scopes-and-audiences.md": _scopes(endpoints),
        "commands.md": _commands(root),
    }


def event_schemas() -> dict[str, dict[str, Any]]:
    """JSON schema of each event's body, by topic."""
    found = {}
    for kind in _event_kinds(list(_modules())):
        _, named = msgspec.json.schema_components([kind])
        found[str(vars(kind)["topic"])] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **named[kind.__name__],
        }
    return found


def _modules() -> Iterator[ModuleType]:
    """Every module of the product, so that all problems and events are known."""
    for found in pkgutil.walk_packages(comptoir.__path__, "comptoir."):
        if ".migrations" not in found.name and not found.name.endswith("__main__"):
            yield import_module(found.name)


def _page(title: str, about: str, lines: Iterable[str]) -> str:
    return "\n".join([f"# {title}", "", f"{about} {MADE}", "", *lines]) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    shown = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(_cell(c) for c in row) + " |" for row in shown]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _problems() -> str:
    rows = [
        (f"`{p.code}`", str(p.status), p.retry.value, f"{p.title}. {failures.meaning(p)}")
        for p in failures.leaves()
    ]
    about = (
        "What the server refuses, by code. Codes never change; texts may."
        " How a problem looks on the wire depends on the API."
    )
    return _page("Problems", about, _table(("Code", "Status", "Retry", "Meaning"), rows))


def _settings() -> str:
    rows = [
        (
            f"`{f.name}`",
            f"`{PREFIX}{f.name.upper()}`",
            _kind(f.type),
            _default(getattr(Settings(), f.name)),
            str(f.metadata["help"]),
        )
        for f in fields(Settings)
    ]
    about = (
        "By command line, environment, or the TOML file that `COMPTOIR_CONFIG` names, in this"
        " order. Unknown names are refused. A list is separated by commas."
    )
    return _page(
        "Settings", about, _table(("Name", "Environment", "Type", "Default", "Meaning"), rows)
    )


def _kind(kind: Any) -> str:
    if kind in (str, int, float, bool):
        return str(kind.__name__)
    if kind is Path:
        return "path"
    return "list" if "set" in str(kind) else "table"


def _default(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"`{','.join(sorted(value))}`"
    if isinstance(value, dict):
        return "empty"
    if isinstance(value, bool):
        return "`1`" if value else "`0`"
    return f"`{value}`" if str(value) else "empty"


def _event_kinds(modules: Sequence[ModuleType]) -> list[type[Any]]:
    kinds = [
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        and kind.__module__ == module.__name__
        and is_dataclass(kind)
        and isinstance(vars(kind).get("topic"), str)
    ]
    return sorted(kinds, key=lambda kind: str(vars(kind)["topic"]))


def _events(modules: Sequence[ModuleType]) -> str:
    lines: list[str] = []
    for kind in _event_kinds(modules):
        rows = [(f"`{f.name}`", _type_name(f.type)) for f in fields(kind)]
        lines += [f"## {vars(kind)['topic']}", "", " ".join((kind.__doc__ or "").split()), ""]
        lines += [*_table(("Member", "Type"), rows), ""]
    about = (
        "What capabilities tell each other, through the outbox, in the transaction that makes it"
        " true. A reader may get one twice."
    )
    return _page("Events", about, lines[:-1])


def _type_name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and "[" not in str(kind) else str(kind)


def _scopes(endpoints: Sequence[Endpoint]) -> str:
    lines = [
        "## Who a token speaks for",
        "",
        *_table(("Access", "Caller"), [(f"`{a.value}`", WHO[a]) for a in Access]),
        "",
        "## Audiences of this server",
        "",
        "BASE and every path below it, with or without a last slash, the hosts in `host_aliases`,",
        "and what clients written for PrestaShop's own servers name:",
        "",
        *(f"- `{name}`" for name in sorted(LITERALS)),
        "",
        "## Scopes",
        "",
        *_table(("Scope", "Meaning"), [(f"`{s}`", about) for s, about in SCOPES.items()]),
        "",
        "A vendor's client may be limited to some APIs, on the pages of its vendor or by `comptoir",
        "client restrict`. Its tokens then name the scopes that it has, or the fewer that it asks",
        "for, and open nothing else. The tokens of a client that is not limited name only scopes",
        "that it asks for; without any they open every API.",
        "",
        "## Who may call what",
        "",
        *_table(
            ("Endpoint", "API", "Access", "Scope"),
            (
                (
                    f"`{e.method} {plain_path(e.path)}`",
                    e.api,
                    f"`{e.access.value}`",
                    f"`{VENDOR_SCOPES.get(e.api, e.api)}`" if e.access is Access.VENDOR else "",
                )
                for e in sorted(endpoints, key=lambda e: (e.path, e.method))
            ),
        ),
    ]
    return _page("Scopes and audiences", "What is in a token, and what it opens.", lines)


def _commands(root: typer.Typer) -> str:
    lines = list(_command("comptoir", get_command(root)))
    about = "Every command works beside a running server on the same data."
    return _page("Commands", about, lines[:-1])


def _command(path: str, command: Any) -> Iterator[str]:
    below = getattr(command, "commands", None)
    if below is not None:
        for name in sorted(below):
            if not below[name].hidden:
                yield from _command(f"{path} {name}", below[name])
        return
    params = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]
    usage = [p.name.upper() for p in params if _is_argument(p)]
    yield f"## {' '.join([path, *usage])}"
    yield ""
    yield from ((command.help or "").strip().splitlines() or ["(not described)"])
    yield ""
    rows = [
        (_spelled(p), "required" if p.required else "", getattr(p, "help", "") or "")
        for p in params
    ]
    if rows:
        yield from _table(("Option", "", "Meaning"), rows)
        yield ""


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _spelled(param: Any) -> str:
    if _is_argument(param):
        return f"`{param.name.upper()}`"
    return ", ".join(f"`{word}`" for word in [*param.opts, *param.secondary_opts])
